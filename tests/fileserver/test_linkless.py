from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from aisnb.fileserver.linkless import linkless_opener

if TYPE_CHECKING:
    from pathlib import Path


def test_a_path_is_opened_only_if_no_part_of_it_is_a_link(directory: Path) -> None:
    open_linkless = linkless_opener(os.O_RDONLY | os.O_CLOEXEC)
    if open_linkless is None:
        pytest.skip("this system has no openat2")
    (directory / "latest.json").symlink_to("train/a.json")
    (directory / "folder").symlink_to("train")
    place = os.fsencode(directory.resolve())
    descriptor = open_linkless(place + b"/train/a.json")
    with os.fdopen(descriptor, "rb") as file:
        assert file.read() == b'{"a": 1}'
    for name in (b"/latest.json", b"/folder/a.json", b"/nothing", b"/train/nothing"):
        assert open_linkless(place + name) == -1, name
