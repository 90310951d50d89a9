from __future__ import annotations

import asyncio
import select
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from aisnb.fileserver.watching import EpollWatch, watch_on
from tests.fileserver.running import SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aisnb.fileserver.watching import Watch


@pytest.fixture(params=["best", "loop"])
async def watch(request: pytest.FixtureRequest) -> AsyncIterator[Watch]:
    """What is used here, and what is used where there is no epoll."""
    loop = asyncio.get_running_loop()
    watch = watch_on(loop) if request.param == "best" else loop
    yield watch
    if isinstance(watch, EpollWatch):
        watch.close()
        watch.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        yield ours, theirs


def fill(ours: socket.socket) -> None:
    with suppress(BlockingIOError):
        while ours.send(bytes(1 << 16)):
            pass


async def test_each_socket_is_told_of_what_it_waits_for(
    watch: Watch, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    read, written = asyncio.Event(), asyncio.Event()
    fill(ours)
    watch.add_reader(ours, read.set)
    watch.add_writer(ours, written.set)
    theirs.send(b"x")
    await asyncio.wait_for(read.wait(), SECONDS)
    assert not written.is_set()
    ours.recv(1)
    watch.remove_reader(ours)
    while not written.is_set():
        with suppress(BlockingIOError):
            while theirs.recv(1 << 16):
                pass
        await asyncio.sleep(0.01)
    watch.remove_writer(ours)


async def test_who_waits_for_nothing_any_more_is_told_of_nothing(
    watch: Watch, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    calls: list[str] = []

    def read() -> None:
        calls.append("read")
        watch.remove_reader(ours)
        watch.remove_writer(ours)

    watch.add_reader(ours, read)
    watch.add_writer(ours, lambda: calls.append("written"))
    theirs.send(b"x")
    deadline = asyncio.get_running_loop().time() + SECONDS
    while "read" not in calls and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0)
    told = len(calls)
    await asyncio.sleep(0.05)
    assert "read" in calls
    assert len(calls) == told


async def test_who_waits_to_write_learns_that_the_other_end_has_gone(
    watch: Watch, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    gone = asyncio.Event()
    fill(ours)
    watch.add_writer(ours, gone.set)
    theirs.close()
    await asyncio.wait_for(gone.wait(), SECONDS)
    watch.remove_writer(ours)


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="this system has no epoll")
async def test_a_call_that_fails_keeps_nobody_else_from_his(pair: tuple[socket.socket, socket.socket]) -> None:
    loop = asyncio.get_running_loop()
    complaints: list[object] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context["exception"]))
    watch = EpollWatch(loop)
    read = asyncio.Event()
    ours, theirs = pair

    def fail() -> None:
        watch.remove_reader(ours)
        raise ValueError("one client's fault")

    watch.add_reader(ours, fail)
    watch.add_reader(theirs, read.set)
    ours.send(b"x")
    theirs.send(b"x")
    await asyncio.wait_for(read.wait(), SECONDS)
    watch.remove_reader(theirs)
    watch.close()
    assert [str(complaint) for complaint in complaints] == ["one client's fault"]
