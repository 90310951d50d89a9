"""The data root: what lies in it, and the small files that tell other processes where the node is."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import stat
import time
from typing import TYPE_CHECKING, TypeVar

import msgspec

from aisnb.errors import NodeError, NodeLocked
from aisnb.node.listening import Listening

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

#: Exit status of a node that found another one of this machine on its root.
EXIT_LOCKED = 3
#: Exit status of a node that found one of another machine on its root.
EXIT_ELSEWHERE = 4

_LOCK_TRIES = 10
_LOCK_PAUSE = 0.05  # whoever asks `is_locked` holds the lock for an instant


class NodeFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """``node.json``: where the node is.

    Attributes:
        host: name of the machine it runs on.
        pid: its process there.
        endpoint: ``http://127.0.0.1:PORT``, without a trailing slash; for programs on this machine.
        version: of aisnb.
        public: the endpoint that others are told; "" if there is no other. This and the rest are left out where only
            this machine comes in, without TLS.
        certificate: what it shows, as PEM, "" without TLS: who finds it here trusts this one and no other.
        open: whether other machines can come in.
    """

    host: str
    pid: int
    endpoint: str
    version: str
    public: str = ""
    certificate: str = ""
    open: bool = False


class _TokenFile(msgspec.Struct):
    token: str


class RootLock:
    """The node's lock on its data root, held until `release` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class DataRoot:
    """A data root, seen from any process. Files in it that are missing, stale or damaged read as absent.

    Args:
        path: the directory, ``AISNB_HOME``.

    Example:
        root = DataRoot(read_settings().home)
        if root.is_locked() and (node := root.read_node_file()):
            print(node.endpoint)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock_file = path / "lock"
        self.node_file = path / "node.json"
        self.token_file = path / "token.json"
        self.log_file = path / "node.log"
        self.listening_file = path / "listening.json"

    def prepare(self) -> None:
        """Make the directory, for its owner only. One that holds other things already keeps its mode.

        Raises:
            NodeError: it cannot be made or written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.lock_file.exists() or not any(self.path.iterdir()):
                self.path.chmod(0o700)
            os.close(self._open_lock())
        except OSError as exc:
            raise NodeError(
                f"The data root '{self.path}' cannot be used: {exc.strerror}. Set AISNB_HOME to a directory of yours."
            ) from exc

    def lock(self) -> RootLock:
        """Take the root for this process.

        Raises:
            NodeLocked: another process has it; `holder_elsewhere` tells whether on another machine.
        """
        descriptor = self._open_lock()
        for attempt in range(_LOCK_TRIES):
            if attempt:
                time.sleep(_LOCK_PAUSE)
            if _try_lock(descriptor):
                return RootLock(descriptor)
        os.close(descriptor)
        if node := self.holder_elsewhere():
            raise NodeLocked(
                f"The data root '{self.path}' is in use by a node on '{node.host}' (process {node.pid}); two machines "
                "cannot share one. Stop that node, or set AISNB_HOME to another directory."
            )
        raise NodeLocked(f"The data root '{self.path}' is in use by another node of this machine. Use that one.")

    def is_locked(self) -> bool:
        """Return whether a node holds the root, on this machine or another."""
        try:
            descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def holder_elsewhere(self) -> NodeFile | None:
        """Return the node that ``node.json`` names if it is on another machine. Means something while locked."""
        node = self.read_node_file()
        return node if node and node.host != socket.gethostname() else None

    def read_node_file(self) -> NodeFile | None:
        """Return what ``node.json`` says; it is stale unless the root `is_locked`."""
        return _read(self.node_file, NodeFile)

    def write_node_file(self, listening: Listening, port: int, version: str) -> None:
        """Say that this process is the node and listens."""
        certificate = listening.shown_certificate()
        node = NodeFile(
            host=socket.gethostname(),
            pid=os.getpid(),
            endpoint=listening.near(port),
            version=version,
            public=listening.far(port) if certificate or listening.is_open() else "",
            certificate=certificate,
            open=listening.is_open(),
        )
        write_atomically(self.node_file, msgspec.json.encode(node))

    def read_listening(self) -> Listening:
        """Return where the node of this root listens; on this machine only, if nothing else was ever said."""
        return _read(self.listening_file, Listening) or Listening()

    def write_listening(self, listening: Listening) -> None:
        """Let the next node of this root listen as this one does."""
        if listening != self.read_listening():
            write_atomically(self.listening_file, msgspec.json.encode(listening))

    def remove_node_file(self) -> None:
        """Say that there is no node; twice is harmless."""
        self.node_file.unlink(missing_ok=True)

    def read_token(self) -> str:
        """Return the token that requests must carry, "" if there is none yet."""
        found = _read(self.token_file, _TokenFile)
        return found.token if found and found.token.isascii() and found.token.isprintable() else ""

    def ensure_token(self, *, new: bool = False) -> str:
        """Return the root's token; make one if there is none or `new` is asked for. Its file is the owner's only."""
        token = "" if new else self.read_token()
        if not token or stat.S_IMODE(self.token_file.stat().st_mode) != 0o600:
            token = token or secrets.token_urlsafe(32)
            write_atomically(self.token_file, msgspec.json.encode(_TokenFile(token)))
        return token

    def _open_lock(self) -> int:
        return os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` into the file at `path`, mode 0600; readers see the old content or the new."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _try_lock(descriptor: int) -> bool:
    """Take the lock if it is free. It belongs to the open file, so it ends with the process, however that ends."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as exc:
        raise NodeError(
            f"The disk of the data root cannot lock files: {exc.strerror}. Set AISNB_HOME to a directory on another."
        ) from exc
    return True
