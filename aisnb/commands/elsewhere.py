"""Words of the ``ais`` CLI that are no commands here: each gets one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

_ADMINISTRATION = "administers a cluster, which aisnb does not do. Use the official ais CLI for it."
_NOT_HERE = (
    "is not part of this version of aisnb. On a cluster use the official ais CLI, or aisnb.sdk_client() in Python."
)
_PREFERENCES = "sets up the official CLI. In a notebook '%config AisMagics' shows what can be preferred here."
_TOKENS = (
    "asks an AuthN server, which the official ais CLI does: what its 'auth login' leaves is found here, and so are "
    "AIS_AUTHN_TOKEN and AIS_AUTHN_TOKEN_FILE."
)

_PHRASES = {
    _PREFERENCES: "alias, config cli",
    _TOKENS: "auth login, auth logout, auth whoami",
    _ADMINISTRATION: """
        advanced, auth, cluster, config, dashboard, etl, log, nbi, performance, tls, dsort, mpu,
        space-cleanup, storage, object mpu, object multipart-upload,
        show log, show remote-cluster, show rebalance, show storage, show config, show performance, show auth, show etl,
        start dsort, start etl, start rebalance, start resilver, start lru, start cleanup, start mirror,
        start ec-encode, start rechunk, start shard-index
    """,
    _NOT_HERE: """
        ml lhotse-get-batch
    """,
}
_LINES = {tuple(phrase.split()): line for line, phrases in _PHRASES.items() for phrase in phrases.split(",")}


def refuse_elsewhere(words: Sequence[str], longer_than: int) -> None:
    """Refuse what the ``ais`` CLI has and aisnb has not.

    Raises:
        Unsupported: `words` begin with such a command, whose name has more than `longer_than` words.
    """
    for length in range(3, longer_than, -1):
        phrase = tuple(words[:length])
        if len(phrase) == length and phrase in _LINES:
            raise Unsupported(f"'ais {' '.join(phrase)}' {_LINES[phrase]}")
