"""Get-batch: many objects, members and ranges of them in one archive (AIStore: ``api/apc/ml.go``, "MOSS")."""

from __future__ import annotations

import msgspec

PATH = "/v1/ml/moss"

#: Where in the archive that lies which is not there; it has no bytes.
MISSING = "__404__"

#: The two parts of an answer that tells sizes and errors ahead of the archive.
METADATA_PART = "metadata"
ARCHIVE_PART = "archive"


class BatchItem(msgspec.Struct, omit_defaults=True):
    """What is wanted: an object, a member of a shard, or a range of either.

    `length` -1 is all from `start` on; 0 (with `start` 0) is the whole. `opaque` comes back with the answer.
    """

    name: str = msgspec.field(name="objname", default="")
    bucket: str = ""
    provider: str = ""
    uname: str = ""
    member: str = msgspec.field(name="archpath", default="")
    opaque: str = ""
    start: int = 0
    length: int = 0


class BatchRequest(msgspec.Struct):
    """What a batch is asked with.

    `mime` is the archive's format, "" is tar. With `keep_going` what is missing has no bytes, and lies under `MISSING`.
    Names are ``BUCKET/OBJECT[/MEMBER]``, without the bucket if `only_names`. A `streaming` answer is the archive alone.
    """

    items: list[BatchItem] = msgspec.field(name="in", default_factory=list)
    mime: str = ""
    keep_going: bool = msgspec.field(name="coer", default=False)
    only_names: bool = msgspec.field(name="onob", default=False)
    streaming: bool = msgspec.field(name="strm", default=False)


class BatchOutcome(msgspec.Struct, omit_defaults=True):
    """What became of an item."""

    name: str = msgspec.field(name="objname")
    bucket: str
    provider: str
    size: int
    member: str = msgspec.field(name="archpath", default="")
    error: str = msgspec.field(name="err_msg", default="")
    opaque: str = ""


class BatchReply(msgspec.Struct):
    """The first part of an answer in two parts; outcomes are in the order of the items."""

    uuid: str
    outcomes: list[BatchOutcome] = msgspec.field(name="out")
