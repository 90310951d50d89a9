"""Everything that can go wrong, as one tree.

    AisnbError
    ├── UsageError                     the words of a command do not fit together
    │   ├── ArgumentInvalid (TypeError) a value of the wrong kind, an argument that a call does not have
    │   ├── TemplateError (ValueError)
    │   ├── NameInvalid (ValueError)   a bucket or object name that cannot be
    │   ├── SchemeMissing (ValueError) a source that does not say where it is
    │   ├── ArchiveInvalid (ValueError) a shard that cannot be read
    │   └── ConfirmationNeeded         something would be destroyed; say -y
    ├── NotFound (LookupError)
    │   ├── BucketNotFound
    │   ├── ObjectNotFound (FileNotFoundError)
    │   ├── JobNotFound
    │   └── ServerNotFound
    ├── DirectoryNotFound (FileNotFoundError)
    ├── AlreadyExists (FileExistsError)
    ├── EndpointError (ConnectionError)
    │   ├── EndpointUnreachable        nobody answers there
    │   └── EndpointRefused            somebody answered, and it makes no sense
    ├── SourceError (ConnectionError)  the place that files come from
    │   └── SourceRefused
    ├── NotAllowed (PermissionError)
    ├── DiskFull (OSError)
    ├── Unsupported                    not on this endpoint
    ├── CheckFailed                    a bucket is not as it should be; .problems is the table
    ├── PortInUse (OSError)
    ├── NodeError                      the embedded node cannot start, or is not ours
    │   └── NodeLocked
    └── JobError                       .job is the job
        ├── JobFailed
        ├── JobAborted
        └── JobTimeout (TimeoutError)  the wait ended; the job goes on
            └── JobPaused              and would not end before somebody resumes it

Every message says three things: what was tried, with which value, what to do now.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


#: What may stand before a link's host, ``user:password@``.
_LOGIN = re.compile(r"(?<=https://)[^/?#\s]*@|(?<=http://)[^/?#\s]*@", re.IGNORECASE)


class AisnbError(Exception):
    """Root of all errors that aisnb raises on purpose.

    In a notebook it shows as one short line instead of a traceback; the cell still fails.

    Example:
        try:
            client.ls("ais://nowhere")
        except aisnb.AisnbError as error:
            print(error)
    """

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else type(self).__name__

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(AisnbError):
    """The words or values of a call do not fit together. Links in it are told without name and password."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(_LOGIN.sub("", each) if isinstance(each, str) else each for each in args))


class ArgumentInvalid(UsageError, TypeError):
    """A call in Python with an argument of the wrong kind, with one that it does not have, or without one it needs."""


class TemplateError(UsageError, ValueError):
    """A template that cannot be expanded."""


class NameInvalid(UsageError, ValueError):
    """A bucket or object name that cannot be."""


class SchemeMissing(UsageError, ValueError):
    """A source or destination without ``http://``, ``ais://`` or the like."""


class ArchiveInvalid(UsageError, ValueError):
    """An archive that is damaged, of an unknown format, or larger inside than is let in."""


class ConfirmationNeeded(UsageError):
    """Something that is not empty would be destroyed: repeat with ``-y`` (``yes=True``)."""


class NotFound(AisnbError, LookupError):
    """What was named is not there."""


class BucketNotFound(NotFound):
    """No such bucket."""


class ObjectNotFound(NotFound, FileNotFoundError):
    """No such object."""


class JobNotFound(NotFound):
    """No such job."""


class ServerNotFound(NotFound):
    """No file server serves that."""


class DirectoryNotFound(AisnbError, FileNotFoundError):
    """No such directory or file on this machine."""


class AlreadyExists(AisnbError, FileExistsError):
    """What would be made is there already."""


class EndpointError(AisnbError, ConnectionError):
    """The AIStore endpoint, node or cluster."""


class EndpointUnreachable(EndpointError):
    """Nobody answers at the endpoint.

    Attributes:
        passing: the connection broke, or the answer was a 5xx: the next try may do.
    """

    passing: bool = False


class EndpointRefused(EndpointError):
    """The endpoint answered with an error that has no class of its own.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class SourceError(AisnbError, ConnectionError):
    """The web server that files come from.

    Attributes:
        status: the HTTP status it answered, 0 if it never did.
        tries: how often it was asked.
    """

    def __init__(self, message: str, status: int = 0, tries: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.tries = tries


class SourceRefused(SourceError):
    """The source answered, and said no (an HTTP status of 400 or above)."""


class NotAllowed(AisnbError, PermissionError):
    """A token is missing or wrong, or its owner may not do this."""


class DiskFull(AisnbError, OSError):
    """There is no room for the bytes."""


class Unsupported(AisnbError, NotImplementedError):
    """This endpoint cannot do it."""


class CheckFailed(AisnbError):
    """A bucket is not as it should be, and the check was told to be strict.

    Attributes:
        problems: a DataFrame, a row per problem.
    """

    def __init__(self, message: str, problems: Any = None) -> None:
        super().__init__(message)
        self.problems = problems


class PortInUse(AisnbError, OSError):
    """Another program listens on that port."""


class NodeError(AisnbError, RuntimeError):
    """The embedded node did not start, or the data root is not usable."""


class NodeLocked(NodeError):
    """Another machine's node holds the data root."""


class JobError(AisnbError, RuntimeError):
    """A job did not end as it should.

    Attributes:
        job: the job, with its counters and ``.errors``.
    """

    def __init__(self, message: str, job: Any = None) -> None:
        super().__init__(message)
        self.job = job


class JobFailed(JobError):
    """Some files failed, or the job itself could not run."""


class JobAborted(JobError):
    """The job was stopped before its end."""


class JobTimeout(JobError, TimeoutError):
    """The job did not end within the given time. It goes on."""


class JobPaused(JobTimeout):
    """The job is paused, so waiting for its end makes no sense before somebody resumes it."""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the known word nearest to `word`, or ``""``.

    Example:
        did_you_mean("prefech", ["prefetch", "promote"])  # " Did you mean 'prefetch'?"
    """
    import difflib

    near = difflib.get_close_matches(word, known, n=1, cutoff=0.65)  # at 0.6 "frobnicate" is near to "concat"
    return f" Did you mean '{near[0]}'?" if near else ""
