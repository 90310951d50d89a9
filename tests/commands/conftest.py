"""Commands as a front end runs them, with what they say beside their values."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from aisnb.commands import Session, run_line
from aisnb.commands.catalogue import COMMANDS
from tests.support.faulty import FaultySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_numbers = itertools.count(1)


class Recorder(Session):
    """A front end that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(COMMANDS)
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.fixture
def context() -> Iterator[Recorder]:
    """A front end."""
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def ais(context: Recorder) -> Callable[..., Any]:
    """Run a line as ``%ais`` does; keywords are the notebook's variables."""

    def run(line: str, **variables: object) -> Any:
        return run_line(line, variables, context)

    return run


@pytest.fixture
def source() -> Iterator[FaultySource]:
    """A web server with ``shard-1.tar`` to ``shard-5.tar`` of uneven size."""
    with FaultySource() as server:
        for number in range(1, 6):
            server.add(f"/d/shard-{number}.tar", bytes([number]) * 1000 * number, etag=f'"{number}"')
        yield server


@pytest.fixture
def bucket(context: Recorder) -> str:
    """A new empty bucket."""
    name = f"ais://commands-{next(_numbers)}"
    context.client().create(name)
    return name


@pytest.fixture
def filled(context: Recorder, bucket: str, source: FaultySource) -> str:
    """A bucket with the five shards."""
    context.client().download(source.url("/d/shard-{1..5}.tar"), bucket, wait=True)
    return bucket
