"""What AIStore's tools ask of a cluster and its nodes: state, configuration, capacity, logs.

The shapes are AIStore 5.0's (``stats/api_wire.go``, ``cmn/config.go``): the ``ais`` CLI decodes them strictly.
"""

from __future__ import annotations

import io
import os
import resource
import shutil
import sys
import tarfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aisnb.errors import NotFound, UsageError
from aisnb.node.root import DataRoot
from aisnb.protocol.buckets import bucket_defaults, bucket_properties
from aisnb.protocol.cluster import PROXY_ID, TARGET_ID, cluster_map

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.node.state import Node

#: What the node mimics. The CLI compares it with its own version.
AIS_VERSION = "5.0.0"

#: Bits of a node's state (``cmn/cos/node_state.go``): cluster started, node started.
_STARTED = 1 << 1 | 1 << 2

_LONGEST_LOG = 16 << 20
_SEVERITIES = {"": (), "info": (), "i": (), "w": ("WARNING", "ERROR"), "warning": ("WARNING", "ERROR"),
               "e": ("ERROR",), "err": ("ERROR",), "error": ("ERROR",)}  # fmt: skip


def node_map(node: Node, host: str) -> dict[str, Any]:
    """Return the cluster map, under the address that the caller used: that one it can reach."""
    created = datetime.fromtimestamp(node.started_ns / 1e9, UTC).isoformat().replace("+00:00", "Z")
    return cluster_map(f"{_scheme(node)}://{host}", node.cluster_id, created)


def node_status(node: Node, host: str, member: str) -> dict[str, Any]:
    """Return the state of one of the node's two roles.

    Args:
        node: this node.
        host: the address that the caller used.
        member: id of the role; "" for the target's.

    Raises:
        NotFound: no node has this id.
    """
    found = node_map(node, host)
    roles = {**found["pmap"], **found["tmap"]}
    if (member or TARGET_ID) not in roles:
        raise NotFound(f"node '{member}' does not exist: there are {PROXY_ID} and {TARGET_ID}. Ask one of them.")
    url = f"{_scheme(node)}://{host}"
    primary = {"pub_url": url, "control_url": url, "id": PROXY_ID}
    is_target = roles[member or TARGET_ID]["daemon_type"] == "target"
    return {
        "status": "online",
        "deployment": "dev",
        "ais_version": AIS_VERSION,
        "build_time": "",
        "k8s_pod_name": "",
        "snode": roles[member or TARGET_ID],
        "tracker": {"up.ns.time": time.time_ns() - node.started_ns, "state.flags": _STARTED},
        "capacity": _capacity(node.root) if is_target else {},
        "cluster": {
            "smap": {"Primary": primary, "uuid": node.cluster_id, "version": found["version"]},
            "bmd": {"uuid": node.cluster_id, "version": "1"},
            "rmd": {"version": "0"},
            "config": {"version": "1"},
            "etlmd": {"version": "0"},
            "flags": _STARTED,
        },
        "sys_info": system_information(),
        "smap_version": found["version"],
    }


def _capacity(root: Path) -> dict[str, Any]:
    disk = shutil.disk_usage(root)
    used = {"used": str(disk.used), "avail": str(disk.free), "pct_used": 100 * disk.used // (disk.used + disk.free)}
    place = {"mountpath_label": "", "fs": {"Fs": "", "FsType": "", "FsID": "0,0"}, "disks": [], **used}
    percent = dict.fromkeys(("pct_max", "pct_avg", "pct_min"), used["pct_used"])
    total = {"total_used": str(disk.used), "total_avail": str(disk.free)}
    return {"mountpaths": {str(root): place}, "cs_err": "", **total, **percent}


def system_information() -> dict[str, Any]:
    """Return memory (bytes) and load of this process and its machine."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resident = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    page = os.sysconf("SC_PAGE_SIZE")
    total = page * os.sysconf("SC_PHYS_PAGES")
    free = page * os.sysconf("SC_AVPHYS_PAGES") if "SC_AVPHYS_PAGES" in os.sysconf_names else 0
    one, five, fifteen = os.getloadavg()
    return {
        "mem_used": resident,
        "mem_avail": free,
        "pct_mem_used": 100 * resident / total,
        "pct_cpu_used": 0.0,
        "load_avg": {"One": one, "Five": five, "Fifteen": fifteen},
        "cpu_util": 0,
    }


def cluster_information(node: Node) -> dict[str, Any]:
    """Return ``what=sysinfo``: memory and load, disk."""
    disk = shutil.disk_usage(node.root)
    full = {"fs_used": str(disk.used), "fs_capacity": str(disk.total), "pct_fs_used": 100 * disk.used // disk.total}
    return {"proxy": {PROXY_ID: system_information()}, "target": {TARGET_ID: {**system_information(), **full}}}


def bucket_metadata(node: Node) -> dict[str, Any]:
    """Return ``what=bmd``: all buckets with their properties, by provider and namespace."""
    providers: dict[str, Any] = {}
    for record in node.store.buckets():
        names = providers.setdefault(record.bucket.provider, {"@#": {}})["@#"]
        names[record.bucket.name] = bucket_properties(record.bucket, record.created_ns, record.extra)
    return {"version": "1", "uuid": node.cluster_id, "providers": providers, "ext": None}


def cluster_configuration(node: Node) -> dict[str, Any]:
    """Return ``what=cluster_config``, as far as a single node has any."""
    return {
        **bucket_defaults(),
        "uuid": node.cluster_id,
        "config_version": "1",
        "lastupdate_time": "",
        "features": "0",
        "backend": {},
        "auth": {"enabled": False, "client_auth_required": False},
        "rebalance": {"enabled": False, "dest_retry_time": "2m", "compression": "never"},
        "resilver": {"enabled": False},
        "space": {"cleanupwm": 65, "lowwm": 75, "highwm": 90, "out_of_space": 95},
        "proxy": {"primary_url": node.public, "original_url": node.public},
        "net": {"http": {"use_https": _scheme(node) == "https"}},
    }


def _scheme(node: Node) -> str:
    return urlsplit(node.endpoint).scheme


def log_text(node: Node, severity: str) -> bytes:
    """Return the node's log, its last 16 MiB. Takes long: not for the loop.

    Args:
        node: this node.
        severity: ``error`` or ``warning`` for the lines that are at least that; "" for all.

    Raises:
        UsageError: there is no such severity.
    """
    if severity not in _SEVERITIES:
        raise UsageError(f"'{severity}' is not a severity of the log. Use info, warning or error.")
    with DataRoot(node.root).log_file.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_LOG))
        text = file.read()
    words = [f" {word} ".encode() for word in _SEVERITIES[severity]]
    if not words:
        return text
    return b"".join(line for line in text.splitlines(keepends=True) if any(word in line for word in words))


def log_archive(node: Node) -> bytes:
    """Return the node's log as a ``tar.gz``. Takes long: not for the loop."""
    text = log_text(node, "")
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        entry = tarfile.TarInfo(f"{TARGET_ID}.log")
        entry.size, entry.mtime = len(text), int(time.time())
        archive.addfile(entry, io.BytesIO(text))
    return target.getvalue()
