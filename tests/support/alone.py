"""A network of its own: this machine has the addresses that a test wants there, and no neighbours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.nodes import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

WHY_NOT_ALONE = "needs Linux with network namespaces"


def alone(module: str, *words: str, addresses: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE WORDS`` where this machine has `addresses`, beside loopback, and nobody else is."""
    steps = ["ip link set lo up", *(f"ip addr add {address}/32 dev lo" for address in addresses), 'exec "$@"']
    command = ["unshare", "-rn", "sh", "-c", " && ".join(steps), "-", sys.executable, "-m", module, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)


#: Whether that is possible here.
CAN_BE_ALONE = bool(shutil.which("ip") and shutil.which("unshare")) and alone("this").returncode == 0
