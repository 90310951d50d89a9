"""TLS in front of a plain endpoint, with certificates made on the spot by the openssl program."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Authority:
    """An authority of a test's own, with the PEM files of what it signed in `folder`.

    Attributes:
        certificate: its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "authority.pem"
        words = ["-x509", "-days", "1", "-subj", "/CN=authority", "-out", str(self.certificate)]
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "authority.key"), *words)

    def sign(self, name: str) -> tuple[Path, Path]:
        """Return certificate and key for `name`, good for localhost."""
        key, request, certificate, extensions = (self._folder / f"{name}.{end}" for end in ("key", "csr", "pem", "ext"))
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
        words = ["-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request)]
        _openssl("req", "-newkey", "rsa:2048", "-nodes", *words)
        signing = ["-CA", str(self.certificate), "-CAkey", str(self._folder / "authority.key"), "-CAcreateserial"]
        words = ["-in", str(request), "-out", str(certificate), "-days", "1", "-extfile", str(extensions)]
        _openssl("x509", "-req", *words, *signing)
        return certificate, key


class SecureFront:
    """Takes TLS connections and passes what they say on to `target`. Open while it is used as a context manager.

    Args:
        target: a plain endpoint.
        authority: signs its certificate.
        wants_ours: whether it lets in only who shows a certificate of that authority.
    """

    def __init__(self, target: str, authority: Authority, *, wants_ours: bool = False) -> None:
        address = urlsplit(target)
        self._target = (address.hostname or "", address.port or 80)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*authority.sign("server"))
        if wants_ours:
            self._context.load_verify_locations(authority.certificate)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as near:
            near.settimeout(0.01)  # one thread for both directions: TLS sockets bear no more
            with socket.create_connection(self._target) as far:
                far.settimeout(0.01)
                while _pass_on(near, far) and _pass_on(far, near):
                    pass


def _pass_on(source: socket.socket, sink: socket.socket) -> bool:
    """Pass on what there is; return whether more may come."""
    while True:
        try:
            piece = source.recv(65536)
        except TimeoutError:
            return True
        if not piece:
            return False
        sink.settimeout(None)
        sink.sendall(piece)
        sink.settimeout(0.01)


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)
