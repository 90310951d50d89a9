"""Archives of strangers, small on disk, that would fill memory or time if they were believed; read by a real node."""

from __future__ import annotations

import gzip
import http.client
import io
import json
import struct
import tarfile
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aisnb.protocol.listing import INSIDE_SHARDS
from tests.support.nodes import running_node
from tests.trust.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.nodes import NodeProcess

#: MiB that the node may grow by, whatever it reads.
_MOST_GROWTH = 300
_PIECE = 32 << 20
_PATIENCE = 900.0


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


def _zeros_in_a_tgz() -> bytes:
    """2.5 GiB in 2.6 MB: gzip files one after the other are one gzip file."""
    pieces = 80
    head, zeros = gzip.compress(_header("zeros", pieces * _PIECE)), gzip.compress(bytes(_PIECE))
    return head + zeros * pieces + gzip.compress(_header("last", 0) + bytes(1024))


def _many_in_a_tgz(thousands: int) -> bytes:
    """Each thousand members are 512 kB of headers, and 3 kB when packed."""
    return gzip.compress(b"".join(_header(f"m{number}", 0) for number in range(1_000))) * thousands


def _many_in_a_zip() -> Iterator[bytes]:
    """10^7 members, says its end; the list of them is a hole in the file."""
    members, index = 10_000_000, 46 * 10_000_000
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, members, members, index, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, index, 1)
    yield bytes(index)
    yield wide + locator + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def _overlapping_in_a_zip() -> bytes:
    """50,000 members that are all the same bytes: 50 GB in 3 MB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(1 << 20))
        first = archive.infolist()[0]
        archive.filelist = [first] * 50_000
    return packed.getvalue()


def _names() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in ("../../escaped", "/etc/escaped", "a/../../escaped", "good", ".." + "/.." * 50 + "/escaped"):
            archive.addfile(tarfile.TarInfo(name))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return packed.getvalue()


def _bombs(short: bool) -> dict[str, bytes]:
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    endless = bytearray(_header("endless", 0))
    endless[124:136] = b"\x80" + b"\xff" * 11
    endless[148:156] = b" " * 8
    endless[148:156] = b"%06o\0 " % sum(endless)
    bombs = {
        "zeros.tgz": _zeros_in_a_tgz(),
        "many.tgz": _many_in_a_tgz(20 if short else 10_000),
        "overlapping.zip": _overlapping_in_a_zip(),
        "long-name.tar": long_name.tobuf(tarfile.GNU_FORMAT),
        "endless.tar": bytes(endless) + bytes(1024),
        "names.tar": _names(),
    }
    if not short:  # a hole becomes bytes on its way to the node
        bombs["many.zip"] = b"".join(_many_in_a_zip())
    return bombs


def run(folder: Path, *, short: bool) -> Figures:
    """List the members of each bomb and read one, through the node; it says no in words, and stays small."""
    figures = Figures("archives that are bombs, read by the node")
    with running_node(folder / "home") as node:
        node.create("b")
        bombs = _bombs(short)
        for name, bomb in bombs.items():
            node.put("b", name, bomb)
        before = _resident(node)
        for name in bombs:
            for member in () if short else ("last",):
                status, _ = _ask(node, f"/v1/objects/b/{name}?archpath={member}")
                figures.expect(400 <= status < 500, f"{name}, member {member}: {status}")
            value = {"props": "name,size", "prefix": name, "flags": str(INSIDE_SHARDS)}
            action = json.dumps({"action": "list", "name": "", "value": value}).encode()
            status, body = _ask(node, "/v1/buckets/b?provider=ais", action)
            figures.expect(status < 500 and b"/../" not in body, f"{name} listed: {status} {body[:200]!r}")
            growth = (_resident(node) - before) >> 20
            figures.expect(growth < _MOST_GROWTH, f"{name}: the node grew by {growth} MiB")
            figures.trials += 1
        figures.expect("Traceback" not in node.log, "the log has a traceback")
    figures.expect(not any(path.name == "escaped" for path in folder.rglob("*")), "let in: a file was written")
    return figures


def _ask(node: NodeProcess, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Ask the node, and be patient: a million headers take half a minute."""
    address = urlsplit(node.endpoint)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=_PATIENCE)) as connection:
        connection.request("GET", path, body, {"Authorization": f"Bearer {node.token}"})
        response = connection.getresponse()
        return response.status, response.read()


def _resident(node: NodeProcess) -> int:
    """Return the bytes of memory that the node has; 0 where that cannot be told."""
    try:
        pages = int(Path(f"/proc/{node.process.pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * 4096
