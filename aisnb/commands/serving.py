"""``serve``: a directory over HTTP, so that nodes and clusters can fetch from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.results import Message
from aisnb.errors import DirectoryNotFound, UsageError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.client import FileServer
    from aisnb.commands.context import Context

_HOST = Option("a further name under which this machine may be asked; may be said several times")
_STOPPED = Argument("its directory or URL", metavar="DIRECTORY|URL", completes=("server", "directory"))


@command("serve")
def serve(
    context: Context,
    directory: Annotated[str, Argument("the directory", completes=("directory",))],
    *,
    port: Annotated[int, Option("port; 0 takes the one it had before, or a free one")] = 0,
    bind: Annotated[str, Option("address to listen on; 0.0.0.0 for other machines", metavar="ADDRESS")] = "127.0.0.1",
    host: Annotated[tuple[str, ...], _HOST] = (),
    secret: Annotated[bool, Option("serve it below a path that nobody guesses")] = False,
) -> FileServer:
    """Serve a directory over HTTP; one that is served already keeps its address.

    Example:
        %ais serve /data/shards
        server = %ais serve /data/shards --port 8000
        %ais start download {server}shard-{001..999}.tar ais://abc
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"'--port {port}' is no port. Say a number from 1 to 65535, or 0 for a free one.")
    _check_directory(context, directory)
    from aisnb.client import serve as serve_directory

    return serve_directory(directory, port=port, bind=bind, hosts=host, secret=secret or None)


def _check_directory(context: Context, text: str) -> None:
    """Refuse what cannot be served, with what was perhaps meant.

    Raises:
        DirectoryNotFound: there is no such directory.
        NotAllowed: nobody can tell.
    """
    from aisnb.client.local_files import source_faults

    path = Path(text).expanduser()
    with source_faults(path):
        is_file, is_there = path.is_file(), path.exists()
    if is_file:
        raise DirectoryNotFound(
            f"'{text}' is a file, and directories are served. Serve its directory: '{path.parent}'."
        )
    if not is_there:
        below = [f"serve {word}" for word in context.tree.next_words(("serve",))]
        hint = "" if "/" in text else did_you_mean(f"serve {text}", below)
        raise DirectoryNotFound(f"There is no directory '{text}' to serve. Check the path.{hint}")


@command("serve ls", aliases=("serve list", "show servers"))
def serve_list(context: Context) -> DataFrame:
    """List the directories that are served.

    Example:
        %ais serve ls
    """
    from aisnb.client.files import list_servers
    from aisnb.explore.tables import mark

    found = list_servers()
    if found.empty:
        context.note("No directory is served. Serve one with '%ais serve DIRECTORY'.")
    return mark(found)


@command("serve stop")
def serve_stop(
    context: Context,
    target: Annotated[str, _STOPPED] = "",
    *,
    everything: Annotated[bool, Option("stop serving everything", flags=("--all",))] = False,
) -> Message:
    """Stop serving a directory, or everything.

    Example:
        %ais serve stop /data/shards
        %ais serve stop --all
    """
    if bool(target) == everything:
        raise UsageError("Say which directory or URL to stop serving, or --all. '%ais serve ls' lists them.")
    from aisnb.client.files import stop_servers

    stopped = stop_servers(target, everything=everything)["directory"].tolist()
    return Message("\n".join(f"Stopped serving {directory}" for directory in stopped) or "Nothing is served")
