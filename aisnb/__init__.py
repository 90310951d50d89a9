"""Copy datasets into AIStore buckets from a notebook, in two easy steps, and look at what is there.

    import aisnb

    with aisnb.serve("shards") as server:
        client = aisnb.connect()
        client.download(server.url + "shard-{001..999}.tar", "ais://abc", wait=True)
        client.ls("ais://abc")

In a notebook ``%load_ext aisnb`` brings the ``%ais`` magics. Names load when they are first used, so that neither
the import nor the extension waits for pandas.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from aisnb.errors import (
    AisnbError,
    AlreadyExists,
    ArchiveInvalid,
    ArgumentInvalid,
    BucketNotFound,
    CheckFailed,
    ConfirmationNeeded,
    DirectoryNotFound,
    DiskFull,
    EndpointError,
    EndpointRefused,
    EndpointUnreachable,
    JobAborted,
    JobError,
    JobFailed,
    JobNotFound,
    JobPaused,
    JobTimeout,
    NameInvalid,
    NodeError,
    NodeLocked,
    NotAllowed,
    NotFound,
    ObjectNotFound,
    PortInUse,
    SchemeMissing,
    ServerNotFound,
    SourceError,
    SourceRefused,
    TemplateError,
    Unsupported,
    UsageError,
)
from aisnb.version import __version__

if TYPE_CHECKING:
    from aisnb.client import Client, FileServer, Job, connect, node_status, sdk_client, serve
    from aisnb.explore.checking import check
    from aisnb.explore.members import members, samples
    from aisnb.explore.planning import plan
    from aisnb.explore.sizes import sizes
    from aisnb.notebook import forms
    from aisnb.notebook.browser import browse
    from aisnb.notebook.jobs import jobs_widget
    from aisnb.templates import Template

__all__ = [
    "AisnbError",
    "AlreadyExists",
    "ArchiveInvalid",
    "ArgumentInvalid",
    "BucketNotFound",
    "CheckFailed",
    "Client",
    "ConfirmationNeeded",
    "DirectoryNotFound",
    "DiskFull",
    "EndpointError",
    "EndpointRefused",
    "EndpointUnreachable",
    "FileServer",
    "Job",
    "JobAborted",
    "JobError",
    "JobFailed",
    "JobNotFound",
    "JobPaused",
    "JobTimeout",
    "NameInvalid",
    "NodeError",
    "NodeLocked",
    "NotAllowed",
    "NotFound",
    "ObjectNotFound",
    "PortInUse",
    "SchemeMissing",
    "ServerNotFound",
    "SourceError",
    "SourceRefused",
    "Template",
    "TemplateError",
    "Unsupported",
    "UsageError",
    "__version__",
    "browse",
    "check",
    "connect",
    "forms",
    "jobs_widget",
    "members",
    "node_status",
    "plan",
    "samples",
    "sdk_client",
    "serve",
    "sizes",
]

_LATE = {
    "Client": "aisnb.client",
    "FileServer": "aisnb.client",
    "Job": "aisnb.client",
    "Template": "aisnb.templates",
    "browse": "aisnb.notebook.browser",
    "check": "aisnb.explore.checking",
    "connect": "aisnb.client",
    "forms": "aisnb.notebook.forms",
    "jobs_widget": "aisnb.notebook.jobs",
    "members": "aisnb.explore.members",
    "node_status": "aisnb.client",
    "plan": "aisnb.explore.planning",
    "samples": "aisnb.explore.members",
    "sdk_client": "aisnb.client",
    "serve": "aisnb.client",
    "sizes": "aisnb.explore.sizes",
}
#: Public names that are modules themselves.
_MODULES = frozenset(("forms",))


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _LATE:
        raise AttributeError(
            f"module 'aisnb' has no attribute '{name}'. What is done with buckets, objects and jobs is a client's: "
            "aisnb.connect()",
            name=name,
            obj=sys.modules[__name__],
        )
    import importlib

    module = importlib.import_module(_LATE[name])
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    _introduce()
    return value


def _introduce() -> None:
    """Let the notebook that we are used in, if any, show our tables, cards and progress; the magics it must ask for."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        from aisnb.notebook import introduce

        introduce(shell)


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(shell: Any) -> None:
    """Register ``%ais`` and ``%%ais``: what ``%load_ext aisnb`` calls. Prints nothing, starts nothing."""
    from aisnb.notebook import register

    register(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics back: what ``%unload_ext aisnb`` calls."""
    from aisnb.notebook import unregister

    unregister(shell)
