"""A directory of a web server as a DataFrame, and as links: read from its index, without the endpoint."""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any

from aisnb.client.loading import load_tables
from aisnb.errors import SourceRefused, UsageError
from aisnb.protocol.listing import ENTRY_UNKNOWN, Entry
from aisnb.transfer import FOR_LISTINGS, Fetcher, Index, ask_sizes, read_index
from aisnb.transfer.index_pages import IndexEntry, http_seconds
from aisnb.transfer.links import open_secret, without_secret
from aisnb.uris import check_link, link_directory, link_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


_COLUMNS = ("name", "size", "modified", "url")
_NS = 1_000_000_000


async def list_directory(link: str, prefix: str, props: str | Sequence[str], limit: int | None) -> pd.DataFrame:
    """Return the files that the index of a directory names, a row each, sorted by name; of a file itself its own.

    How many directories are beside them is in ``.attrs["directories"]``.

    Args:
        link: the directory, with or without its last slash.
        prefix: what names begin with.
        props: which columns matter; without ``size`` among them, no file is asked for its own. None means all.
        limit: most rows.

    Raises:
        UsageError: there is no such property.
        SourceRefused: the server answered with an error.
        SourceError: it does not answer, or shows something else than an index.
        SchemeMissing: the link has no ``http://``.
    """
    asked = {word.strip() for word in (props.split(",") if isinstance(props, str) else props)} - {""}
    if unknown := asked - {*_COLUMNS}:
        raise UsageError(
            f"'{min(unknown)}' is not something that a web server says of its files. It says {', '.join(_COLUMNS)}."
        )
    load_tables()
    bare, headers = open_secret(_with_slash(check_link(link)))
    async with Fetcher(policy=FOR_LISTINGS) as fetcher:
        index = await _index_or_file(fetcher, bare, link, headers)
        chosen = list(islice(index.select(prefix), limit))
        if not asked or "size" in asked:
            await ask_sizes(fetcher, index, chosen, headers)
    frame = _frame(index, chosen)
    frame.attrs["directories"] = index.directories
    return frame


async def directory_links(link: str, headers: Mapping[str, str]) -> tuple[list[str], int]:
    """Return the links of the files that the index of a directory names, and how many directories are beside them.

    Raises:
        SourceError: as for `list_directory`.
    """
    bare, secret = open_secret(check_link(link))
    async with Fetcher(policy=FOR_LISTINGS) as fetcher:
        index = await read_index(fetcher, bare, {**headers, **secret})
    return [index.link(entry) for entry in index.entries], index.directories


async def directory_entries(link: str, prefix: str, after: str, limit: int | None) -> list[Entry]:
    """Return the files that the index of a directory names as entries of a listing, which are not cached.

    Raises:
        SourceError: as for `list_directory`.
    """
    async with Fetcher(policy=FOR_LISTINGS) as fetcher:
        index = await read_index(fetcher, link)
        chosen = list(islice(index.select(prefix, after), limit))
        await ask_sizes(fetcher, index, chosen)
    return [Entry(each.name, each.size or 0, flags=0 if each.size is not None else ENTRY_UNKNOWN) for each in chosen]


async def _index_or_file(fetcher: Fetcher, directory: str, link: str, headers: Mapping[str, str]) -> Index:
    """Return the index of a directory; if `link`, without its slash, is a file, one of just that.

    Raises:
        SourceError: as for `list_directory`.
    """
    try:
        return await read_index(fetcher, directory, headers)
    except SourceRefused as exc:
        bare, _ = open_secret(link)
        if exc.status != HTTPStatus.NOT_FOUND or _with_slash(bare) == bare:
            raise
        found = await fetcher.head(bare, headers)
        if found.status != HTTPStatus.OK:
            parent = without_secret(link_directory(link))
            raise SourceRefused(
                f"There is neither a directory nor a file '{without_secret(link)}': the source answered 404 Not Found. "
                f"'%ais ls {parent}' (in Python: client.ls) lists what is beside it.",
                exc.status,
                exc.tries,
            ) from exc
    modified = http_seconds(found.validator.last_modified)
    entry = IndexEntry(link_name(bare), found.validator.size, modified, bare.rpartition("/")[2])
    return Index(link_directory(bare), [entry])


def _with_slash(link: str) -> str:
    path, mark, query = link.partition("#")[0].partition("?")
    return f"{path.rstrip('/')}/{mark}{query}"


def _frame(index: Index, entries: list[IndexEntry]) -> pd.DataFrame:
    from aisnb.client import tables

    columns: dict[str, Any] = {
        "name": tables.texts([entry.name for entry in entries]),
        "size": tables.counts([entry.size for entry in entries]),
        "modified": tables.moments_ns([(entry.modified or 0) * _NS for entry in entries]),
        "url": tables.texts([index.link(entry) for entry in entries]),
    }
    return tables.table(columns)
