"""A real kernel, as a notebook server sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Kernels share two cores with everything else; nothing here is about speed.
PATIENCE = 90.0


@dataclass
class Cell:
    """What a cell said: its outputs in order, as messages, and how it ended."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = field(default_factory=list)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """Return the contents of the messages of one type."""
        return [message["content"] for message in self.outputs if message["header"]["msg_type"] == kind]

    @property
    def stderr(self) -> str:
        """What was written to the standard error stream."""
        return "".join(each["text"] for each in self.of_type("stream") if each["name"] == "stderr")

    @property
    def value(self) -> str:
        """The cell's value, as text."""
        return "".join(each["data"]["text/plain"] for each in self.of_type("execute_result"))


class Kernel:
    """A kernel and a client of it; `run` returns when the cell is done, `begin` does not wait.

    Attributes:
        heard: every message from the kernel, whichever cell it came from.
    """

    def __init__(self, directory: Path) -> None:
        self.heard: list[dict[str, Any]] = []
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(directory))
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def begin(self, code: str) -> str:
        """Send a cell and return the id to wait with."""
        return str(self.client.execute(code))

    def run(self, code: str) -> Cell:
        """Run a cell."""
        return self.finish(self.begin(code))

    def finish(self, message_id: str, until: Callable[[Cell], bool] = lambda _cell: False) -> Cell:
        """Collect what the cell says until it is done, or until `until` says so."""
        cell, deadline = Cell(), time.monotonic() + PATIENCE
        while not until(cell):
            message = self.client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            self.heard.append(message)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            cell.outputs.append(message)
            if kind == "error":
                cell.ename, cell.evalue, cell.traceback = content["ename"], content["evalue"], content["traceback"]
        return cell

    @property
    def said(self) -> str:
        """All that was written to the standard streams, by any cell or between them."""
        texts = (each["content"]["text"] for each in self.heard if each["header"]["msg_type"] == "stream")
        return "".join(texts)

    @property
    def updates(self) -> list[dict[str, Any]]:
        """The displays that were replaced, whichever cell they are in."""
        return [each["content"] for each in self.heard if each["header"]["msg_type"] == "update_display_data"]

    def restart(self) -> None:
        """Restart the kernel, as the button does."""
        self.manager.restart_kernel()
        self.client.wait_for_ready(timeout=PATIENCE)

    def kill(self) -> None:
        """Kill the kernel's process, as the system does when memory runs out."""
        self.manager.signal_kernel(9)

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
