"""Commands that a click starts: each in a thread of its own, so that whoever clicked goes on at once.

Where a button's function runs differs from kernel to kernel: on the main thread, where it would stop cells, or beside
it. So it must neither wait nor raise. Commands are written for cells, which wait; their I/O is on the client's loop.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aisnb.commands import run
from aisnb.errors import AisnbError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aisnb.client import Client, Job
    from aisnb.commands import Context, Tree


@dataclass(frozen=True, slots=True)
class Outcome:
    """How work ended.

    Attributes:
        value: what it returned.
        error: what went wrong, in words; "" if nothing did.
        notes: what it had to say besides.
        warnings: what it warned of, which is over when what it started has ended.
    """

    value: Any = None
    error: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Notebook:
    """The notebook's context for one command of a form: what it has to say is kept for the form.

    Args:
        context: the context of the front end.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.notes: list[str] = []
        self.warnings: list[str] = []

    @property
    def tree(self) -> Tree:
        """Return the commands."""
        return self._context.tree

    def client(self) -> Client:
        """Return the client."""
        return self._context.client()

    def note(self, text: str) -> None:
        """Keep something worth knowing."""
        self.notes.append(text)

    def warn(self, text: str) -> None:
        """Keep something to look at, worded as a cell words it."""
        self.warnings.append(f"Warning: {text}")

    def watch(self, job: Job, timeout: float | None = None) -> Job:
        """Return the job at once: the form itself shows its progress."""
        return job


def run_words(
    words: Sequence[str],
    context: Context,
    done: Callable[[Outcome], None],
    first: Callable[[], None] = lambda: None,
) -> None:
    """Start the command that `words` say and return at once; `done` is called with its outcome, in another thread.

    Args:
        words: as for `aisnb.commands.run`.
        context: the front end's.
        done: shows the outcome.
        first: is done before the command, in that thread; what it raises is the outcome.
    """
    notebook = Notebook(context)

    def work() -> Outcome:
        first()
        value = run(words, notebook)
        return Outcome(value, notes=tuple(notebook.notes), warnings=tuple(notebook.warnings))

    begin(work, done)


def begin(work: Callable[[], Outcome], done: Callable[[Outcome], None]) -> None:
    """Start `work` in a thread of its own and return at once; `done` is called there with its outcome."""
    threading.Thread(target=lambda: done(_outcome(work)), name="aisnb-form", daemon=True).start()


def _outcome(work: Callable[[], Outcome]) -> Outcome:
    try:
        return work()
    except AisnbError as error:
        return Outcome(error=str(error))
    except Exception as error:  # noqa: BLE001  # nobody above this thread would tell the user, so the form does
        return Outcome(error=f"Unexpected {type(error).__name__}: {error}. Run the line below in a cell to see where.")
