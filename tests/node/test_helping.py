from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

from aisnb.node import helping
from aisnb.node.helping import Helper, Wanted
from aisnb.transfer import Timeouts
from tests.support.faulty import Fault, FaultySource
from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


async def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)


async def test_a_helper_is_let_go_when_it_has_nothing_to_do_and_not_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(helping, "PAUSE_SECONDS", 1.5)
    helper = Helper()
    with FaultySource() as source:
        link = source.add("/late", b"abc", faults=[Fault(silent=True)])
        helper.start()
        await until(lambda: helper.is_ready)
        wanted = [Wanted(link, os.fsencode(tmp_path / "late"))]
        bringing = asyncio.create_task(helper.bring(wanted, {}, Timeouts(PATIENCE, PATIENCE), asyncio.Event()))
        await asyncio.sleep(2.5)
        source.release()
        brought = (await bringing)[0]
    assert brought is not None
    assert brought.made.size == 3
    assert (tmp_path / "late").read_bytes() == b"abc"
    await until(lambda: not helper.is_ready)
    await helper.close()
    await helper.close()


async def test_a_helper_leaves_a_page_that_came_for_a_file_to_the_node(tmp_path: Path) -> None:
    helper = Helper()
    page = Fault(headers={"Content-Type": "text/html"})
    with FaultySource() as source:
        links = [source.add(f"/{name}", b"<html>", then=page) for name in ("a.tar", "a.html")]
        helper.start()
        await until(lambda: helper.is_ready)
        wanted = [Wanted(link, os.fsencode(tmp_path / str(number))) for number, link in enumerate(links)]
        brought = await helper.bring(wanted, {}, Timeouts(PATIENCE, PATIENCE), asyncio.Event())
    await helper.close()
    assert [found is None for found in brought] == [True, False]
