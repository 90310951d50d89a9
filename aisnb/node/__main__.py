"""``python -m aisnb.node``: the embedded node as a process of its own. Others start it; see `aisnb.background`."""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import gc
import logging
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from aisnb.errors import AisnbError, NodeLocked
from aisnb.fileserver.descriptors import allow_many_files
from aisnb.node.listening import Listening
from aisnb.node.root import EXIT_ELSEWHERE, EXIT_LOCKED, DataRoot
from aisnb.version import __version__

#: Seconds that an orderly end may take. What does not end by then is cut off; the store bears that.
_LONGEST_END = 8.0

_log = logging.getLogger("aisnb.node")


def main() -> int:
    """Run a node until it is told to stop, or nobody uses it. Return the exit status."""
    words = _parser().parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    root = DataRoot(words.root.absolute())
    try:
        root.prepare()
        lock = root.lock()
    except NodeLocked as exc:
        print(exc, file=sys.stderr)  # noqa: T201  # it ends up in the log, for whoever started this process
        return EXIT_ELSEWHERE if root.holder_elsewhere() else EXIT_LOCKED
    except AisnbError as exc:
        print(exc, file=sys.stderr)  # noqa: T201  # as above
        return 1
    # Python's own 5 ms is what the loop would wait for the store's thread at each turn, and callers with it.
    sys.setswitchinterval(0.0005)
    # Next to nothing of what a job makes is in cycles: to look for them at every 700 objects takes 5 % of a small file.
    gc.set_threshold(5_000)
    allow_many_files()
    try:
        asyncio.run(_run(root, words))
    except AisnbError as exc:
        print(exc, file=sys.stderr)  # noqa: T201  # as above
        return 1
    finally:
        lock.release()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m aisnb.node", description="Run the embedded AIStore node.")
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="the data root")
    parser.add_argument("--idle", type=float, default=600.0, metavar="SECONDS", help="end when unused for so long")
    parser.add_argument("--keep", action="store_true", help="stay until told to stop, used or not")
    parser.add_argument("--new-token", action="store_true", help="make a new token; the old one is worth nothing then")
    parser.add_argument("--listening", default="", metavar="JSON", help="where to listen; else as the last time")
    return parser


async def _run(root: DataRoot, words: argparse.Namespace) -> None:
    from aisnb.node.access import WithoutNoise  # the loser of a start race has no use for all that
    from aisnb.node.app import running_node

    root.remove_node_file()
    token = root.ensure_token(new=words.new_token)
    listening = msgspec.json.decode(words.listening, type=Listening) if words.listening else root.read_listening()
    listening.check()
    logging.getLogger("aiohttp.server").addFilter(WithoutNoise())
    keep = words.keep or listening.is_open()  # whoever else uses it could not start it again
    async with running_node(root, listening=listening, idle=words.idle, keep=keep, token=token) as node:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, node.stop.set)
        root.write_listening(listening)
        root.write_node_file(listening, urlsplit(node.endpoint).port or 0, __version__)
        _log.info("aisnb %s serves %s at %s", __version__, root.path, node.public)
        await node.stop.wait()
        faulthandler.dump_traceback_later(_LONGEST_END, exit=True)
        root.remove_node_file()
        _log.info("ending")


if __name__ == "__main__":
    sys.exit(main())
