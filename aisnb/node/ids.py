"""Names that nobody else has: of jobs, and of the node as a cluster."""

from __future__ import annotations

import secrets
import string

_LETTERS = string.ascii_letters + string.digits


def random_id() -> str:
    """Return nine letters and digits, as AIStore's clients expect names to be."""
    return "".join(secrets.choice(_LETTERS) for _ in range(9))
