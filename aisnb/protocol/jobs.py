"""Jobs of any kind on the wire: status, snapshots (AIStore: ``core/xaction.go``)."""

from __future__ import annotations

import msgspec

from aisnb.protocol.buckets import BucketId
from aisnb.protocol.downloads import ZERO_TIME


class JobStatus(msgspec.Struct):
    """``what=status``: `end_time` is nanoseconds since 1970, 0 while the job runs."""

    kind: str
    uuid: str
    err: str = ""
    end_time: int = 0
    aborted: bool = False


class Statistics(msgspec.Struct, rename="kebab"):
    """A job's counters, as text."""

    loc_objs: str = "0"
    loc_bytes: str = "0"
    out_objs: str = "0"
    out_bytes: str = "0"
    in_objs: str = "0"
    in_bytes: str = "0"


class JobStats(msgspec.Struct):
    """One node's snapshot of a job, an element of ``what=qryxstats``."""

    id: str
    kind: str
    start_time: str = msgspec.field(name="start-time", default=ZERO_TIME)
    end_time: str = msgspec.field(name="end-time", default=ZERO_TIME)
    bck: BucketId = msgspec.field(default_factory=BucketId)
    source_bucket: BucketId = msgspec.field(name="src-bck", default_factory=lambda: BucketId(provider=""))
    target_bucket: BucketId = msgspec.field(name="dst-bck", default_factory=lambda: BucketId(provider=""))
    stats: Statistics = msgspec.field(default_factory=Statistics)
    aborted: bool = False
    is_idle: bool = False
    abort_error: str = msgspec.field(name="abort-err", default="")
    err: str = ""
    control: str = msgspec.field(name="ctlmsg", default="")
    global_id: str = msgspec.field(name="glob.id", default="0")
    ext: None = None
