"""The way to one endpoint: the local node, started when needed, or a cluster."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from aisnb import background
from aisnb.background.trust import pinned
from aisnb.client import lease, portal
from aisnb.client.credentials import cluster_of, cluster_token, is_local_node
from aisnb.client.faults import origin
from aisnb.client.notes import note
from aisnb.client.wire import Call, Wire
from aisnb.errors import EndpointRefused, EndpointUnreachable, NameInvalid, NotAllowed, SchemeMissing, Unsupported
from aisnb.protocol.headers import EXTENSION, WHAT
from aisnb.settings import read_settings
from aisnb.transfer.trust import tls_context
from aisnb.uris import check_link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from aisnb.client.wire import Answer
    from aisnb.protocol.downloads import DownloadRequest
    from aisnb.protocol.relay import Cluster
    from aisnb.settings import Settings

T = TypeVar("T")

#: Seconds between the tries of a call that only reads.
_PAUSES = (0.2, 0.6, 1.5)


@dataclass(slots=True)
class Reply:
    """An answer that is here in full.

    Attributes:
        status: HTTP status.
        headers: by name, in any case.
        body: all of it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def decode(self, kind: type[T]) -> T:
        """Return the JSON body as `kind`.

        Raises:
            EndpointRefused: it is something else.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise EndpointRefused(
                f"The endpoint's answer is not AIStore's ({exc}). Check AIS_ENDPOINT.", self.status
            ) from exc

    def decode_list(self, kind: type[T]) -> list[T]:
        """Return the JSON body as a list of `kind`; Go writes an empty one as null.

        Raises:
            EndpointRefused: it is something else.
        """
        return [] if self.body.strip() == b"null" else self.decode(list[kind])  # type: ignore[valid-type]  # a runtime type


@dataclass(slots=True)
class _Link:
    """What belongs to the portal's loop, and so to one process: a fork's child makes its own."""

    home: portal.Portal
    wire: Wire
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    running: background.Running | None = None
    extension: bool | None = None
    origins: set[tuple[str, str, int]] | None = None


class Connection:
    """The way to one endpoint. Opens nothing before the first call, and opens again after `close`.

    Args:
        endpoint: address of a cluster; None means the local node.
        token: bearer token for a cluster.
        settings: the environment's.
    """

    def __init__(self, endpoint: str | None, token: str, settings: Settings) -> None:
        self._endpoint = endpoint
        self._token = token
        self._settings = settings
        self._link: _Link | None = None
        self._notes: set[str] = set()
        #: What downloads of a cluster were asked for by this process, by their ids.
        self.asked_for: dict[str, DownloadRequest] = {}

    @property
    def is_local(self) -> bool:
        """Whether this is the local node."""
        return self._endpoint is None

    @property
    def endpoint(self) -> str | None:
        """A cluster's address; None for the local node."""
        return self._endpoint

    @property
    def cluster(self) -> Cluster:
        """The cluster, and how it is trusted; not of the local node."""
        return cluster_of(self._endpoint or "", self._settings)

    def close(self) -> None:
        """Close what is open; twice is harmless."""
        link, self._link = self._link, None
        if link is not None:
            link.wire.close()

    def __repr__(self) -> str:
        return self._endpoint or f"the local node in {self._settings.home}"

    async def call(self, call: Call) -> Reply:
        """Make a call and return the answer in full; a local node that is gone is started again, once.

        A cluster in trouble is asked again for a few seconds if the call only reads: a write may have happened.

        Raises:
            AisnbError: nobody answers, or the endpoint said no.
        """
        return await self.attempt(lambda: self._reply(call), reads=call.reads)

    async def peek(self, call: Call) -> Reply:
        """Make a call without starting or finding anything.

        Raises:
            EndpointUnreachable: the local node is not known to run.
        """
        if self.is_local and (self._link is None or self._link.running is None):
            raise EndpointUnreachable("The local node is not in use yet. Any call that needs it starts it.")
        return await self._reply(call)

    async def ask_node(self, url: str, call: Call) -> Reply:
        """Ask one node of a cluster, once; it sees the token if it is in the cluster map.

        Raises:
            AisnbError: it does not answer, or said no.
        """

        async def token_for(asked: str) -> str:
            return self._token if self._token and await self._belongs(asked, self._endpoint or "") else ""

        async with self._open().wire.exchange(url, call, token_for) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def attempt(self, work: Callable[[], Awaitable[T]], *, reads: bool = True) -> T:
        """Do `work`, and again if that may help: see `call`; for calls by `stream`."""
        before = await self._locate()
        for pause in _PAUSES if reads and before is None else ():
            try:
                return await work()
            except EndpointUnreachable as exc:
                if not exc.passing:
                    raise
            await asyncio.sleep(pause)
        try:
            return await work()
        except (EndpointUnreachable, NotAllowed):
            if before is None:
                raise
            await self._locate(gone=before)
        return await work()

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[Answer]:
        """Make a call and yield the answer before its body. Nothing is done again: see `attempt`."""
        running = await self._locate()
        link = self._open()
        endpoint = running.endpoint if running else self._endpoint or ""

        async def token_for(url: str) -> str:
            if running is not None:
                return running.token if origin(url) == origin(endpoint) else ""
            return self._token if self._token and await self._belongs(url, endpoint) else ""

        call = replace(call, ask_first=call.ask_first and not running)
        tls = pinned(running.certificate) if running else None
        async with link.wire.exchange(endpoint, call, token_for, tls) as answer:
            yield answer

    async def address(self) -> tuple[str, str]:
        """Return endpoint and token, for other clients; the local node is started if it does not run."""
        running = await self._locate()
        return (running.told, running.token) if running else (self._endpoint or "", self._token)

    async def has_extension(self) -> bool:
        """Return whether the endpoint speaks ``/v1/x/``, as aisnb's own node does."""
        link = self._open()
        if link.extension is None:
            link.extension = self.is_local or EXTENSION in (await self.call(Call("GET", "/v1/health"))).headers
        return link.extension

    async def check_durable(self, what: str) -> None:
        """Make sure that the endpoint can sync what it stores before it says so.

        Raises:
            Unsupported: it cannot, or does not tell.
        """
        if not await self.has_extension():
            raise Unsupported(
                f"{what} cannot be made durable at {self!r}: this is not on this cluster. Leave out --durable "
                "(durable=True); what a cluster syncs, and when, is its administrator's choice."
            )

    async def _reply(self, call: Call) -> Reply:
        async with self.stream(call) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def _locate(self, gone: background.Running | None = None) -> background.Running | None:
        """Return the local node, found or started (anew, if it is `gone`); None for a cluster."""
        if not self.is_local:
            return None
        link = self._open()
        async with link.lock:
            if link.running is None or link.running is gone:
                link.running = None
                link.running = await asyncio.to_thread(background.ensure, self._settings)
                if link.running.note not in self._notes | {""}:
                    self._notes.add(link.running.note)
                    note(link.running.note)
            lease.take(link.running)
            return link.running

    def _open(self) -> _Link:
        link = self._link
        if link is None or link.home is not portal.current():
            tls = tls_context(self.cluster) if self._endpoint else None
            link = self._link = _Link(portal.current(), Wire(tls))
        return link

    async def _belongs(self, url: str, endpoint: str) -> bool:
        """Return whether `url` is the endpoint or a node of its cluster map; nobody else sees the token."""
        if origin(url) == origin(endpoint):
            return True
        link = self._open()
        if link.origins is None:
            smap = await self.call(Call("GET", "/v1/daemon", {WHAT: "smap"}))
            link.origins = set(_origins(smap.decode(dict[str, Any])))
        return origin(url) in link.origins


def open_connection(endpoint: str | None = None, token: str | None = None) -> Connection:
    """Return the way to `endpoint`, to ``AIS_ENDPOINT``, or to the local node. Does no I/O but read small files.

    Raises:
        SchemeMissing: the endpoint has no ``http://``.
        NotAllowed: ``AIS_AUTHN_TOKEN_FILE`` has no token.
    """
    settings = read_settings()
    address = (endpoint or settings.endpoint).strip().rstrip("/")
    if not address or is_local_node(_check_endpoint(address), token or settings.token, settings):
        return Connection(None, "", settings)
    return Connection(address, cluster_token(settings) if token is None else token, settings)


def _check_endpoint(address: str) -> str:
    """Return `address` if it is one of a web server.

    Raises:
        SchemeMissing: it has no ``http://``.
        NameInvalid: it has no host.
    """
    try:
        return check_link(address)
    except (SchemeMissing, NameInvalid) as exc:
        like = "http://host:port" if "://" in address else f"http://{address}"
        raise type(exc)(
            f"'{address}' is no endpoint. Write it like {like}, or leave it out for AIS_ENDPOINT or the local node. "
            "Buckets are named later, as in client.ls('ais://abc')."
        ) from exc


def open_local_connection() -> Connection:
    """Return the way to the local node, whatever ``AIS_ENDPOINT`` says."""
    return Connection(None, "", read_settings())


def _origins(smap: dict[str, Any]) -> list[tuple[str, str, int]]:
    members = [*(smap.get("pmap") or {}).values(), *(smap.get("tmap") or {}).values()]
    nets = [member.get("public_net") or {} for member in members if isinstance(member, dict)]
    return [origin(str(net["direct_url"])) for net in nets if net.get("direct_url")]
