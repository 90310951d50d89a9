"""The bucket browser: a level at a time, what is chosen from it, and the way from one to another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ipywidgets import HTML, HBox, VBox

from aisnb.client import portal
from aisnb.client.connection import open_connection
from aisnb.client.glimpses import Glimpse
from aisnb.client.levels import MOST_FOUND, Buckets, Level, Search, parse_place
from aisnb.errors import AisnbError
from aisnb.notebook import pieces
from aisnb.notebook.browser import style
from aisnb.notebook.browser.address import Address
from aisnb.notebook.browser.details import Details
from aisnb.notebook.browser.errands import Errands
from aisnb.notebook.browser.finder import BEGINS, CONTAINS, Finder
from aisnb.notebook.browser.names import ROWS, NameTable
from aisnb.notebook.panel import Panel
from aisnb.units import plural, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pandas import DataFrame

    from aisnb.client.levels import Entry, Place, Stretch

_NAMES, _COUNT = "names", "count"
#: Who types has not typed all of it yet.
_TYPING_SECONDS = 0.15
#: What small buckets are counted in, and first pages may wait for.
_MOMENT = 0.2


class Browser(Panel):
    """Buckets, folders and objects to click through, until it is closed or its cell is run again.

    All that it knows changes on the portal's loop; clicks are handed over to that, so that nobody waits for them.

    Args:
        place: a bucket, a folder of it or what names begin with, a provider; "" for all buckets.

    Raises:
        NameInvalid: it names no bucket.
        AisnbError: the bucket is not there, or the endpoint does not answer.
    """

    def __init__(self, place: str = "") -> None:
        self._place, self._text = parse_place(place)
        self._connection = open_connection()
        self._names: Level | Buckets | Search = self._names_of(self._place, self._text)
        try:
            first = portal.run(self._names.page(0, ROWS))
        except BaseException:
            self._connection.close()
            raise
        self._errands = Errands(self._fail)
        self._address = Address(self._go, self._go_by_path)
        self._finder = Finder(self._text, self._find)
        self._table = NameTable(self._connection, self._choose, self._turn)
        self._details = Details(self._errands, self._address.show_path)
        self._said = HTML()
        portal.run(self._show_first(first))
        body = HBox([VBox([self._table.box, self._said]), self._details.box])
        body.add_class(style.BODY_CLASS)
        box = VBox([HTML(f"{style.SHEET}{style.HEADING}"), self._address.box, self._finder.box, body])
        box.add_class(style.BROWSER_CLASS)
        box.add_class(style.FRAME_CLASS)
        super().__init__(box, [*self._address.spare, *self._table.widgets, *self._details.widgets])

    @property
    def place(self) -> str:
        """Where it is: ``ais://abc/train/``; "" at the list of all buckets."""
        return str(self._place)

    @property
    def chosen(self) -> str:
        """What is chosen there: ``ais://abc/train/shard-001.tar``, or a file in it; "" if nothing is."""
        return self._details.path

    async def _begin(self) -> None:
        """Nothing: it looks when somebody clicks."""

    async def _end(self) -> None:
        await self._errands.close()
        self._connection.close()

    async def _show_first(self, stretch: Stretch) -> None:
        """Show where it is and the first page; of small buckets it has all counts at once."""
        self._address.show(self._place)
        self._show_and_count(stretch)
        await self._errands.wait(_COUNT, _MOMENT)

    def _go(self, place: Place) -> None:
        """Open a place, anew if one is there; from any thread."""
        self._errands.send(_NAMES, self._open(place, self._text if place == self._place else ""))

    def _go_by_path(self, path: str) -> None:
        try:
            place, begins = parse_place(path)
        except AisnbError as exc:
            self._refuse_path(str(exc))
        else:
            self._errands.send(_NAMES, self._open(place, begins, fail=self._refuse_path))

    def _choose(self, entry: Entry) -> None:
        if self._place.holds(entry):
            self._errands.send(_NAMES, self._open(self._place.below(entry), focus=True))
        else:
            portal.launch(self._look_at(entry))

    def _turn(self, offset: int) -> None:
        if isinstance(self._names, Search):  # it goes on, whichever page of what it has found is shown
            portal.launch(self._show_page(offset))
        else:
            self._errands.send(_NAMES, self._show_page(offset))

    def _find(self, text: str, scope: str) -> None:
        self._errands.send(_NAMES, self._search(text, scope))

    async def _open(
        self, place: Place, begins: str = "", *, focus: bool = False, fail: Callable[[str], None] | None = None
    ) -> None:
        """Show another level, or this one as it is now; `fail` says why that cannot be."""
        names = self._names_of(place, begins)
        self._said.value = pieces.hint(f"Looking into {printable(str(place)) or 'the buckets'} …")
        try:
            first = await names.page(0, ROWS)
        except AisnbError as exc:
            (fail or self._fail)(str(exc))
            return
        if place == self._place:
            self._table.sums.clear()
        self._place, self._names, self._text = place, names, begins
        self._finder.show(begins, BEGINS)
        self._address.show(place)
        self._details.show(None)
        self._show_and_count(first)
        if focus:
            self._table.focus()

    async def _show_page(self, offset: int) -> None:
        try:
            self._show_and_count(await self._names.page(offset, ROWS))
        except AisnbError as exc:
            self._fail(str(exc))

    async def _search(self, text: str, scope: str) -> None:
        """Show the names that are meant, as soon as somebody has stopped typing."""
        await asyncio.sleep(_TYPING_SECONDS)
        self._text = text
        bucket, folder, _ = self._place
        try:
            if scope == CONTAINS and text and bucket is not None:
                self._names = search = Search(self._connection, bucket, folder, text)
                self._show(await search.page(0, ROWS))
                async for _ in search.run():
                    self._show(await search.page(self._table.stretch.offset, ROWS))
            else:
                self._names = self._names_of(self._place, text)
                self._show_and_count(await self._names.page(0, ROWS))
        except AisnbError as exc:
            self._fail(str(exc))

    async def _look_at(self, entry: Entry) -> None:
        if self._place.bucket is not None:
            self._table.choose(entry.name)
            self._details.show(Glimpse(self._connection, self._place.bucket, entry))

    def _fail(self, text: str) -> None:
        """Say what went wrong; what was known stays to be read."""
        self._said.value = pieces.failure(text)

    def _refuse_path(self, text: str) -> None:
        """Say at the path what is wrong with it."""
        self._said.value = ""
        self._address.said.value = pieces.failure(text)

    def _show_and_count(self, stretch: Stretch) -> None:
        self._show(stretch)
        self._errands.start(_COUNT, self._table.count())

    def _show(self, stretch: Stretch) -> None:
        """Show a page of names."""
        self._table.show(self._place, stretch, self._details.object_name)
        note = self._remark() if isinstance(self._names, Search) or not stretch.entries else self._names.note
        self._said.value = pieces.hint(note)

    def _remark(self) -> str:
        """Return how a search goes, or why no name is shown."""
        place, names = printable(str(self._place)), self._names
        if isinstance(names, Search):
            found = f"{len(names.found):,} found in {plural(names.looked_at, 'name')}"
            if not names.is_over:
                return f"Searching … {found}"
            enough = len(names.found) == MOST_FOUND
            return f"{found}, and there may be more: say more of the name." if enough else f"{found}."
        if self._text:
            return f"No name {'has' if self._place.bucket is None else 'begins with'} '{printable(self._text)}' here."
        if self._place.bucket is None:
            return "No buckets yet. '%ais create ais://abc' makes one, and so does '%ais start download'."
        fill = f" '%ais put FILE {place}' puts a file there." if self._place.bucket.provider == "ais" else ""
        return f"Nothing is in {place} now.{fill}"

    def _names_of(self, place: Place, text: str) -> Level | Buckets:
        if place.bucket is None:
            return Buckets(self._connection, place.provider, text)
        return Level(self._connection, place.bucket, place.folder, text)

    def _frame(self) -> DataFrame:
        from aisnb.explore.levels import level_table

        return level_table(self._place, self._table.stretch.entries, self._table.sums)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        from aisnb.explore.tables import render_html

        return {"text/plain": repr(self), "text/html": render_html(self._frame()), **self.view()}

    def __repr__(self) -> str:
        from aisnb.explore.tables import render_text

        stretch, place = self._table.stretch, printable(self.place)
        rest = f"\n… and more: '%ais ls {place} --nr' lists all." if stretch.more or stretch.known > ROWS else ""
        return f"Bucket browser at {place or 'all buckets'}\n{render_text(self._frame())}{rest}"
