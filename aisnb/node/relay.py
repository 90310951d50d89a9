"""Relays: jobs whose files the node fetches and PUTs to a cluster that cannot, or will not, fetch them itself."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import msgspec

from aisnb.errors import EndpointError, EndpointUnreachable, NotAllowed
from aisnb.node.runner import Run
from aisnb.protocol import headers as ais
from aisnb.protocol.messages import CREATE_BUCKET, Action
from aisnb.transfer import Request, Validator
from aisnb.transfer.links import without_secret
from aisnb.transfer.put import Uploads
from aisnb.transfer.trust import tls_context

if TYPE_CHECKING:
    from aisnb.errors import AisnbError
    from aisnb.node.progress import Flight
    from aisnb.node.sources import Item
    from aisnb.protocol.relay import Cluster
    from aisnb.transfer import Receipt

#: Trouble with the cluster, which may pass: the job is paused with it, and can be resumed.
PASSING = (EndpointError, NotAllowed)
#: Seconds that a cluster may answer nothing at all before its job is paused, and between two tries.
_PATIENCE = 30.0
_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


class Relay(Run):
    """One run of a relay: as `Run`, but with a cluster as the place of the files.

    A PUT that broke off is sent again: an object is there whole, or as it was before.
    """

    cluster: Cluster
    token: str

    def to(self, cluster: Cluster, token: str) -> Relay:
        """Say where the files go; before `run`."""
        self.cluster, self.token = cluster, token
        return self

    async def run(self) -> None:
        """Bring all files that are pending into the cluster.

        Raises:
            AisnbError: the job cannot go on; of the kinds `PASSING`: not now.
        """
        async with Uploads(self.cluster.endpoint, self.token, tls_context(self.cluster)) as uploads:
            self._uploads = uploads
            self._answered = time.monotonic()
            body = msgspec.json.encode(Action(CREATE_BUCKET))
            await uploads.create_bucket(f"/v1/buckets/{quote(self._bucket.name, safe='')}?{self._query()}", body)
            await super().run()

    async def _carry(self, index: int, item: Item, flight: Flight) -> None:
        pause = _PAUSE
        while True:
            try:
                receipt = await self._relay(item, flight)
                break
            except EndpointUnreachable:
                if time.monotonic() - self._answered > _PATIENCE:
                    raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        self._answered = time.monotonic()
        self._count(index, item, receipt)

    async def _relay(self, item: Item, flight: Flight) -> Receipt:
        path = f"/v1/objects/{quote(self._bucket.name, safe='')}/{quote(item.name)}?{self._query()}"
        request = Request(
            url=item.url, headers=self._headers, known=await self._marks(path, item), timeout=self._spec.timeout
        )
        upload = self._uploads.upload(path, lambda marks: self._words(item, Validator.decode(marks)), self._limiter)
        try:
            receipt = await self._fetcher.fetch(
                request, upload, on_bytes=flight.on_bytes, on_start=flight.on_start, limiter=upload
            )
            if not receipt.skipped:
                await upload.finish()
        finally:
            upload.close()
        return receipt

    async def _marks(self, path: str, item: Item) -> Validator | None:
        """Return the marks of the object that the cluster has already, if it came from the same link."""
        if self._spec.force:
            return None
        found = await self._uploads.words(path)
        if found is None or found[1].get(ais.SOURCE_URL) != without_secret(item.url):
            return None
        size, words = found
        return Validator(words.get(ais.SOURCE_ETAG, ""), words.get(ais.SOURCE_MODIFIED, ""), size)

    def _query(self) -> str:
        query = {ais.PROVIDER: self._bucket.provider}
        return urlencode(query | {ais.NAMESPACE: self._bucket.namespace} if self._bucket.namespace else query)


def passes(error: AisnbError) -> bool:
    """Return whether trouble with a cluster may be over later."""
    return isinstance(error, PASSING)
