"""``aisnb WORDS`` in a terminal does what ``%ais WORDS`` does in a notebook."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from aisnb.commands import Session, run
from aisnb.commands.catalogue import COMMANDS
from aisnb.commands.results import Content, Message
from aisnb.errors import AisnbError, UsageError
from aisnb.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


class Terminal(Session):
    """A terminal as the commands see it."""

    def __init__(self) -> None:
        super().__init__(COMMANDS)

    def say(self, line: str) -> None:
        """Write a line to standard error."""
        super().say(spoken(line))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 failed, 2 not understood, 130 interrupted.

    Args:
        argv: the words; default: those of the command line.

    Example:
        main(["ls", "ais://abc"])
    """
    words = list(sys.argv[1:] if argv is None else argv)
    terminal = Terminal()
    try:
        if words == ["--version"]:
            show(Message(f"aisnb {__version__}"))
            return DONE
        value = run(words, terminal)
        show(value)
        if words[0:1] == ["serve"]:
            stay_with(value, terminal)
        sys.stdout.flush()
    except AisnbError as error:
        terminal.say(f"Error: {' '.join(str(error).split())}")
        return MISUSED if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has had enough; what Python still wants to flush at its end must go somewhere (Python's
        # documentation of SIGPIPE).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    finally:
        terminal.close()
    return DONE


def spoken(text: str) -> str:
    """Return a text of the commands as it reads in a terminal, where no magic is typed."""
    return text.replace("%%ais", "aisnb").replace("%ais", "aisnb")


def show(value: Any) -> None:
    """Print the value of a command: bytes as they are, tables in full, the rest as text."""
    if value is None:
        return
    if isinstance(value, Content):
        sys.stdout.buffer.write(value)
        return
    if hasattr(value, "attrs") and hasattr(value, "columns"):
        from aisnb.explore.tables import render_text

        sys.stdout.write(render_text(value, max_rows=None) + "\n")
        return
    sys.stdout.write(spoken(repr(value)) + "\n")


def stay_with(value: Any, terminal: Terminal) -> None:
    """Keep a directory served until Ctrl-C, if that is what the command began."""
    from aisnb.client import FileServer

    if not isinstance(value, FileServer):
        return
    try:
        sys.stdout.flush()
        terminal.note(f"Serving {value.directory} until Ctrl-C")
        threading.Event().wait()
    except KeyboardInterrupt:
        value.stop()


if __name__ == "__main__":
    sys.exit(main())
