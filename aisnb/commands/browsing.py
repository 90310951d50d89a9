"""``browse``: buckets to click through, where there is a page to show them; elsewhere a listing of one level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol, runtime_checkable

from aisnb.commands.definition import Argument, command

if TYPE_CHECKING:
    from aisnb.commands.context import Context

_PLACE = Argument("bucket, bucket/folder/, provider; default: all buckets", completes=("bucket", "object"))


@runtime_checkable
class BrowserMaker(Protocol):
    """A front end that may show a browser."""

    def browser(self, place: str) -> Any:
        """Return a browser of a place, or None where no page shows one."""


@command("browse")
def browse(context: Context, bucket: Annotated[str, _PLACE] = "") -> Any:
    """Browse buckets: folders, search, previews, downloads; in a notebook to click through.

    It has folders with their sizes and counts, finds names, shows text, JSON, pictures and what is in shards, copies
    paths, and writes objects to files. Elsewhere the value is a DataFrame of the first names of that level.

    Example:
        %ais browse
        browser = %ais browse ais://abc/train/
    """
    if isinstance(context, BrowserMaker) and (browser := context.browser(bucket)) is not None:
        return browser
    from aisnb.explore.levels import level

    found = level(bucket)
    if found.empty:
        context.note(f"Nothing is in {bucket}" if bucket else "No buckets in the cluster.")
    elif found.attrs["more"]:
        context.note(f"These are the first {len(found):,} names. '%ais ls {bucket} --nr' lists all.")
    return found
