"""Starting downloads and prefetches: from what a user says to what the downloader wants to hear."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from aisnb.client.directories import directory_links
from aisnb.client.failed_files import remember
from aisnb.client.job import header_lists, open_job
from aisnb.client.notes import note
from aisnb.client.relaying import ALWAYS, AUTO, NEVER, first_link, found_out_of_reach, known_out_of_reach, start_relay
from aisnb.client.wire import Call
from aisnb.errors import NameInvalid, UsageError
from aisnb.protocol.buckets import BucketId
from aisnb.protocol.downloads import DIRECTORY, MULTI, RANGE, SINGLE, DownloadRequest, Limits, Started
from aisnb.protocol.messages import Selection
from aisnb.protocol.relay import RelayRequest
from aisnb.templates import Template, bounded
from aisnb.uris import check_link, check_object_name, link_name, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aisnb.client.connection import Connection
    from aisnb.client.job import Job
    from aisnb.uris import Bucket

_COMMA_LIST = re.compile(r"\{[^{}]*,[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Options:
    """How a download is to be done.

    Attributes:
        connections: files at once, 0 for as many as the endpoint likes.
        bytes_per_hour: at most, 0 for no limit.
        timeout: seconds for each request to the source, None for the endpoint's own.
        headers: for the source; they are not kept on disk.
        description: shown with the job.
        force: fetch what is unchanged, too.
        relay: into a cluster ``always`` or ``never`` through the local node; ``auto``: if the cluster cannot itself.
        durable: each file is on the disk itself before it counts.
    """

    connections: int = 0
    bytes_per_hour: int = 0
    timeout: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    force: bool = False
    relay: str = AUTO
    durable: bool = False


async def start_download(connection: Connection, request: DownloadRequest, options: Options) -> Job:
    """Start a download and return its job at once."""
    request.limits = Limits(options.connections, options.bytes_per_hour)
    request.timeout = f"{options.timeout:g}s" if options.timeout else ""
    request.headers = header_lists(options.headers)
    request.description = options.description
    request.force, request.durable = options.force, options.durable
    if options.durable:
        await connection.check_durable(f"The download into {request.bucket.bucket()}")
    if reason := await _way(connection, request, options.relay):
        return await start_relay(connection, RelayRequest(download=request), reason)
    if await connection.has_extension():
        return await _begin(connection, request)
    request.force = False
    original = msgspec.structs.replace(request, force=options.force)
    if request.type == RANGE and _COMMA_LIST.search(request.template):
        request = _expanded(request)
    elif request.type == DIRECTORY:
        links, _ = await directory_links(request.link, options.headers)
        objects = _objects(links, request.subdir, None)
        request = msgspec.structs.replace(request, type=MULTI, link="", subdir="", objects=objects)
    job = await _begin(connection, request)
    remember(connection.asked_for, job.id, request)
    if options.relay == AUTO and (reason := await found_out_of_reach(connection, job.id)):
        return await start_relay(connection, RelayRequest(download=original), reason)
    note("Note: the cluster's own downloader fetches the files.")
    return job


async def _way(connection: Connection, request: DownloadRequest, relay: str) -> str:
    """Return why a download is to be relayed, "" if the endpoint shall try it."""
    if connection.is_local or relay == NEVER:
        return ""
    if relay == ALWAYS:
        return "that was asked for"
    return await known_out_of_reach(connection, first_link(request))


async def _begin(connection: Connection, request: DownloadRequest) -> Job:
    shown = f"The download into {request.bucket.bucket()}"
    reply = await connection.call(Call("POST", "/v1/download", body=msgspec.json.encode(request), shown=shown))
    return await open_job(connection, reply.decode(Started).id)


def plan_download(source: Any, destination: str, object_names: Sequence[str] | None = None) -> DownloadRequest:
    """Return what to ask for so that `source` comes to `destination`.

    A range, several files, or all that the index of a directory lists (its link ends with a slash) go into the
    directory that the destination names; a single file becomes the object that it names, or goes into it if it ends
    with a slash.

    Args:
        source: a link, a template of links, a directory's link, links, or a DataFrame with a column ``url``.
        destination: ``ais://bucket``, with or without a directory or an object's name.
        object_names: names for the links, in their order, below the destination.

    Raises:
        SchemeMissing: a source has no ``http://``.
        TemplateError: the template cannot be expanded.
        NameInvalid: an object cannot be called that, or two files would have the same name.
    """
    bucket, rest = parse_uri(destination)
    wire = BucketId.of(bucket)
    if isinstance(source, str) and object_names is None:
        template = Template(check_link(source))
        if template.is_range:
            bounded(template)
            return DownloadRequest(RANGE, wire, template=source, subdir=_directory(rest))
        if _is_directory(source):
            return DownloadRequest(DIRECTORY, wire, link=source, subdir=_directory(rest))
        name = rest if rest and not rest.endswith("/") else rest + _name_of(source)
        return DownloadRequest(SINGLE, wire, link=source, object_name=check_object_name(name))
    links = [check_link(link) for link in _links(source)]
    if not links:
        raise UsageError("The download has no links at all. Give at least one.")
    return DownloadRequest(MULTI, wire, objects=_objects(links, _directory(rest), object_names))


def plan_prefetch(
    bucket: str, template: str, names: Iterable[str] | None, prefix: str = ""
) -> tuple[Bucket, Selection]:
    """Return the bucket and which of its objects to bring here; a template may stand in the bucket's text, too.

    Raises:
        UsageError: objects are chosen in two ways.
        TemplateError: the template cannot be expanded.
    """
    parsed, rest = parse_uri(bucket)
    chosen = template or rest
    if (names is not None) + bool(chosen) + bool(prefix) > 1:
        raise UsageError(f"A prefetch takes names, a template or a prefix ('{chosen or prefix}'), one of them.")
    if names is not None:
        return parsed, Selection(names=[check_object_name(name) for name in names])
    if not chosen:
        return parsed, Selection(prefix=prefix)
    if not Template(chosen, braces_only=not template).is_range and not template:
        return parsed, Selection(names=[check_object_name(chosen)])
    return parsed, Selection(template=chosen)


def _links(source: Any) -> list[str]:
    if isinstance(source, str):
        return [source]
    columns = getattr(source, "columns", None)
    if columns is not None:
        if "url" not in columns:
            raise UsageError(f"The table of links has the columns {', '.join(map(str, columns))}; 'url' is missing.")
        source = source["url"]
    return [str(link) for link in source]


def _objects(links: list[str], directory: str, names: Sequence[str] | None) -> dict[str, str] | list[str]:
    """Return the links alone if their own names will do, else by object name."""
    if names is not None and len(names) != len(links):
        raise UsageError(f"There are {len(links)} links and {len(names)} object names. Give one name for each link.")
    chosen = [_name_of(link) for link in links] if names is None else names
    prefix = f"{directory}/" if directory else ""
    objects: dict[str, str] = {}
    for name, link in zip(chosen, links, strict=True):
        full = check_object_name(prefix + name)
        if objects.setdefault(full, link) != link:
            raise NameInvalid(
                f"'{objects[full]}' and '{link}' would both be stored as '{full}'. Name them by object_names."
            )
    return objects if prefix or names is not None else list(objects.values())


def _name_of(link: str) -> str:
    name = link_name(link)
    if not name:
        if _is_directory(link):
            raise NameInvalid(f"'{link}' ends with a slash, so it names no file. Name one, or several by a template.")
        raise NameInvalid(f"'{link}' names no file. Add a slash at the end to bring the whole directory, or name one.")
    return name


def _is_directory(link: str) -> bool:
    return link.split("#", 1)[0].split("?", 1)[0].endswith("/")


def _directory(rest: str) -> str:
    directory = rest.strip("/")
    return check_object_name(directory) if directory else ""


def _expanded(request: DownloadRequest) -> DownloadRequest:
    """Return a range with comma lists, which AIStore does not know, as a list of links."""
    links = list(Template(request.template))
    objects = _objects(links, request.subdir, None)
    return msgspec.structs.replace(request, type=MULTI, template="", subdir="", objects=objects)
