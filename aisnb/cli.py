"""``aisnb WORDS`` in a terminal does what ``%ais WORDS`` does in a notebook."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from aisnb.commands import Session, run
from aisnb.commands.catalogue import COMMANDS
from aisnb.commands.results import Content, Message
from aisnb.errors import AisnbError, UsageError
from aisnb.version import __version__
from aisnb.wording import of_shell, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130

#: Between two looks whether a directory is still served, while the command stays with it.
_LOOK_SECONDS = 2.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 failed, 2 not understood, 130 interrupted.

    Args:
        argv: the words; default: those of the command line.

    Example:
        main(["ls", "ais://abc"])
    """
    words = list(sys.argv[1:] if argv is None else argv)
    terminal = Session(COMMANDS)
    with of_shell(), contextlib.closing(terminal), _ended_as_by_ctrl_c():
        try:
            return _run(words, terminal)
        except AisnbError as error:
            show(getattr(error, "problems", None))  # a shell has no such attribute to look at
            terminal.say(f"Error: {' '.join(str(error).split())}")
            return MISUSED if isinstance(error, UsageError) else FAILED
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            # Whoever read has had enough; what Python still wants to flush at its end must go somewhere (Python's
            # documentation of SIGPIPE).
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAILED


def _run(words: Sequence[str], terminal: Session) -> int:
    if words == ["--version"]:
        show(Message(f"aisnb {__version__}"))
        return DONE
    value = run(words, terminal)
    show(value)
    if words[0:1] == ["serve"]:
        stay_with(value, terminal)
    sys.stdout.flush()
    return DONE


def _ended_as_by_ctrl_c() -> contextlib.AbstractContextManager[None]:
    """Let a request to end (``kill``, a closed terminal) do what Ctrl-C does, so that nothing is left behind."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # What somebody has set on purpose stays, like nohup's deafness.
    return _handled((signal.SIGTERM, signal.SIGHUP), interrupt, lambda before: before is signal.SIG_DFL)


@contextlib.contextmanager
def _noted_ends() -> Iterator[Callable[[float], bool]]:
    """Yield what waits so many seconds, and returns whether Ctrl-C or a request to end has come by then.

    They interrupt nothing meanwhile: an exception that comes in a callback of the interpreter is lost.
    """
    reader, writer = os.pipe()

    def tell(_number: int, _frame: FrameType | None) -> None:
        os.write(writer, b"!")

    try:
        with _handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), tell, callable):
            yield lambda seconds: bool(select.select([reader], [], [], seconds)[0])
    finally:
        os.close(reader)
        os.close(writer)


@contextlib.contextmanager
def _handled(
    numbers: Sequence[signal.Signals],
    handler: Callable[[int, FrameType | None], None],
    replaces: Callable[[Any], bool],
) -> Iterator[None]:
    """Handle those of some signals whose handler so far may be replaced; it is back afterwards."""
    if threading.current_thread() is not threading.main_thread():  # signals are only set in the main thread
        yield
        return
    before = {each: found for each in numbers if replaces(found := signal.getsignal(each))}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, found in before.items():
            signal.signal(number, found)


def show(value: Any) -> None:
    """Print the value of a command: bytes as they are, tables in full, the rest as text.

    A plan is for people: on a terminal it is cut as in a notebook, and comes in full to programs.
    """
    if value is None:
        return
    if isinstance(value, Content):
        sys.stdout.buffer.write(value)
        return
    if hasattr(value, "attrs") and hasattr(value, "columns"):
        from aisnb.explore.tables import MOST_ROWS, render_text

        cut = value.attrs.get("brief", False) and sys.stdout.isatty()
        sys.stdout.write(render_text(value, max_rows=MOST_ROWS if cut else None) + "\n")
        return
    sys.stdout.write(spoken(repr(value)) + "\n")


def stay_with(value: Any, terminal: Session) -> None:
    """Stay with a directory until Ctrl-C, and stop serving it if this command began it; or until others stop it.

    A node that is killed meanwhile is started again.
    """
    from aisnb.client import FileServer

    if not isinstance(value, FileServer):
        return
    with _noted_ends() as is_to_end:
        sys.stdout.flush()
        already = ", and after it: it was served before" if value.already else ""
        terminal.note(f"Serving {value.directory} until Ctrl-C{already}")
        before = ""
        while not is_to_end(_LOOK_SECONDS):
            url, said = value.url, value.end_of_serving()
            if said and said == before:  # a node that was only to start anew does so meanwhile
                terminal.note(f"{value.directory} {said}")
                return
            if value.url != url:
                terminal.warn(f"{value.directory} is at {value.url} now: another program took its port")
            before = said
    if value.already:
        terminal.note(f"{value.directory} stays served. '%ais serve stop {value.directory}' ends that.")
    else:
        value.stop()


if __name__ == "__main__":
    sys.exit(main())
