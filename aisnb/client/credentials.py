"""Which endpoint is meant, and what proves to it who we are: tokens and certificates."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from aisnb.errors import NotAllowed
from aisnb.node.root import DataRoot
from aisnb.protocol.relay import Cluster

if TYPE_CHECKING:
    from aisnb.settings import Settings

_tokens: dict[str, str] = {}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_local_node(endpoint: str, token: str, settings: Settings) -> bool:
    """Return whether `endpoint` is the embedded node of this data root, running or not.

    ``%ais node env`` puts its address and token where a cluster's would stand. Its token lies in the data root even
    while the node does not run.
    """
    address = urlsplit(endpoint)
    root = DataRoot(settings.home)
    if address.hostname not in {*_LOOPBACK, *map(str.lower, root.read_listening().names)}:
        return False
    node = root.read_node_file()
    if node is not None and urlsplit(node.endpoint).port == address.port:
        return True
    return bool(token) and token == root.read_token()


def cluster_token(settings: Settings) -> str:
    """Return the token for a cluster: ``AIS_AUTHN_TOKEN``, ``AIS_AUTHN_TOKEN_FILE``, then the ``ais`` CLI's own file.

    Returns:
        The token, "" if there is none anywhere.

    Raises:
        NotAllowed: ``AIS_AUTHN_TOKEN_FILE`` names a file that has none.
    """
    if settings.token:
        return settings.token
    if settings.token_file:
        token = _read_token(Path(settings.token_file).expanduser())
        if not token:
            raise NotAllowed(
                f"AIS_AUTHN_TOKEN_FILE names '{settings.token_file}', which has no token in it. It must be a file like "
                '{"token": "…"}, as \'ais auth login\' writes it.'
            )
        return token
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return _read_token(configuration / "ais" / "cli" / "auth.token")


def _read_token(path: Path) -> str:
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""
    token = content.get("token") if isinstance(content, dict) else None
    return token.strip() if isinstance(token, str) else ""


def remember_token(endpoint: str, token: str) -> None:
    """Keep, in this process's memory, what a cluster was asked with: a relay into it may need it again."""
    _tokens[endpoint] = token


def token_for(endpoint: str, settings: Settings) -> str:
    """Return the token for a cluster: the environment's if it means this one, else what was used before."""
    if settings.endpoint.strip().rstrip("/") == endpoint and (token := cluster_token(settings)):
        return token
    return _tokens.get(endpoint, "")


def cluster_of(endpoint: str, settings: Settings) -> Cluster:
    """Return a cluster, and how the environment wants it to be trusted."""
    return Cluster(endpoint, settings.client_ca, settings.certificate, settings.certificate_key, settings.skip_verify)
