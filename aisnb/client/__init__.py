"""Speaks to an endpoint, node or cluster: buckets, objects, listings, jobs; waiting or awaited."""

from __future__ import annotations

from aisnb.client.client import Client, connect
from aisnb.client.files import FileServer, serve
from aisnb.client.job import Job
from aisnb.client.local import node_status, sdk_client

__all__ = ["Client", "FileServer", "Job", "connect", "node_status", "sdk_client", "serve"]
