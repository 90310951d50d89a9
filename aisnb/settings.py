"""What the environment says, read when asked, and what the user of this process prefers."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.errors import NameInvalid, SchemeMissing, UsageError
from aisnb.uris import check_link

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

PROGRESS_STYLES = ("auto", "off", "text", "widget")
NOTE_STREAMS = ("stderr", "stdout")
UNITS = ("iec", "si", "raw")


@dataclass(slots=True)
class Preferences:
    """What the user of this process likes; a notebook sets it by ``%config AisMagics``.

    Attributes:
        provider: of buckets that are named without one, in commands.
        units: how sizes are shown: ``iec`` (KiB), ``si`` (KB) or ``raw`` (bytes).
        progress: as ``AISNB_PROGRESS``; ``auto`` leaves it to that.
        connections: files that a download fetches at once; 0 lets the endpoint decide.
        notes: the stream that notes go to; warnings always go to ``stderr``.
    """

    provider: str = "ais"
    units: str = "iec"
    progress: str = "auto"
    connections: int = 0
    notes: str = "stderr"


#: What holds in this process now.
PREFERENCES = Preferences()


def note_stream(text: str) -> TextIO | None:
    """Return where a note or a warning is to be written; None if that is closed."""
    return sys.stdout if PREFERENCES.notes == "stdout" and not text.startswith("Warning: ") else sys.stderr


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment's settings.

    Attributes:
        endpoint: ``AIS_ENDPOINT`` without a trailing slash; "" means the embedded node.
        token: ``AIS_AUTHN_TOKEN``, a bearer token for the cluster.
        token_file: ``AIS_AUTHN_TOKEN_FILE``, a JSON file ``{"token": …}``.
        client_ca: ``AIS_CLIENT_CA``, a PEM file with the authorities to trust.
        certificate: ``AIS_CRT``, the client's certificate.
        certificate_key: ``AIS_CRT_KEY``, its key.
        skip_verify: ``AIS_SKIP_VERIFY_CRT``, do not check the server's certificate.
        home: ``AISNB_HOME``, the data root of the embedded node.
        idle: ``AISNB_IDLE``, seconds after which an unused node ends.
        progress: the user's preference, or else ``AISNB_PROGRESS``: one of ``auto``, ``off``, ``text``, ``widget``.
    """

    endpoint: str
    token: str
    token_file: str
    client_ca: str
    certificate: str
    certificate_key: str
    skip_verify: bool
    home: Path
    idle: float
    progress: str


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that `environment` (default: the process's) holds now.

    Raises:
        UsageError: a variable has a value that makes no sense.

    Example:
        read_settings().home
    """
    env = os.environ if environment is None else environment
    return Settings(
        endpoint=_endpoint(env.get("AIS_ENDPOINT", "")),
        token=env.get("AIS_AUTHN_TOKEN", "").strip(),
        token_file=env.get("AIS_AUTHN_TOKEN_FILE", "").strip(),
        client_ca=env.get("AIS_CLIENT_CA", ""),
        certificate=env.get("AIS_CRT", ""),
        certificate_key=env.get("AIS_CRT_KEY", ""),
        skip_verify=env.get("AIS_SKIP_VERIFY_CRT", "").lower() in ("1", "true", "yes"),
        home=_home(env),
        idle=_idle(env.get("AISNB_IDLE", "")),
        progress=_progress(env.get("AISNB_PROGRESS", "")) if PREFERENCES.progress == "auto" else PREFERENCES.progress,
    )


def _endpoint(text: str) -> str:
    endpoint = text.strip().rstrip("/")
    try:
        return check_link(endpoint) if endpoint else ""
    except (SchemeMissing, NameInvalid) as exc:
        raise type(exc)(
            f"AIS_ENDPOINT is '{text}', which is no address. Set it like http://host:port, or unset it for the local "
            "node."
        ) from exc


def _home(env: Mapping[str, str]) -> Path:
    if home := env.get("AISNB_HOME", ""):
        return Path(home).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("aisnb", appauthor=False)


def _idle(text: str) -> float:
    try:
        idle = float(text or 600)
    except ValueError as exc:
        raise UsageError(f"AISNB_IDLE is '{text}', which is not a number of seconds. Unset it or say 600.") from exc
    if not 0 < idle < float("inf"):
        raise UsageError(f"AISNB_IDLE is '{text}'; it must be a number of seconds above 0. Unset it or say 600.")
    return idle


def _progress(text: str) -> str:
    style = text.strip().lower() or "auto"
    if style not in PROGRESS_STYLES:
        raise UsageError(f"AISNB_PROGRESS is '{text}'. Use one of: {', '.join(PROGRESS_STYLES)}.")
    return style
