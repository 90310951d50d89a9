"""Jupyter's servers and a headless Chromium, for one test: nobody's settings leak in, nothing is asked outside."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

TOKEN = "only-for-this-test"
PATIENCE = 90.0
_FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "IPYTHONDIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)
_SETTINGS = {
    # Cells outside the view would not be in the page otherwise.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    # A question about news would cover the page and ask the network.
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.contextmanager
def lab(
    notebooks: Path,
    folder: Path,
    *,
    program: str = "jupyterlab",
    settings: Mapping[str, object] | None = None,
    disabled: Sequence[str] = (),
) -> Iterator[str]:
    """Run JupyterLab over the directory `notebooks`, keeping its own files in `folder`; yields its address.

    Args:
        notebooks: what is shown.
        folder: for settings, logs and temporary files.
        program: ``notebook`` runs Notebook 7 instead.
        settings: of JupyterLab's extensions, by their ids.
        disabled: extensions that are turned off.
    """
    places = folder / "JUPYTER_CONFIG_DIR" / "labconfig"
    places.mkdir(parents=True)
    (places / "default_setting_overrides.json").write_text(json.dumps({**_SETTINGS, **(settings or {})}))
    (places / "page_config.json").write_text(json.dumps({"disabledExtensions": dict.fromkeys(disabled, True)}))
    command = [program, f"--IdentityProvider.token={TOKEN}", "--allow-root", "--ServerApp.port_retries=0"]
    command += ["--ip=127.0.0.1", f"--ServerApp.root_dir={notebooks}", "--expose-app-in-browser"]
    with _running([*command, "--LabApp.extension_manager=readonly"], folder, f"api/status?token={TOKEN}") as address:
        yield address


@contextlib.contextmanager
def voila(notebook: Path, folder: Path) -> Iterator[str]:
    """Run Voila over one notebook, keeping its own files in `folder`; yields its address."""
    with _running(["voila", str(notebook)], folder, "voila/static/") as address:
        yield address


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path, ready: str) -> Iterator[str]:
    """Run a module of Jupyter's on a free port; yields its address once it answers at the path `ready`."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "TMPDIR": str(folder), **{name: str(folder / name) for name in _FOLDERS}}
    full = [sys.executable, "-m", *command, "--no-browser", f"--port={port}"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(full, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/{ready}", process, folder / "server.log")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(ConnectionError, TimeoutError):
            try:
                urllib.request.urlopen(url, timeout=5).close()
            except urllib.error.HTTPError as refusal:
                refusal.close()
            except urllib.error.URLError as nobody:
                raise ConnectionError from nobody
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


def find_chromium() -> str | None:
    """Return the path of a Chromium that is installed, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium, or skip the test where there is none."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(_QUIET))
        try:
            yield browser
        finally:
            browser.close()
