"""``python -m aisnb.fileserver DIRECTORY``: a file server as a process of its own.

Once it listens it says so in one line of JSON on stdout, ``{"port": 51061}``. If it cannot listen the line is
``{"error": "port-in-use" | "no-directory" | "bind", "message": "…"}`` and the exit status 1. It ends at SIGTERM and
SIGINT, and, where its stdin is a pipe, when that comes to its end: so it never outlives a parent that holds the pipe.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import stat
import sys

from aisnb.errors import AisnbError, DirectoryNotFound, PortInUse, UsageError
from aisnb.fileserver.descriptors import allow_many_files
from aisnb.fileserver.server import FileServer

_STDIN = 0


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end; return the exit status."""
    parser = _argument_parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    try:
        server = FileServer(
            options.directory,
            bind=options.bind,
            port=options.port,
            hosts=options.host,
            secret=options.secret,
            helped=True,
        )
    except UsageError as exc:
        parser.error(str(exc))
    allow_many_files()
    try:
        asyncio.run(_serve(server))
    except AisnbError as exc:
        _say({"error": _kind(exc), "message": str(exc)})
        return 1
    return 0


def _argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m aisnb.fileserver", description="Serve a directory, read-only.")
    parser.add_argument("directory", metavar="DIRECTORY", help="what to serve")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help="listen there (%(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="listen there; 0 takes a free one (%(default)s)")
    parser.add_argument("--host", action="append", default=[], metavar="NAME", help="answer to this name too")
    parser.add_argument(
        "--secret",
        default=os.environ.get("AISNB_SERVE_SECRET", ""),
        metavar="TEXT",
        help="serve below /TEXT/ only (AISNB_SERVE_SECRET, which unlike a command line other users cannot read)",
    )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port; use a number from 0 to 65535")
    return int(text)


async def _serve(server: FileServer) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with server:
        if _is_pipe(_STDIN):
            loop.add_reader(_STDIN, _drain_stdin, ended)
        _say({"port": server.port})
        await ended.wait()
        loop.remove_reader(_STDIN)


def _drain_stdin(ended: asyncio.Event) -> None:
    if not os.read(_STDIN, 4096):
        asyncio.get_running_loop().remove_reader(_STDIN)
        ended.set()


def _is_pipe(descriptor: int) -> bool:
    """Whether somebody holds the other end: not so for a terminal, a file or /dev/null (nohup)."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:  # closed
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _kind(error: AisnbError) -> str:
    if isinstance(error, PortInUse):
        return "port-in-use"
    return "no-directory" if isinstance(error, DirectoryNotFound) else "bind"


def _say(line: dict[str, str | int]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
