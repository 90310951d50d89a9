"""A process that is to be killed: works on a store, and says on stdout what was acknowledged.

`python -m tests.store.crashing ROOT job TOTAL` works off the job, up to 40 files on their way at once.
`python -m tests.store.crashing ROOT MOMENT` kills itself at that moment.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from aisnb.store import Completion, ErrorRecord, Store, tree
from tests.store.writing import ABC, XYZ, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

JOB = "dnl-crash"


def data_of(index: int) -> bytes:
    """Return the bytes of the job's file `index`, of uneven size."""
    return b"%d " % index * (1 + index % 500)


def work_off(store: Store, total: int) -> None:
    """Store every pending file of the job; each tenth fails, each seventh is here already."""
    flying: deque[tuple[int, Future[object]]] = deque()
    for index in store.jobs.load(JOB).ledger.pending(total):
        flying.append((index, _start(store, index)))
        if len(flying) == 40:
            _acknowledge(*flying.popleft())
    while flying:
        _acknowledge(*flying.popleft())


def _start(store: Store, index: int) -> Future[object]:
    if index % 10 == 0:
        error = ErrorRecord(index, f"{index}", "http://host/", 404, 1, "gone")
        return store.complete(Completion(JOB, index, "failed", 0, error))  # type: ignore[return-value]  # read only
    if index % 7 == 0:
        return store.complete(Completion(JOB, index, "skipped"))  # type: ignore[return-value]  # read only
    partial = store.begin(ABC, f"d{index % 3}/{index}", key=f"{JOB}:{index}")
    partial.start(offset=0, validator="v", size=None)
    data = data_of(index)
    partial.write(data)
    return store.commit(partial, completion=Completion(JOB, index, "done", len(data)))  # type: ignore[return-value]  # read only


def _acknowledge(index: int, future: Future[object]) -> None:
    future.result(60)
    os.write(1, b"%d\n" % index)


def die(*_: object, **__: object) -> NoReturn:
    """End as kill -9 ends a process."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _then_die(function: Callable[..., object]) -> Callable[..., NoReturn]:
    def wrapped(*arguments: object) -> NoReturn:
        function(*arguments)
        die()

    return wrapped


def die_at(moment: str, store: Store) -> None:
    """Overwrite ``old`` and store ``new``, or remove or rename the bucket, and die on the way."""
    import shutil

    if moment == "before the rename":
        os.rename = tree.rename_new = die
    elif moment == "after the rename":
        os.rename, tree.rename_new = _then_die(os.rename), _then_die(tree.rename_new)
    elif moment == "after the detaching":
        os.rename = _then_die(os.rename)
        store.remove_bucket(ABC)
    elif moment == "before the renaming":
        os.rename = die
        store.rename_bucket(ABC, XYZ)
    elif moment == "after the renaming":
        os.rename = _then_die(os.rename)
        store.rename_bucket(ABC, XYZ)
    elif moment == "before the deleting":
        shutil.rmtree = die  # type: ignore[assignment]  # it never returns
        store.remove_bucket(ABC)
    elif moment == "large":
        partial = store.begin(ABC, "large", key="k")
        partial.start(offset=0, validator="v1", size=4 << 20)
        partial.write(bytes(2 << 20))
        store.set_state("flushed", "yes")  # comes after the resume row
        die()
    put(store, sys.argv[3], b"new bytes", Completion(JOB, 1, "done", 9))


if __name__ == "__main__":
    opened = Store(Path(sys.argv[1]))
    if sys.argv[2] == "job":
        work_off(opened, int(sys.argv[3]))
        opened.close()
    else:
        die_at(sys.argv[2], opened)
