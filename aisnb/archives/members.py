"""The files in an archive, by the names that can be trusted."""

from __future__ import annotations

from typing import NamedTuple


class Member(NamedTuple):
    """One file in an archive.

    Attributes:
        name: its path there, without a leading ``./`` or ``/``.
        size: bytes, unpacked.
        offset: where its data begins: in a tar and a zip from the start of the file (data that a zip has deflated lies
            there deflated), in a tgz from the start of what it unpacks to; None for a sparse file, whose data lies in
            several places, and where the header before it cannot be read any more.
    """

    name: str
    size: int
    offset: int | None


def inner_name(raw: str) -> str:
    """Return the name that a member goes by, "" if it has none that can be trusted.

    Members whose names leave the archive (``..``), or are no text, are not shown and cannot be read: whoever unpacks
    a listing would write where it should not.

    Example:
        inner_name("./train/cat.jpg")  # "train/cat.jpg"
    """
    name = raw.lstrip("/")
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    if not name or "\0" in name or any(step in ("", ".", "..") for step in name.split("/")):
        return ""
    try:
        name.encode()
    except UnicodeEncodeError:
        return ""
    return name
