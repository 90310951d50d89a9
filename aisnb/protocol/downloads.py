"""The downloader's messages (AIStore: ``ext/dload/api.go``)."""

from __future__ import annotations

import msgspec

from aisnb.protocol.buckets import BucketId

SINGLE, RANGE, MULTI, BACKEND = "single", "range", "multi", "backend"
#: Ours: all that the index of a directory lists; `link` names the directory, `subdir` where its files go.
DIRECTORY = "directory"
ZERO_TIME = "0001-01-01T00:00:00Z"
ID_PREFIX = "dnl-"


class Limits(msgspec.Struct, omit_defaults=True):
    """Limits of one job: connections at once, bytes per hour; 0 means none."""

    connections: int = 0
    bytes_per_hour: int = 0


class DownloadRequest(msgspec.Struct, omit_defaults=True):
    """``POST /v1/download``: `type` decides which of the rest is read.

    `objects` is a map of object name to link, or a list of links. `force` and `durable` are ours:
    fetch what is unchanged, too; have each file on the disk itself before it counts.
    """

    type: str = ""
    bucket: BucketId = msgspec.field(default_factory=BucketId)
    description: str = ""
    timeout: str = ""
    progress_interval: str = ""
    limits: Limits = msgspec.field(default_factory=Limits)
    headers: dict[str, list[str]] = msgspec.field(default_factory=dict)
    link: str = ""
    object_name: str = ""
    template: str = ""
    subdir: str = ""
    objects: dict[str, str] | list[str] | None = None
    force: bool = False
    durable: bool = False


class DownloadSelector(msgspec.Struct, omit_defaults=True):
    """The body of status, list, abort and remove."""

    id: str = ""
    regex: str = ""
    only_active_tasks: bool = False


class Started(msgspec.Struct):
    """The answer to a start."""

    id: str


class Task(msgspec.Struct):
    """One file in flight, or done; byte counts as text, as AIStore writes them."""

    name: str
    downloaded: str = "0"
    total: str = "0"
    start_time: str = ZERO_TIME
    end_time: str = ZERO_TIME


class FileError(msgspec.Struct):
    """One file that could not be fetched."""

    name: str
    error: str = msgspec.field(name="error", default="")


class DownloadStatus(msgspec.Struct):
    """A download job's state. `finished_cnt` includes the skipped; done when `finished_time` is not zero."""

    id: str
    xaction_id: str = ""
    description: str = ""
    started_time: str = ZERO_TIME
    finished_time: str = ZERO_TIME
    finished_cnt: int = 0
    scheduled_cnt: int = 0
    skipped_cnt: int = 0
    error_cnt: int = 0
    total: int = 0
    all_dispatched: bool = False
    aborted: bool = False
    current_tasks: list[Task] | msgspec.UnsetType = msgspec.UNSET
    finished_tasks: list[Task] | msgspec.UnsetType = msgspec.UNSET
    download_errors: list[FileError] | msgspec.UnsetType = msgspec.UNSET
