"""The files that a cluster's download failed with, as a download of their own.

A cluster tells their names, not their links: those are found again in what was asked for, which this process
remembers, or which the description says that AIStore gives a download (``ext/dload/job.go``): ``LINK -> ais://b``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from aisnb.errors import AisnbError
from aisnb.protocol.buckets import BucketId
from aisnb.protocol.downloads import MULTI, RANGE, SINGLE, DownloadRequest
from aisnb.templates import Template, bounded
from aisnb.uris import is_link, link_name, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Downloads that this process remembers, and their links with them.
_MOST = 100


def remember(asked: dict[str, DownloadRequest], job: str, request: DownloadRequest) -> None:
    """Keep what was asked for among the last so many."""
    asked[job] = request
    while len(asked) > _MOST:
        del asked[next(iter(asked))]


def read_description(text: str) -> DownloadRequest | None:
    """Return what a description says was asked for, None if it does not say."""
    source, arrow, destination = text.rpartition(" -> ")
    if not arrow or not is_link(source):
        return None
    try:
        bucket, rest = parse_uri(destination)
        is_range = Template(source, braces_only=True).is_range
    except AisnbError:  # somebody's own words
        return None
    wire = BucketId.of(bucket)
    if is_range:
        return DownloadRequest(RANGE, wire, template=source, subdir=rest.strip("/"))
    return DownloadRequest(SINGLE, wire, link=source, object_name=rest or link_name(source))


def only_those(request: DownloadRequest, names: Sequence[str]) -> DownloadRequest | None:
    """Return the download of these objects alone, None if the link of one is not known.

    Where only the description tells what was asked, names may lie in a directory that it does not tell.
    """
    wanted = set(names)
    by_last = {name.rpartition("/")[2]: name for name in names}
    found: dict[str, str] = {}
    for name, link in _files(request):
        meant = name if name in wanted else by_last.get(name, "")
        if meant:
            found.setdefault(meant, link)
    if len(found) < len(wanted):
        return None
    return msgspec.structs.replace(
        request, type=MULTI, objects=found, link="", object_name="", template="", subdir="", description=""
    )


def named_places(request: DownloadRequest) -> tuple[str, str]:
    """Return the link or template of a download and where its files go; "" twice if its links are listed."""
    bucket = request.bucket.bucket()
    place = request.subdir or request.object_name
    source = request.template or request.link
    return (source, bucket / place if place else str(bucket)) if source else ("", "")


def untried(request: DownloadRequest, tried: Iterable[str]) -> list[str]:
    """Return the names of a download's objects but for those that were tried."""
    known = set(tried)
    return [name for name, _ in _files(request) if name not in known]


def _files(request: DownloadRequest) -> Iterator[tuple[str, str]]:
    if request.type == SINGLE:
        yield request.object_name or link_name(request.link), request.link
    elif request.type == RANGE:
        template = Template(request.template)
        bounded(template)
        directory = f"{request.subdir}/" if request.subdir else ""
        yield from ((directory + link_name(link), link) for link in template)
    elif isinstance(request.objects, dict):
        yield from request.objects.items()
    else:
        yield from ((link_name(link), link) for link in request.objects or ())
