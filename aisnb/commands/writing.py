"""``put``: files of this machine become objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import NEVER_ASKED, TEMPLATE
from aisnb.commands.parallel import for_each
from aisnb.commands.results import Message
from aisnb.errors import DirectoryNotFound, UsageError
from aisnb.templates import Template, bounded
from aisnb.units import human_size, plural
from aisnb.uris import check_object_name, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aisnb.commands.context import Context

_SOURCES = Argument("files, directories or patterns like 'shards/*.tar'", metavar="PATH", completes=("path",))
_DESTINATION = Argument("bucket, bucket/directory/ or bucket/object", completes=("bucket",))
_RECURSIVE = Option("directories with all that is below them", flags=("--recursive", "-r"))


@command("put", aliases=("object put",))
def put(
    context: Context,
    sources: Annotated[tuple[str, ...], _SOURCES],
    destination: Annotated[str, _DESTINATION],
    *,
    recursive: Annotated[bool, _RECURSIVE] = False,
    template: Annotated[str, TEMPLATE] = "",
    yes: Annotated[bool, NEVER_ASKED] = False,
) -> Message:
    """Write files into a bucket. One file takes the name that is given; several keep theirs, below it.

    Example:
        %ais put notes.txt ais://abc
        %ais put shards/ ais://abc/train/ --template 'shard-{001..010}.tar'
        %ais put -r dataset ais://abc
    """
    bucket, rest = parse_uri(destination)
    files = dict(_named(sources, recursive=recursive, template=template))
    if not files:
        raise DirectoryNotFound(
            f"No file matches {' '.join(sources)}. Check the path; '-r' looks into directories, too."
        )
    if not recursive:
        _note_left_out(context, sources)
    single = len(files) == 1 and not template and Path(sources[0]).expanduser().is_file()
    if single and rest and not rest.endswith("/"):
        files = dict(zip([rest], files.values(), strict=True))
    elif rest:
        files = {f"{rest.rstrip('/')}/{name}": path for name, path in files.items()}
    for name in files:
        check_object_name(name)
    client = context.client()
    count = for_each(context, "PUT", files, lambda name: client.put(files[name], bucket / name))
    if single:
        ((name, path),) = files.items()
        return Message(f'PUT "{path.absolute()}" => {bucket / name}', path=path, value=bucket / name)
    total = human_size(sum(path.stat().st_size for path in files.values()))
    return Message(f"PUT {plural(count, 'file')} ({total}) => {destination}", value=destination)


def _note_left_out(context: Context, sources: tuple[str, ...]) -> None:
    for source in sources:
        path = Path(source).expanduser()
        count = sum(1 for each in path.iterdir() if each.is_dir()) if path.is_dir() else 0
        if count:
            left = f"The one directory in '{source}' was" if count == 1 else f"{count:,} directories in '{source}' were"
            context.note(f"{left} left out. Say -r to put what is below, too.")


def _named(sources: tuple[str, ...], *, recursive: bool, template: str) -> Iterator[tuple[str, Path]]:
    """Yield each file that is meant, by the object name that it keeps."""
    seen = dict[str, Path]()
    for source in sources:
        for name, path in _files(source, recursive=recursive, template=template):
            if seen.setdefault(name, path) != path:
                raise UsageError(f"'{seen[name]}' and '{path}' would both become '{name}'. Put them one by one.")
            yield name, path


def _files(source: str, *, recursive: bool, template: str) -> Iterator[tuple[str, Path]]:
    path = Path(source).expanduser()
    if template:
        yield from _templated(path, template)
    elif path.is_file():
        yield path.name, path
    elif path.is_dir():
        below = sorted(path.rglob("*") if recursive else path.iterdir())
        yield from ((each.relative_to(path).as_posix(), each) for each in below if each.is_file())
    elif any(letter in source for letter in "*?["):
        matches = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        yield from ((match.name, match) for match in matches if match.is_file())
    elif Template(source, braces_only=True).is_range:
        yield from _templated(path.parent, path.name)
    else:
        raise DirectoryNotFound(f"There is no file or directory '{source}' on this machine. Check the path.")


def _templated(directory: Path, text: str) -> Iterator[tuple[str, Path]]:
    template = Template(text)
    bounded(template)
    for name in template:
        path = directory / name
        if not path.is_file():
            raise DirectoryNotFound(f"There is no file '{path}', which the template '{text}' stands for. Check both.")
        yield name, path
