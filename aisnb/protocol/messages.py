"""Bodies of control calls, and AIStore's words for the actions in them."""

from __future__ import annotations

from typing import Any

import msgspec

LIST = "list"
CREATE_BUCKET = "create-bck"
DESTROY_BUCKET = "destroy-bck"
EVICT_BUCKET = "evict-remote-bck"
SUMMARY = "summary-bck"
DELETE_OBJECTS = "delete-listrange"
EVICT_OBJECTS = "evict-listrange"
PREFETCH_OBJECTS = "prefetch-listrange"
COPY_BUCKET = "copy-bck"
MOVE_BUCKET = "move-bck"
SET_PROPERTIES = "set-bprops"
RESET_PROPERTIES = "reset-bprops"
COPY_OBJECTS = "copy-listrange"
ARCHIVE = "archive"
PROMOTE = "promote"
BLOB_DOWNLOAD = "blob-download"
GET_BATCH = "get-batch"
RENAME_OBJECT = "rename-obj"
BEGIN_PARTS = "mpt-upload"
COMPLETE_PARTS = "mpt-complete"
START = "start"
STOP = "stop"

#: What a prefetch is called in tables and texts.
PREFETCH_KIND = "prefetch-objects"
DOWNLOAD_KIND = "download"

#: What the flags of an append to a shard say (``api/apc/puta2a.go``); without any it is made anew.
APPEND_ONLY = 1 << 0
APPEND_IF_THERE = 1 << 1


#: Of a copy or an archive by template: a name that is not there has failed. Ours: AIStore passes over it.
ALL_NAMED = "aisnb-all-named"


class Action(msgspec.Struct):
    """The body of every control call."""

    action: str = ""
    name: str = ""
    value: Any = None


class Selection(msgspec.Struct, omit_defaults=True):
    """Several objects: by name, by template, or (neither) all of the bucket that begin with `prefix`, which is ours."""

    names: list[str] | None = msgspec.field(name="objnames", default=None)
    template: str = ""
    prefix: str = ""
    workers: int = msgspec.field(name="num-workers", default=0)
    latest: bool = msgspec.field(name="latest-ver", default=False)


class Promotion(msgspec.Struct, omit_defaults=True):
    """The value of ``promote``: files of a node's own disks become objects.

    ``aisnb-unchecked`` is ours: clusters refuse it, and make checksums as the bucket's properties say.
    """

    source: str = msgspec.field(name="src", default="")
    name: str = msgspec.field(name="obj", default="")
    recursive: bool = msgspec.field(name="rcr", default=False)
    overwrite: bool = msgspec.field(name="ovw", default=False)
    remove_source: bool = msgspec.field(name="dls", default=False)
    unchecked: bool = msgspec.field(name="aisnb-unchecked", default=False)


class BlobDownload(msgspec.Struct, omit_defaults=True):
    """The value of ``blob-download``: one large object comes in pieces."""

    chunk_size: int = msgspec.field(name="chunk-size", default=0)
    workers: int = msgspec.field(name="num-workers", default=0)
    latest: bool = msgspec.field(name="latest-ver", default=False)


class Part(msgspec.Struct):
    """A part of an object that came in parts."""

    number: int = msgspec.field(name="part-number")
    etag: str = ""


class JobSelector(msgspec.Struct):
    """Which jobs a control call means; Go reads its JSON keys in any case, so both spellings come."""

    id: str = ""
    kind: str = ""
    active_only: bool = False

    @classmethod
    def of(cls, value: Any) -> JobSelector:
        """Return the selector in a decoded JSON object, whatever the case of its keys."""
        keys = {str(key).lower(): item for key, item in value.items()} if isinstance(value, dict) else {}
        job = str(keys.get("id") or keys.get("uuid") or "")
        return cls(job, str(keys.get("kind") or ""), keys.get("show_active") is True)
