"""``/v1/x/``: what aisnb's node has beyond AIStore. Announced by a header on ``/v1/health``.

GET    /v1/x/status                       NodeStatus
GET    /v1/x/lease                        held open: whoever uses the node holds one
POST   /v1/x/keep                         stay until told to stop, whatever the leases
POST   /v1/x/stop                         end; running jobs are taken up at the next start
POST   /v1/x/fsck                         FsckAnswer
GET    /v1/x/jobs[?kind=]                 list of JobSnapshot, newest first
GET    /v1/x/jobs/ID[?wait=S&version=N]   JobSnapshot; answers when its version is above N, at the latest after S
GET    /v1/x/jobs/ID/errors[?offset=&limit=]  list of JobErrorRow
GET    /v1/x/job-page[?choice=&match=&offset=&limit=&job=&wait=S&version=N]  JobPage; answers as soon as anything about
                                          any job is newer than N, at the latest after S
POST   /v1/x/jobs/ID/{stop,pause}         JobSnapshot
POST   /v1/x/jobs/ID/resume               JobSnapshot; body ResumeRequest
POST   /v1/x/jobs/ID/retry                Started: a new job of exactly what failed; body ResumeRequest
POST   /v1/x/relays                       Started; body `aisnb.protocol.relay.RelayRequest`
PATCH  /v1/x/jobs/ID                      JobSnapshot; body Limits
DELETE /v1/x/jobs/ID                      forget an ended job
GET    /v1/x/servers                      list of ServerInfo
POST   /v1/x/servers                      ServerInfo; body ServeRequest
DELETE /v1/x/servers[?directory=|?url=|?all=true]  list of ServerInfo that were stopped
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

from aisnb.protocol.downloads import Limits  # noqa: TC001  # msgspec looks it up

PENDING, RUNNING, PAUSED = "pending", "running", "paused"
FINISHED, ABORTED, FAILED = "finished", "aborted", "failed"
ENDED = frozenset((FINISHED, ABORTED, FAILED))

#: ``active``: not ended; ``faults``: files failed, or the job itself did; the others are states.
Choice = Literal["all", "active", "paused", "finished", "aborted", "faults"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


class FileProgress(msgspec.Struct):
    """One file in flight: bytes here, bytes in all (None if unknown)."""

    name: str
    bytes: int = 0
    total_bytes: int | None = None


class JobSnapshot(msgspec.Struct):
    """A job at one moment, O(1) in the number of its files.

    `version` grows with every change. `done` includes `skipped`. Times are nanoseconds since 1970, 0 if not yet.
    `bytes` counts the files done and in flight; `rate` is bytes per second over the last seconds. `endpoint` is the
    cluster that a relay's files go to, "" where they stay here. `target` is the bucket that objects of `bucket` are
    copied or packed into. `destination` is where a download of `source` was asked to put its files. `limits`
    are None where the job has none to change.
    """

    id: str
    kind: str
    state: str
    description: str = ""
    source: str = ""
    bucket: str = ""
    version: int = 0
    total: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    bytes: int = 0
    total_bytes: int | None = None
    rate: float = 0.0
    created_ns: int = 0
    started_ns: int = 0
    ended_ns: int = 0
    reason: str = ""
    endpoint: str = ""
    target: str = ""
    destination: str = ""
    limits: Limits | None = None
    in_flight: list[FileProgress] = msgspec.field(default_factory=list)


class JobQuery(msgspec.Struct, frozen=True):
    """Which jobs, newest first.

    `choice` is one of `CHOICES`; `match` is part of what is told of a job (id, kind or description), whatever the case
    of its letters; `job` is one more job to be told of, wherever it stands.
    """

    choice: Choice = "all"
    match: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    offset: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)] = 20
    job: str = ""


class JobPage(msgspec.Struct):
    """Some of the jobs: how many match in all, those of the page, and the one more (None if it is not here)."""

    version: int
    total: int
    jobs: list[JobSnapshot]
    chosen: JobSnapshot | None = None


class JobErrorRow(msgspec.Struct):
    """One file that failed: the source's last HTTP status (0: none came), tries made, the reason in words."""

    name: str
    url: str
    status: int
    tries: int
    reason: str


class ResumeRequest(msgspec.Struct, omit_defaults=True):
    """Credentials for the source, and the token of the cluster that files go to; neither is ever kept on disk."""

    headers: dict[str, list[str]] = msgspec.field(default_factory=dict)
    token: str = ""


class ServeRequest(msgspec.Struct):
    """Serve a directory (absolute path); port 0 takes the one used before, or any; secret None lets the node decide."""

    directory: str
    port: int = 0
    bind: str = "127.0.0.1"
    hosts: list[str] = msgspec.field(default_factory=list)
    secret: bool | None = None


class ServerInfo(msgspec.Struct):
    """A directory that is served, and where; `hosts` are further names that it answers to."""

    directory: str
    url: str
    port: int
    bind: str
    pid: int
    already: bool = False
    hosts: list[str] = msgspec.field(default_factory=list)


class NodeStatus(msgspec.Struct):
    """The node, as it says of itself."""

    version: str
    pid: int
    endpoint: str
    root: str
    free_bytes: int
    started_ns: int
    leases: int = 0
    running_jobs: int = 0
    servers: int = 0
    keep: bool = False
    idle: float = 600.0


class FsckAnswer(msgspec.Struct):
    """What a check of the data root found: objects looked at, rows removed, files added, objects that were wrong."""

    objects: int
    removed: int
    added: int
    wrong: list[str]
