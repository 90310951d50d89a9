"""What the environment says, read when asked. Pure but for the environment itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRESS_STYLES = ("auto", "off", "text", "widget")


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
        progress: ``AISNB_PROGRESS``, one of ``auto``, ``off``, ``text``, ``widget``.
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
        endpoint=env.get("AIS_ENDPOINT", "").strip().rstrip("/"),
        token=env.get("AIS_AUTHN_TOKEN", "").strip(),
        token_file=env.get("AIS_AUTHN_TOKEN_FILE", "").strip(),
        client_ca=env.get("AIS_CLIENT_CA", ""),
        certificate=env.get("AIS_CRT", ""),
        certificate_key=env.get("AIS_CRT_KEY", ""),
        skip_verify=env.get("AIS_SKIP_VERIFY_CRT", "").lower() in ("1", "true", "yes"),
        home=_home(env),
        idle=_idle(env.get("AISNB_IDLE", "")),
        progress=_progress(env.get("AISNB_PROGRESS", "")),
    )


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
