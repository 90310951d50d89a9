"""Brings the files of one job: some workers over one lazy cursor."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from aisnb.errors import AisnbError, AlreadyExists, NameInvalid, NodeError, ObjectNotFound, SchemeMissing, SourceError
from aisnb.node.settling import Settling
from aisnb.node.sharing import Sharing
from aisnb.protocol import headers as ais
from aisnb.store import IN_MEMORY, Completion, ErrorRecord
from aisnb.transfer import RateLimiter, Request, Timeouts, Validator
from aisnb.transfer.links import without_secret
from aisnb.transfer.plain_engine import can_send
from aisnb.uris import parse_bucket

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from aisnb.node.helping import Helper
    from aisnb.node.progress import Flight, Progress
    from aisnb.node.settling import Tell
    from aisnb.node.sources import Files, Item, Spec
    from aisnb.protocol.downloads import Limits
    from aisnb.store import JobRecord, Partial, Store
    from aisnb.transfer import Fetcher, Receipt

    HandIn = Callable[[Mapping[str, str], Completion, Tell], None]

#: Files of one job on their way at once, if its limits say nothing: a few keep a source nearby busy and the node quick
#: to answer others, and more hide the delays of one far away.
FEW_CONNECTIONS = 4
CONNECTIONS = 16
#: Seconds for one file, from which on its source counts as far away.
_FAR = 0.02
#: Files of all jobs on their way at once: each holds two descriptors, and macOS gives a process 256.
MOST_CONNECTIONS = 64

#: So many small files in a row that came at the first question make a source plain enough for helpers.
_PLAIN_ENOUGH = 32
#: So many must be left, that helpers and not this process have the most of them.
_WORTH_SHARING = 250
#: And so many that helpers are started for them, which takes them a quarter of a second.
_WORTH_A_START = 2_000

#: What is wrong with one file only; any other error of ours ends the job.
_FAULTS_OF_A_FILE = (SourceError, AlreadyExists, NameInvalid, SchemeMissing)


class Run:
    """One run of a job, from its first pending file to the last. Single use.

    Args:
        record: the job as it is kept; its ledger says what is pending.
        spec: what it was asked for.
        files: which files that stands for.
        progress: counts along.
        store: where the files go.
        fetcher: brings them.
        headers: what to send to the source.
        slots: shared by all jobs; as many files at once in all.
        helpers: processes for small files.
        source_kind: what is noted as the objects' source, ``web`` or ``ht``.
    """

    def __init__(
        self,
        record: JobRecord,
        spec: Spec,
        files: Files,
        progress: Progress,
        *,
        store: Store,
        fetcher: Fetcher,
        headers: Mapping[str, str],
        slots: asyncio.Semaphore,
        helpers: Sequence[Helper],
        source_kind: str,
    ) -> None:
        self._job = record.id
        self._bucket = parse_bucket(spec.bucket)
        self._spec = spec
        self._files = files
        self._progress = progress
        self._store = store
        self._fetcher = fetcher
        self._headers = headers
        self._slots = slots
        self._helpers = helpers
        self._source_kind = source_kind
        self._pending = record.ledger.pending(record.total)
        self._again: deque[int] = deque()  # of those, what was lent and is still missing
        self._left = record.total - len(record.ledger)
        self._limiter = RateLimiter()
        self._settling = Settling()
        self._workers: set[asyncio.Task[None]] = set()
        self._sharing: Sharing | None = None
        self._ending = False
        self._plain = 0  # small files in a row that came at the first question
        self._look: bool | None = None  # for each file, whether its object is here; not known before the first
        self._wanted = 0
        self._slow = 0  # files in a row that took their time: one hiccup does not make a source far away
        self._keep_partials = True
        self._fault: AisnbError | None = None
        self.limit(spec.limits)

    def limit(self, limits: Limits) -> None:
        """Change the limits; what is on its way keeps its connection until it is done."""
        self._wanted = min(limits.connections or FEW_CONNECTIONS, MOST_CONNECTIONS)
        self._may_widen = not limits.connections
        self._limiter.rate = limits.bytes_per_hour / 3600
        if self._sharing is not None and (limits.connections or limits.bytes_per_hour):
            self._sharing.end()
        if self._workers:
            self._hire()

    def forsake(self) -> None:
        """Have the bytes of files on their way removed, not kept, when the run is cancelled."""
        self._keep_partials = False

    def break_off(self, fault: AisnbError) -> None:
        """End the run: the job cannot go on."""
        self._fault = self._fault or fault
        self.forsake()
        self._stop_workers()

    def _stop_workers(self) -> None:
        for worker in self._workers:
            worker.cancel()
        if self._sharing is not None:
            self._sharing.end()

    async def run(self) -> None:
        """Bring all files that are pending. When this is cancelled, what has come is counted before it ends.

        Raises:
            AisnbError: the job cannot go on: no bucket, no room.
        """
        try:
            self._hire()
            while tasks := self._tasks():
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                self._workers -= ended
                if self._sharing is not None:
                    self._hire()  # what it gave back, and all that is left once it has ended
                for worker in ended:
                    if not worker.cancelled():
                        worker.result()
        finally:
            self._ending = True
            self._stop_workers()
            await asyncio.gather(*self._tasks(), return_exceptions=True)
            await self._settling.empty()
        if self._fault is not None:
            raise self._fault

    def _tasks(self) -> set[asyncio.Task[None]]:
        return self._workers | self._sharing.tasks if self._sharing is not None else self._workers

    def _hire(self) -> None:
        left = len(self._again) if self._shares else self._left
        if self._ending or self._fault is not None:
            return
        for _ in range(min(self._wanted - len(self._workers), left)):
            self._workers.add(asyncio.create_task(self._work()))

    def _widen(self) -> None:
        self._may_widen = False
        self._wanted = CONNECTIONS
        self._hire()

    async def _work(self) -> None:
        while self._fault is None and len(self._workers) <= self._wanted:
            if self._settling.full:
                await self._settling.room()
            async with self._slots:
                index = self._next_here()
                if index is None:
                    break
                begun = time.monotonic()
                await self._bring(index, self._files.item(index))
                self._slow = self._slow + 1 if time.monotonic() - begun > _FAR else 0
                if self._may_widen and self._slow >= FEW_CONNECTIONS:
                    self._widen()
                if self._plain >= _PLAIN_ENOUGH and not self._slow and self._sharing is None:
                    self._share()
        if worker := asyncio.current_task():
            self._workers.discard(worker)

    @property
    def _shares(self) -> bool:
        """Whether helpers are at work; all that comes plainly is left to them then."""
        return self._sharing is not None and self._sharing.at_work

    def _next_here(self) -> int | None:
        if self._again:
            index: int | None = self._again.popleft()
        else:
            index = None if self._shares else next(self._pending, None)
        if index is not None:
            self._left -= 1
            self._note_begun()
        return index

    def _note_begun(self) -> None:
        self._progress.all_begun = not (self._left or self._progress.lent)

    def _share(self) -> None:
        """Share what is left with helpers, if that is so much that it saves time, and without limits."""
        limits, policy = self._spec.limits, self._fetcher.policy
        if limits.connections or limits.bytes_per_hour or self._spec.durable or self._left < _WORTH_SHARING:
            return
        if self._left >= _WORTH_A_START:
            for helper in self._helpers:
                helper.start()
        ready = [helper for helper in self._helpers if helper.is_ready]
        if not ready or any(helper.is_starting for helper in self._helpers):
            return
        self._sharing = Sharing(
            self,
            ready,
            store=self._store,
            bucket=self._bucket,
            headers=self._headers,
            timeouts=Timeouts(policy.connect, policy.stall, self._spec.timeout),
        )

    # What helpers bring; see `Sharing`.

    async def room(self) -> None:
        """Return when what is being settled leaves room for more."""
        await self._settling.room()

    def lend(self, most: int) -> list[tuple[int, Item]]:
        """Return files for a helper to bring; `take_back` is told when it has."""
        files = [(index, self._files.item(index)) for index in islice(self._pending, most)]
        if files:
            self._progress.lent[files[0][0]] = [item.name for _, item in files]
        self._left -= len(files)
        self._note_begun()
        return files

    def take_back(self, lent: list[tuple[int, Item]], missing: Sequence[int]) -> None:
        """Take note that files are lent no more; those of them that are missing are brought here."""
        del self._progress.lent[lent[0][0]]
        self._left += len(missing)
        self._again.extend(missing)
        self._note_begun()
        self._hire()

    def here(self, names: Sequence[str]) -> Container[str]:
        """Return which of these objects are here already, and so are to be compared with their source."""
        return self._store.known(self._bucket, names) if self._look else ()

    async def _bring(self, index: int, item: Item) -> None:
        if item.fault:
            self._fail(index, item, NameInvalid(item.fault))
            return
        flight = self._progress.take_off(index, item.name)
        try:
            await self._carry(index, item, flight)
        except _FAULTS_OF_A_FILE as exc:
            self._fail(index, item, exc, getattr(exc, "tries", 0))
        except AisnbError as exc:
            self.break_off(exc)
        finally:
            self._progress.land(index)

    async def _carry(self, index: int, item: Item, flight: Flight) -> None:
        """Bring one file to its place, and have it counted."""
        if self._look is None:
            self._look = bool(self._store.page(self._bucket, limit=1).records)
        try:
            partial = self._store.begin(self._bucket, item.name, key=self._key(index), look=self._look)
        except AlreadyExists as exc:
            raise self._in_the_way(item) or exc from exc
        receipt = await self._fetch(item, partial, flight)
        self._settle(index, item, partial, receipt)

    def _in_the_way(self, item: Item) -> AlreadyExists | None:
        """Return what to say if there is a directory where the file should go: the link may well mean one, too."""
        if not self._store.page(self._bucket, prefix=f"{item.name}/", limit=1).records:
            return None
        return AlreadyExists(
            f"'{self._bucket / item.name}' cannot be stored: a file cannot be a directory too, and that is one here. "
            f"If '{without_secret(item.url)}' is a directory as well, write it with a slash at its end, for the files "
            "in it; else choose another name."
        )

    async def _fetch(self, item: Item, partial: Partial, flight: Flight) -> Receipt:
        known = self._known(item) if partial.replaces else None
        request = Request(url=item.url, headers=self._headers, known=known, timeout=self._spec.timeout)
        try:
            receipt = await self._fetcher.fetch(
                request, partial, on_bytes=flight.on_bytes, on_start=flight.on_start, limiter=self._limiter
            )
            if self._spec.durable:
                await self._sync(item, partial, receipt)
            return receipt
        except BaseException as exc:
            if self._keep_partials and isinstance(exc, asyncio.CancelledError):
                partial.close()
            else:
                partial.discard()
            raise

    def _known(self, item: Item) -> Validator | None:
        """Return the marks of the object that is here already, if it came from the same link and is as it came."""
        if self._spec.force:
            return None
        try:
            record, file = self._store.open(self._bucket, item.name)
        except (ObjectNotFound, NodeError):
            return None
        file.close()
        custom = record.custom
        if custom.get(ais.SOURCE_URL) != without_secret(item.url):
            return None
        return Validator(custom.get(ais.SOURCE_ETAG, ""), custom.get(ais.SOURCE_MODIFIED, ""), record.size)

    async def _sync(self, item: Item, partial: Partial, receipt: Receipt) -> None:
        """Have the disk take what can be waited for here, while other files come; the rest is the commit's."""
        if receipt.skipped:
            with suppress(ObjectNotFound):  # removed since it was looked at
                await asyncio.to_thread(self._store.sync, self._bucket, item.name)
        else:
            await asyncio.to_thread(partial.sync)

    def _settle(self, index: int, item: Item, partial: Partial, receipt: Receipt) -> None:
        """Have the store write down that a file is here; it counts once that is done."""
        if receipt.skipped:
            partial.discard()
            self._count(index, item, receipt)
            return
        durable, small = self._spec.durable, receipt.size <= IN_MEMORY
        plain = small and receipt.tries == 1 and receipt.url == item.url and can_send(item.url)
        self._plain = self._plain + 1 if plain else 0
        self._make_object(
            index,
            item,
            receipt,
            lambda words, completion, tell: self._store.hand_in(partial, words, completion, tell, durable=durable),
            receipt.size if small else 0,
        )

    def settle_lent(self, index: int, item: Item, receipt: Receipt, hand_in: HandIn) -> None:
        """Have a file that was brought made an object; it counts once that is done.

        Args:
            index: the file's number.
            item: the file.
            receipt: of its coming.
            hand_in: gives it to the store, with the words to keep, what it means to the job, and whom to tell.
        """
        self._progress.moved(receipt.received)
        self._make_object(index, item, receipt, hand_in, 0)

    def _make_object(self, index: int, item: Item, receipt: Receipt, hand_in: HandIn, in_memory: int) -> None:
        completion = Completion(self._job, index, "done", receipt.size)
        words = self._words(item, receipt.validator)
        then = self._then(index, item, receipt)
        self._settling.add(lambda tell: hand_in(words, completion, tell), then, in_memory)
        self._progress.bytes += receipt.size

    def _words(self, item: Item, marks: Validator) -> dict[str, str]:
        """Return what is kept with an object: where it came from, and which version it is."""
        words = {
            ais.SOURCE: self._source_kind,
            ais.SOURCE_URL: without_secret(item.url),
            ais.SOURCE_ETAG: marks.etag,
            ais.SOURCE_MODIFIED: marks.last_modified,
        }
        return {key: value for key, value in words.items() if value}

    def _count(self, index: int, item: Item, receipt: Receipt) -> None:
        """Have the store write down a file that makes no object here."""
        completion = Completion(self._job, index, "skipped" if receipt.skipped else "done", receipt.size)
        durable = self._spec.durable
        self._settling.add(
            lambda tell: self._store.note(completion, tell, durable=durable), self._then(index, item, receipt)
        )
        self._progress.bytes += receipt.size

    def _then(self, index: int, item: Item, receipt: Receipt) -> Callable[[BaseException | None], None]:
        return lambda error: self._settled(index, item, receipt, error)

    def _settled(self, index: int, item: Item, receipt: Receipt, error: BaseException | None) -> None:
        if error is None:
            self._progress.done += 1
            self._progress.skipped += receipt.skipped
            if receipt.page:
                self._progress.note_page(item.name)
            self._progress.touch()
            return
        self._progress.bytes -= receipt.size
        if isinstance(error, _FAULTS_OF_A_FILE):
            self._fail(index, item, error, receipt.tries)
        elif isinstance(error, AisnbError):
            self.break_off(error)
        else:
            self.break_off(NodeError(f"'{self._bucket / item.name}' cannot be stored: {error!r}. Run 'node fsck'."))

    def _fail(self, index: int, item: Item, error: BaseException, tries: int = 0) -> None:
        status = getattr(error, "status", 0)
        row = ErrorRecord(index, item.name, without_secret(item.url), status, tries, str(error))
        completion = Completion(self._job, index, "failed", 0, row)
        self._settling.add(lambda tell: self._store.note(completion, tell), self._failed)

    def _failed(self, error: BaseException | None) -> None:
        if error is not None:
            self.break_off(error if isinstance(error, AisnbError) else NodeError(f"A failure was not kept: {error!r}."))
            return
        self._progress.failed += 1
        self._progress.touch()

    def _key(self, index: int) -> str:
        return f"{self._job}/{index}"
