"""The part of a run's files that helpers bring: small ones, of a source that is near and answers plainly."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from aisnb.errors import AisnbError, NameInvalid
from aisnb.node.helping import HelperLost, Wanted
from aisnb.store.small import SmallFiles
from aisnb.transfer import Receipt, Validator
from aisnb.transfer.links import sendable, without_secret
from aisnb.transfer.plain_engine import can_send
from aisnb.transfer.shortcut import fields_of_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aisnb.node.helping import Brought, Helper
    from aisnb.node.runner import Run
    from aisnb.node.sources import Item
    from aisnb.store import Store
    from aisnb.transfer import Timeouts
    from aisnb.uris import Bucket

#: Orders that a helper has at once, so that it need not wait for the node between two of them.
_ORDERS = 2
#: Files of an order: many cost less each, and few are what is brought again after a crash.
_FILES = 32


class _Lent(NamedTuple):
    """A file that a helper is to bring, and where it makes it."""

    number: int
    item: Item
    url: str
    path: str


class Sharing:
    """Has helpers bring a run's files, an order at a time; the run brings what they do not.

    Made in the loop's thread, at work from then on.

    Args:
        run: lends its files, and settles those that were brought.
        helpers: those that are ready.
        store: where the files go.
        bucket: which bucket of it.
        headers: what to send to the source.
        timeouts: for each file.

    Attributes:
        tasks: end when there is nothing more to share.
    """

    def __init__(
        self,
        run: Run,
        helpers: Sequence[Helper],
        *,
        store: Store,
        bucket: Bucket,
        headers: Mapping[str, str],
        timeouts: Timeouts,
    ) -> None:
        self._run = run
        self._store = store
        self._bucket = bucket
        self._headers = fields_of_whole(headers)
        self._timeouts = timeouts
        self._enough = asyncio.Event()
        self._begun = False
        self.tasks = {asyncio.create_task(self._work(helper)) for helper in helpers for _ in range(_ORDERS)}
        for task in self.tasks:
            task.add_done_callback(self.tasks.discard)

    @property
    def at_work(self) -> bool:
        """Whether helpers have begun, and go on."""
        return self._begun and bool(self.tasks) and not self._enough.is_set()

    def end(self) -> None:
        """Have what is under way dropped; the tasks end soon, with what has come settled. Twice is harmless."""
        self._enough.set()

    async def _work(self, helper: Helper) -> None:
        try:
            while helper.is_ready and (files := await self._files()):
                await self._bring(files, helper)
        except AisnbError as exc:
            self._run.break_off(exc)

    async def _files(self) -> list[tuple[int, Item]]:
        await self._run.room()
        return [] if self._enough.is_set() else self._run.lend(_FILES)

    async def _bring(self, files: list[tuple[int, Item]], helper: Helper) -> None:
        missing = {number for number, _ in files}
        small = SmallFiles(self._store, self._bucket, checksum=True)
        try:
            lent = self._lend(files, small)
            missing -= self._settle(lent, await self._brought(lent, helper), small)
        finally:
            if helper.is_ready and len(missing) > len(files) // 2:  # not that plain a source
                self.end()
            self._begun = True
            self._run.take_back(files, sorted(missing))

    def _lend(self, files: list[tuple[int, Item]], small: SmallFiles) -> list[_Lent]:
        """Return those files that helpers can bring."""
        here = self._run.here([item.name for _, item in files])
        return [
            _Lent(number, item, url, small.lend())
            for number, item in files
            if item.name not in here and (url := _plain_link(item))
        ]

    async def _brought(self, lent: list[_Lent], helper: Helper) -> list[Brought | None]:
        wanted = [Wanted(file.url, os.fsencode(file.path)) for file in lent]
        try:
            return await helper.bring(wanted, self._headers, self._timeouts, self._enough)
        except HelperLost:
            return [None] * len(lent)

    def _settle(self, lent: list[_Lent], brought: list[Brought | None], small: SmallFiles) -> set[int]:
        """Have what was brought made objects; return the numbers of those files."""
        done = set()
        try:
            for file, found in zip(lent, brought, strict=True):
                if found is None:
                    with suppress(OSError):  # none was made, or it is left for the next start to remove
                        os.unlink(file.path)  # noqa: PTH108  # for each object: a Path costs more than the call
                else:
                    adopt = partial(small.adopt, file.path, found.made, file.item.name)
                    self._run.settle_lent(file.number, file.item, _receipt(file.item, found), adopt)
                    done.add(file.number)
        finally:
            small.hand_in()  # what is being settled already is waited for
        return done


def _plain_link(item: Item) -> str:
    """Return a file's link as it is sent, "" if helpers do not send it."""
    try:
        url = "" if item.fault else sendable(item.url)
    except NameInvalid:
        return ""
    return url if can_send(url) else ""


def _receipt(item: Item, found: Brought) -> Receipt:
    size = found.made.size
    marks = Validator(found.etag, found.last_modified, size)
    return Receipt(validator=marks, size=size, received=size, skipped=False, tries=1, url=without_secret(item.url))
