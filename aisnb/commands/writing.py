"""``put``, ``concat`` and ``promote``: files of this machine become objects."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from aisnb.commands.checksums import check_sums
from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.following import follow
from aisnb.commands.options import ALWAYS_WAITS, DURABLE, LIST, NEVER_ASKED, PROGRESS, TEMPLATE, WAIT
from aisnb.commands.parallel import for_each
from aisnb.commands.results import Message
from aisnb.errors import DirectoryNotFound, UsageError
from aisnb.templates import Template, bounded
from aisnb.units import human_size, plural
from aisnb.uris import check_object_name, is_link, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

    from aisnb.client import Job
    from aisnb.commands.context import Context
    from aisnb.uris import Bucket

_SOURCES = Argument("files, directories or patterns like 'shards/*.tar'", metavar="PATH", completes=("path",))
_DESTINATION = Argument("bucket, bucket/directory/ or bucket/object", completes=("bucket",))
_ALL_TRIED = Option("accepted for the ais CLI's sake: every file is tried", flags=("--cont-on-err",))
_SUM = Option("the file must have this checksum, or nothing is written", metavar="VALUE")
_RECURSIVE = Option("directories with all that is below them", flags=("--recursive", "-r"))


@command("put", aliases=("object put",))
def put(
    context: Context,
    sources: Annotated[tuple[str, ...], _SOURCES],
    destination: Annotated[str, _DESTINATION],
    *,
    recursive: Annotated[bool, _RECURSIVE] = False,
    template: Annotated[str, TEMPLATE] = "",
    names: Annotated[str, LIST] = "",
    include_src_dir: Annotated[bool, Option("names begin with that of the directory")] = False,
    dry_run: Annotated[bool, Option("only say what would be written, as a DataFrame")] = False,
    progress: Annotated[bool, Option("show how many files are there already")] = False,
    cont_on_err: Annotated[bool, _ALL_TRIED] = False,
    durable: Annotated[bool, DURABLE] = False,
    md5: Annotated[str, _SUM] = "",
    sha256: Annotated[str, _SUM] = "",
    sha512: Annotated[str, _SUM] = "",
    xxhash: Annotated[str, Option(_SUM.help, ("--xxhash", "--xxhash2"), "VALUE")] = "",
    yes: Annotated[bool, NEVER_ASKED] = False,
    wait: Annotated[bool, ALWAYS_WAITS] = False,
) -> Message | DataFrame:
    """Write files into a bucket. One file takes the name that is given; several keep theirs, below it.

    In a terminal, ``-`` reads standard input.

    Example:
        %ais put notes.txt ais://abc
        %ais put shards/ ais://abc/train/ --template 'shard-{001..010}.tar'
        %ais put -r dataset ais://abc --dry-run
    """
    bucket, rest = parse_uri(destination)
    if sources == ("-",):
        return _put_standard_input(context, bucket, rest, durable=durable)
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    files = named_files(sources, recursive=recursive, template=template, listed=chosen, with_own_name=include_src_dir)
    if not files:
        raise DirectoryNotFound(
            f"No file matches {' '.join(sources)}. Check the path; '-r' looks into directories, too."
        )
    if not (recursive or template or chosen):
        _note_left_out(context, sources, "put")
    single = len(files) == 1 and not template and Path(sources[0]).expanduser().is_file()
    files = _renamed(files, rest, single=single)
    sums = {"md5": md5, "sha256": sha256, "sha512": sha512, "xxhash": xxhash}
    check_sums(list(files.values()), {kind: value for kind, value in sums.items() if value})
    if dry_run:
        return would_come(files, bucket)
    client = context.client()
    count = for_each(
        context,
        "PUT",
        files,
        lambda name: client.put(files[name], bucket / name, durable=durable),
        progress="Uploaded" * progress,
    )
    if single:
        ((name, path),) = files.items()
        return Message(f'PUT "{path.absolute()}" => {bucket / name}', path=path, value=bucket / name)
    total = human_size(sum(path.stat().st_size for path in files.values()))
    return Message(f"PUT {plural(count, 'file')} ({total}) => {destination}", value=destination)


@command("object concat", aliases=("concat",))
def concat(
    context: Context,
    sources: Annotated[tuple[str, ...], _SOURCES],
    place: Annotated[str, Argument("the object", metavar="OBJECT", completes=("object", "bucket"))],
    *,
    recursive: Annotated[bool, _RECURSIVE] = False,
    progress: Annotated[bool, Option("accepted for the ais CLI's sake: it is one write")] = False,
) -> Message:
    """Write files, one behind the other, into one object; those of a directory in the order of their names.

    Example:
        %ais object concat part-1 part-2 ais://abc/whole
        %ais object concat parts/ ais://abc/whole
    """
    from aisnb.client.local_files import source_faults

    with source_faults(sources[0]):
        files = [path for source in sources for _, path in _files(source, recursive=recursive, template="")]
    if not files:
        raise DirectoryNotFound(f"No file is in {' '.join(sources)}. Check the path; '-r' looks into what is below.")
    size = context.client().concat(files, place)
    return Message(f"Created {place} (size {human_size(size)})", value=place)


@command("object promote", aliases=("promote",))
def promote(
    context: Context,
    path: Annotated[str, Argument("file or directory of the endpoint's own machine", completes=("path",))],
    destination: Annotated[str, _DESTINATION],
    *,
    recursive: Annotated[bool, _RECURSIVE] = False,
    overwrite_dst: Annotated[bool, Option("replace objects that are there", ("--overwrite-dst", "-o"))] = False,
    delete_src: Annotated[bool, Option("remove the files once they are objects")] = False,
    no_checksum: Annotated[bool, Option("do not read what need not be read; node fsck makes checksums later")] = False,
    not_file_share: Annotated[bool, Option("accepted for the ais CLI's sake")] = False,
    wait: Annotated[bool, WAIT] = False,
    progress: Annotated[bool, PROGRESS] = False,
) -> Job | Message:
    """Make objects of files that the endpoint's own machine has, without a byte through HTTP.

    The kernel copies, or where the file system can (btrfs, XFS) shares the blocks.

    The local node takes any path of this machine. A cluster looks on its targets' disks; AIStore 5 only below
    /var/lib/ais/promote.

    Example:
        %ais promote /data/shards ais://abc --wait
    """
    _refuse_elsewhere(path)
    client = context.client()
    job = client.promote(
        path,
        destination,
        recursive=recursive,
        overwrite=overwrite_dst,
        remove_source=delete_src,
        checksum=not no_checksum,
    )
    if client.is_local and not recursive:
        _note_left_out(context, (path,), "promote")
    if job is None:
        return Message(f'promoted "{path}" => {destination}', value=destination)
    return follow(context, job, wait=wait, progress=progress)


def _put_standard_input(context: Context, bucket: Bucket, name: str, *, durable: bool) -> Message:
    """Write what comes over standard input into an object.

    Raises:
        UsageError: no name is said, or there is no input: a notebook has none.
    """
    check_object_name(name)
    if sys.stdin is None or not hasattr(sys.stdin, "buffer") or sys.stdin.isatty():
        raise UsageError("'-' reads standard input, and nothing is sent there. Name a file, or pipe into aisnb put.")
    with tempfile.NamedTemporaryFile(prefix="aisnb-") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        context.client().put(kept.name, bucket / name, durable=durable)
    return Message(f"PUT (standard input) => {bucket / name}", value=bucket / name)


def _renamed(files: dict[str, Path], rest: str, *, single: bool) -> dict[str, Path]:
    """Return the files by the object names that the destination's end gives them."""
    if single and rest and not rest.endswith("/"):
        files = dict(zip([rest], files.values(), strict=True))
    elif rest:
        files = {f"{rest.rstrip('/')}/{name}": path for name, path in files.items()}
    for name in files:
        check_object_name(name)
    return files


def would_come(files: dict[str, Path], bucket: Bucket) -> DataFrame:
    """Return which file would become which object: ``name``, ``size`` (bytes), ``file``."""
    from pandas import DataFrame

    from aisnb.explore.tables import mark

    sizes = [path.stat().st_size for path in files.values()]
    frame = DataFrame({"name": list(files), "size": sizes, "file": [str(path) for path in files.values()]})
    frame.attrs["bucket"] = str(bucket)
    return mark(frame.astype({"name": "str", "file": "str"}))


def _note_left_out(context: Context, sources: tuple[str, ...], verb: str) -> None:
    """Say how many directories in `sources` stay where they are, as nobody said ``-r``."""
    for source in sources:
        path = Path(source).expanduser()
        count = sum(1 for each in path.iterdir() if each.is_dir()) if path.is_dir() else 0
        if count:
            left = f"The one directory in '{source}' was" if count == 1 else f"{count:,} directories in '{source}' were"
            context.note(f"{left} left out. Say -r to {verb} what is below, too.")


def named_files(
    sources: tuple[str, ...], *, recursive: bool, template: str, listed: list[str], with_own_name: bool
) -> dict[str, Path]:
    """Return the files that are meant, by the names that they keep.

    Args:
        sources: files, directories, patterns.
        recursive: with all that is below directories.
        template: names in directories that it stands for, "" for all.
        listed: names in directories, none for all.
        with_own_name: names begin with that of their directory.

    Raises:
        DirectoryNotFound: there is no such file.
        NotAllowed: a file or a directory is not this user's to read.
        UsageError: two would have the same name.
    """
    from aisnb.client.local_files import source_faults

    with source_faults(sources[0]):
        return _named(sources, recursive, template, listed, with_own_name)


def _named(
    sources: tuple[str, ...], recursive: bool, template: str, listed: list[str], with_own_name: bool
) -> dict[str, Path]:
    whole = " ".join(sources)
    if len(sources) > 1 and not Path(sources[0]).expanduser().exists() and Path(whole).expanduser().exists():
        raise DirectoryNotFound(f"There is no '{sources[0]}', but '{whole}'. Put quotes around a name with spaces.")
    seen = dict[str, Path]()
    for source in sources:
        place = Path(source).expanduser()
        own = f"{place.absolute().name}/" if with_own_name and place.is_dir() else ""
        found = _listed(place, listed) if listed else _files(source, recursive=recursive, template=template)
        for name, path in ((own + each, path) for each, path in found):
            if seen.setdefault(name, path) != path:
                raise UsageError(f"'{seen[name]}' and '{path}' would both become '{name}'. Put them one by one.")
    return seen


def _refuse_elsewhere(source: str) -> None:
    """Say of a link or a bucket what takes it, where files of this machine are expected.

    Raises:
        UsageError: it is one.
    """
    if is_link(source):
        raise UsageError(
            f"'{source}' is on the web, and files of this machine are expected here. '%ais start download {source} "
            "BUCKET' brings them into a bucket; of a server's ht:// bucket, '%ais start prefetch' does."
        )
    if "://" in source:
        raise UsageError(
            f"'{source}' names a bucket, and files of this machine are expected here. The bucket comes last, in quotes "
            "if there are spaces in a name; '%ais cp' copies from bucket to bucket."
        )


def _files(source: str, *, recursive: bool, template: str) -> Iterator[tuple[str, Path]]:
    from aisnb.client.local_files import files_in, files_like

    _refuse_elsewhere(source)
    path = Path(source).expanduser()
    if template:
        yield from _templated(path, template)
    elif path.is_file():
        yield path.name, path
    elif path.is_dir():
        yield from ((each.relative_to(path).as_posix(), each) for each in files_in(path, recursive=recursive))
    elif any(letter in source for letter in "*?["):
        yield from ((match.name, match) for match in files_like(path))
    elif Template(source, braces_only=True).is_range:
        yield from _templated(path.parent, path.name)
    else:
        raise DirectoryNotFound(f"There is no file or directory '{source}' on this machine. Check the path.")


def _listed(directory: Path, names: list[str]) -> Iterator[tuple[str, Path]]:
    for name in names:
        path = directory / name
        if not path.is_file():
            raise DirectoryNotFound(f"There is no file '{path}', which --list names. Check both.")
        yield name, path


def _templated(directory: Path, text: str) -> Iterator[tuple[str, Path]]:
    template = Template(text)
    bounded(template)
    for name in template:
        path = directory / name
        if not path.is_file():
            raise DirectoryNotFound(f"There is no file '{path}', which the template '{text}' stands for. Check both.")
        yield name, path
