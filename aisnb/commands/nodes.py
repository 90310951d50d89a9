"""The embedded node: its status, start, end and repair; and the endpoint that commands go to."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import AS_JSON
from aisnb.commands.properties import flattened
from aisnb.commands.results import Message
from aisnb.settings import read_settings
from aisnb.units import human_size, plural

if TYPE_CHECKING:
    from pandas import DataFrame

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


_BIND = Option("address to listen on, from now on; 0.0.0.0 for other machines", metavar="ADDRESS")
_HOST = Option("the name under which other machines ask for this one; may be said several times")
_CERTIFICATE = Option("PEM file to show to who comes in by TLS", metavar="FILE", completes=("path",))
_KEY = Option("PEM file of the certificate's key, if that is another one", metavar="FILE", completes=("path",))


@command("node start")
def node_start(
    context: Context,
    *,
    new_token: Annotated[
        bool, Option("make a new token; links and clients that know the old one must be told")
    ] = False,
    bind: Annotated[str, _BIND] = "",
    host: Annotated[tuple[str, ...], _HOST] = (),
    certificate: Annotated[str, _CERTIFICATE] = "",
    key: Annotated[str, _KEY] = "",
    insecure: Annotated[bool, Option("let other machines in without TLS")] = False,
) -> NodeState:
    """Start the embedded node, and let it stay until ``node stop``.

    It listens on this machine only, unless told otherwise; what it is told holds until it is told again.

    Example:
        %ais node start
        %ais node start --bind 0.0.0.0 --host lab.example --certificate lab.pem --key lab.key
        %ais node start --bind 127.0.0.1
    """
    from aisnb import background
    from aisnb.node.listening import Listening

    settings = read_settings()
    listening = None
    if bind or host or certificate or key or insecure:
        certificate, key = (str(Path(file).expanduser().absolute()) if file else "" for file in (certificate, key))
        listening = Listening(bind or Listening().bind, host, certificate, key, insecure)
    running = background.start(settings, new_token=new_token, listening=listening)
    if running.note:
        context.warn(running.note)
    state = background.status(settings)
    if state.public:
        context.warn(_exposed(state))
    return state


def _exposed(state: NodeState) -> str:
    """Say what it means that other machines can come in."""
    secure = state.public.startswith("https:")
    on_the_way = "" if secure else " Without TLS, anybody on the way reads the token and the data."
    return (
        f"The node is open to other machines, at {state.public}. Who has the token in {state.token_file} can read and "
        "change all buckets, have this machine fetch any link, and serve any directory that you can read."
        f"{on_the_way} '%ais node start --bind 127.0.0.1' takes it back."
    )


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

    AIS_CLIENT_CA, too, where the node speaks TLS with a certificate that has signed itself.

    In a shell: eval "$(aisnb node env)".

    Example:
        %ais node env
    """
    from aisnb import background
    from aisnb.client.local import note_other_authorities

    settings = read_settings()
    running = background.start(settings)
    variables = {"AIS_ENDPOINT": running.told}
    if authority := background.own_authority(settings):
        variables["AIS_CLIENT_CA"] = authority
        note_other_authorities(authority)
    os.environ.update(variables, AIS_AUTHN_TOKEN=running.token)
    token_file = shlex.quote(str(background.status(settings).token_file))
    # The token itself would stay in the output of the cell; a shell reads it from its file.
    read_token = f"""$(sed 's/.*"token": *"\\([^"]*\\)".*/\\1/' {token_file})"""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return Message("\n".join([*lines, f'export AIS_AUTHN_TOKEN="{read_token}"']))


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


_ROLES = ("all", "proxy", "target")
_QUESTIONS = ("smap", "bmd", "config", "stats")
_WHAT = Argument("only these nodes; or the cluster map, metadata of buckets, ...", choices=(*_ROLES, *_QUESTIONS))


@command("show cluster", aliases=("cluster show",))
def show_cluster(
    context: Context,
    what: Annotated[str, _WHAT] = "all",
    node: Annotated[str, Argument("one node, by its id")] = "",
    *,
    as_json: Annotated[bool, AS_JSON] = False,
) -> Message | DataFrame:
    """Say which endpoint the commands go to, and how much it holds; of a cluster, how each of its nodes is.

    Of smap, bmd, config and stats a DataFrame comes: ``property`` and ``value``.

    Example:
        %ais show cluster
        %ais show cluster target
        %ais show cluster smap
        %ais show cluster config --json
    """
    client = context.client()
    if what in _QUESTIONS:
        return _told(client.about(cast("Any", what), node), as_json=as_json)
    if not client.is_local:
        state = client.status()
        if as_json:
            return Message(json.dumps(asdict(state), indent=2))
        first, *others = repr(state).splitlines()
        kept = [line for line in others if what == "all" or line.strip().startswith(what)]
        return Message("\n".join([first, *(line for line in kept if node in line)]))
    found = client.summary()
    lines = (
        ("Endpoint", read_settings().endpoint or "the local node"),
        ("Deployment", "embedded"),
        ("Buckets", f"{len(found):,}"),
        ("Objects", f"{int(found['objects'].sum()):,}"),
        ("Size", human_size(int(found["size"].sum()))),
    )
    if as_json:
        return Message(json.dumps({label.lower(): value for label, value in lines}, indent=2))
    return Message("\n".join(f"{label + ':':<12} {value}" for label, value in lines))


def _told(found: dict[str, Any], *, as_json: bool) -> Message | DataFrame:
    """Return what a cluster says of itself: as it came, or a property in each row."""
    if as_json:
        return Message(json.dumps(found, indent=2))
    from pandas import DataFrame

    from aisnb.explore.tables import mark

    rows = dict(flattened(found))
    return mark(DataFrame({"property": list(rows), "value": list(rows.values())}, dtype=object))
