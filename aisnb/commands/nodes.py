"""The embedded node: its status, start, end and repair; and the endpoint that commands go to."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.results import Message
from aisnb.settings import read_settings
from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from aisnb.background import NodeState
    from aisnb.client.standing import ClusterState
    from aisnb.commands.context import Context


@command("status")
def status(context: Context) -> NodeState | ClusterState:
    """Say how the endpoint is: the embedded node, or a cluster and each of its nodes. Starts nothing.

    Example:
        %ais status
    """
    from aisnb import background

    client = context.client()
    return background.status(read_settings()) if client.is_local else client.status()


@command("node status")
def node_status(context: Context) -> NodeState:
    """Say whether the embedded node runs, where, and how much room it has. Starts nothing.

    Example:
        %ais node status
    """
    from aisnb import background

    settings = read_settings()
    state = background.status(settings)
    if settings.endpoint and not context.client().is_local:
        context.note(f"AIS_ENDPOINT is {settings.endpoint}: commands go there.")
    return state


@command("node start")
def node_start(
    context: Context,
    *,
    new_token: Annotated[
        bool, Option("make a new token; links and clients that know the old one must be told")
    ] = False,
) -> NodeState:
    """Start the embedded node, and let it stay until ``node stop``.

    Example:
        %ais node start
    """
    from aisnb import background

    settings = read_settings()
    running = background.start(settings, new_token=new_token)
    if running.note:
        context.warn(running.note)
    return background.status(settings)


@command("node stop")
def node_stop(context: Context) -> Message:
    """End the embedded node; what runs is taken up at its next start.

    Example:
        %ais node stop
    """
    from aisnb import background

    stopped = background.stop(read_settings())
    return Message("Stopped the node" if stopped else "No node runs, nothing to do")


@command("node env")
def node_env(context: Context) -> Message:
    """Set AIS_ENDPOINT and AIS_AUTHN_TOKEN to the embedded node's, for other AIStore clients in this process.

    In a shell: eval "$(aisnb node env)".

    Example:
        %ais node env
    """
    from aisnb import background

    settings = read_settings()
    running = background.start(settings)
    os.environ["AIS_ENDPOINT"] = running.endpoint
    os.environ["AIS_AUTHN_TOKEN"] = running.token
    token_file = shlex.quote(str(background.status(settings).token_file))
    # The token itself would stay in the output of the cell; a shell reads it from its file.
    read_token = f"""$(sed 's/.*"token": *"\\([^"]*\\)".*/\\1/' {token_file})"""
    return Message(f'export AIS_ENDPOINT={running.endpoint}\nexport AIS_AUTHN_TOKEN="{read_token}"')


@command("node fsck")
def node_fsck(context: Context) -> Message:
    """Check the objects of the embedded node against its index, and repair what can be.

    Example:
        %ais node fsck
    """
    from aisnb import background

    found = background.fsck(read_settings())
    for name in found.wrong:
        context.warn(f"{name} is not what was written. Fetch it again.")
    repairs = f"{plural(found.removed, 'row')} removed, {plural(found.added, 'file')} added"
    return Message(f"Checked {plural(found.objects, 'object')}: {repairs}, {len(found.wrong):,} wrong")


_ROLE = Argument("only these nodes of a cluster", choices=("all", "proxy", "target"))


@command("show cluster", aliases=("cluster show",))
def show_cluster(context: Context, role: Annotated[str, _ROLE] = "all") -> Message:
    """Say which endpoint the commands go to, and how much it holds; of a cluster, how each of its nodes is.

    Example:
        %ais show cluster
        %ais show cluster target
    """
    client = context.client()
    if not client.is_local:
        first, *others = repr(client.status()).splitlines()
        shown = [line for line in others if role == "all" or line.strip().startswith(role)]
        return Message("\n".join([first, *shown]))
    found = client.summary()
    lines = (
        ("Endpoint", read_settings().endpoint or "the local node"),
        ("Deployment", "embedded"),
        ("Buckets", f"{len(found):,}"),
        ("Objects", f"{int(found['objects'].sum()):,}"),
        ("Size", human_size(int(found["size"].sum()))),
    )
    return Message("\n".join(f"{label + ':':<12} {value}" for label, value in lines))
