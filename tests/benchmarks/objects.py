"""Objects of the node, got and put by the SDK and by our client, against the same files from nginx; and small ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import aisnb
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table
from tests.benchmarks.peers import authorization, fill, nginx, requests_per_second

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import requests

LARGE = 1 << 30
COUNT, SMALL = 10_000, 4 << 10
SECONDS = 3
CONNECTIONS = 16
#: Small objects a second, in those of nginx.
GOAL = 0.4
SHORT = {"LARGE": 4 << 20, "COUNT": 20, "SECONDS": 1}
_PIECE = 1 << 20


def run(folder: Path, rounds: int) -> None:
    """Print a table for large objects, and one for small ones."""
    root = folder / "source"
    root.mkdir()
    fill(root / "large", LARGE)
    for number in range(COUNT):
        fill(root / f"f-{number:05d}", SMALL)
    with aisnb.connect() as client, nginx(root, folder / "nginx") as address:
        client.create("ais://bench")
        client.put(root / "large", "ais://bench/large")
        if address:
            _compare_large(client, address, root / "large", rounds)
            _compare_small(client, address, rounds)
    aisnb_stop()


def _compare_large(client: aisnb.Client, address: str, file: Path, rounds: int) -> None:
    target, link = file.with_name("target"), f"{address}large"
    ours = "our client gets a file from the node"
    works: dict[str, Callable[[], object]] = {
        ours: lambda: client.get("ais://bench/large", target),
        "our client puts it": lambda: client.put(file, "ais://bench/put"),
    }
    try:
        import requests
        from aistore.sdk import Client as _  # noqa: F401
    except ImportError:
        print("The official SDK is not installed: skipped.")
    else:
        shelf = aisnb.sdk_client().bucket("bench")
        works |= {
            "the SDK reads it from the node": lambda: _by_sdk(shelf.object("large").get_reader(chunk_size=_PIECE)),
            "the SDK puts it": lambda: shelf.object("put").get_writer().put_file(file),
            "requests, as the SDK does, reads it from nginx": lambda: _by_requests(requests.get(link, stream=True)),
        }
    if shutil.which("curl"):
        at_node = f"{aisnb.node_status().endpoint}/v1/objects/bench/large"
        works |= {
            "curl gets it from nginx into a file": lambda: _by_curl(link, target),
            "curl gets it from nginx": lambda: _by_curl(link),
            "curl gets it from the node": lambda: _by_curl(at_node, headers=authorization()),
        }
    timed = {name: lambda work=work: seconds(work) for name, work in works.items()}
    table(f"An object of {LARGE >> 20:,} MiB", interleaved(timed, rounds), ours)
    target.unlink()


def _by_sdk(reader: Iterable[bytes]) -> None:
    assert sum(map(len, reader)) == LARGE


def _by_requests(answer: requests.Response) -> None:
    assert sum(map(len, answer.iter_content(_PIECE))) == LARGE


def _by_curl(link: str, target: Path = Path(os.devnull), headers: str = "X-None: 1") -> None:
    subprocess.run(["curl", "-s", "-f", "-H", headers, "-o", str(target), link], check=True)


def _compare_small(client: aisnb.Client, address: str, rounds: int) -> None:
    client.download(f"{address}f-{{00000..{COUNT - 1:05d}}}", "ais://small").wait()
    if not shutil.which("wrk"):
        print("wrk is not installed: skipped.")
        return
    places = {"the node": f"{aisnb.node_status().endpoint}/v1/objects/small/", "nginx": address}

    def ask(place: str) -> float:
        return 1 / requests_per_second(place + "f-%05d", COUNT, CONNECTIONS, SECONDS, authorization())

    works = {name: lambda place=place: ask(place) for name, place in places.items()}
    title = f"{COUNT:,} objects of {SMALL >> 10} KiB, {CONNECTIONS} connections: seconds an answer"
    table(title, interleaved(works, rounds), "the node", {"nginx": GOAL})
