"""What a command would move, said before it runs: how many files and bytes. Forms show it while they are filled in."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.client import node_status
from aisnb.client.local_files import source_faults
from aisnb.commands.writing import named_files
from aisnb.errors import DirectoryNotFound
from aisnb.explore.listing import matching
from aisnb.templates import Template, bounded
from aisnb.units import human_size, plural
from aisnb.uris import is_link, parse_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pandas import DataFrame

    from aisnb.client import Client
    from aisnb.commands.context import Context
    from aisnb.commands.definition import Command
    from aisnb.commands.lines import Value

#: Of more files only so many are asked about: somebody is still typing.
_MOST = 1000
#: Of a larger directory nobody wants to wait for the end.
_MOST_LISTED = 200_000


def question(command: Command, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return what of `values` the answer of `foresee` depends on; empty if there is none to be had.

    Args:
        command: to be run.
        values: by the names of its parameters, as typed.

    Example:
        question(serve, {"directory": "shards", "port": "8000"})  # {"directory": "shards"}
    """
    names, _ = _ANSWERS.get(command.name, ((), _of_nothing))
    asked = {name: values.get(name, "") for name in names}
    return asked if names and asked[names[0]] else {}


def foresee(context: Context, command: Command, asked: Mapping[str, Value]) -> str:
    """Return in a sentence how many files and bytes `command` would move; "" if that cannot be known yet.

    Neither starts a node nor copies a byte; of many files it asks about some.

    Args:
        context: the front end's.
        command: to be run.
        asked: as `question` returned it.

    Raises:
        AisnbError: the source does not answer, or there is no such file, bucket or object.

    Example:
        foresee(context, download, {"source": "http://h/shard-{001..999}.tar", "destination": "ais://abc"})
    """
    _, answer = _ANSWERS.get(command.name, ((), _of_nothing))
    return answer(context, **asked)


def _of_nothing(context: Context, **asked: Value) -> str:
    return ""


def _of_download(context: Context, source: str, destination: str) -> str:
    client = context.client()
    return _planned(client, source, destination if _answers(client) else "")


def _of_prefetch(context: Context, bucket: str, template: str) -> str:
    client = context.client()
    found, rest = parse_uri(bucket)
    chosen = rest or template
    if found.provider != "ht" or not _answers(client):
        return ""
    return _planned(client, str(found / chosen if chosen else found), "")


def _of_get(context: Context, source: str) -> str:
    client = context.client()
    if is_link(source):
        return _planned(client, source, "")
    bucket, name = parse_uri(source)
    if not name or not _answers(client):
        return ""
    template = Template(name, braces_only=True)
    wanted = bounded(template)
    listing = client.ls(str(bucket), prefix=template.prefix if template.is_range else name)
    names = matching(template, listing["name"].tolist()) if template.is_range else {name}
    found = listing[listing["name"].isin(list(names))]
    gone = wanted - len(found)
    return _sum("object", len(found), found["size"].sum()) + (f"; {gone:,} missing" if gone else "") + "."


def _of_put(context: Context, sources: tuple[str, ...], recursive: bool, template: str, names: str) -> str:
    listed = [name.strip() for name in names.split(",") if name.strip()]
    files = named_files(sources, recursive=recursive, template=template, listed=listed, with_own_name=False)
    return _sum("file", len(files), sum(path.stat().st_size for path in files.values())) + "."


def _of_serve(context: Context, directory: str) -> str:
    place = Path(directory).expanduser()
    with source_faults(place):
        is_there = place.is_dir()
    if not is_there:
        raise DirectoryNotFound(f"There is no directory '{directory}' to serve. Check the path.")
    count = size = 0
    for entry in _below(str(place)):
        count, size = count + 1, size + entry.stat().st_size
        if count == _MOST_LISTED:
            return f"More than {_sum('file', count, size)}."
    return f"{_sum('file', count, size)}."


_ANSWERS: dict[str, tuple[tuple[str, ...], Callable[..., str]]] = {
    "start download": (("source", "destination"), _of_download),
    "start prefetch": (("bucket", "template"), _of_prefetch),
    "get": (("source",), _of_get),
    "put": (("sources", "recursive", "template", "names"), _of_put),
    "serve": (("directory",), _of_serve),
}


def _answers(client: Client) -> bool:
    """Return whether asking the endpoint starts no node."""
    return not client.is_local or node_status().running


def _planned(client: Client, source: str, destination: str) -> str:
    from aisnb.explore.planning import describe

    found: DataFrame = client.plan(source, destination, sample=False, most=_MOST)
    return describe(found, timed=False)


def _sum(noun: str, count: int, size: float) -> str:
    return f"{plural(count, noun)}, {human_size(int(size))}"


def _below(directory: str) -> Iterable[os.DirEntry[str]]:
    """Return the files below a directory that the file server shows: no dot files, no links to elsewhere."""
    waiting = [directory]
    while waiting:
        with suppress(PermissionError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry
