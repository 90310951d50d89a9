"""``POST /v1/x/relays``: the node fetches files and PUTs each to a cluster, which keeps them. The answer: `Started`."""

from __future__ import annotations

import msgspec

from aisnb.protocol.downloads import DownloadRequest
from aisnb.protocol.messages import Selection


class Cluster(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cluster that files go to, and how it is to be trusted. Holds no secret; paths are of this machine.

    Attributes:
        endpoint: its address, without a slash at the end.
        client_ca: PEM file of the authority that signed its certificate, "" for those of the system.
        certificate: PEM file of our own certificate, "" for none.
        certificate_key: PEM file of its key.
        skip_verify: trust its certificate unseen.
    """

    endpoint: str
    client_ca: str = ""
    certificate: str = ""
    certificate_key: str = ""
    skip_verify: bool = False


class RelayRequest(msgspec.Struct, omit_defaults=True):
    """What to bring where.

    `download` is as for the downloader. With a `directory` (the link that an ``ht://`` bucket stands for) it is a
    prefetch of `selection` from there into the bucket of `download`, under the name `shown`.
    """

    cluster: Cluster = msgspec.field(default_factory=lambda: Cluster(""))
    token: str = ""
    download: DownloadRequest = msgspec.field(default_factory=DownloadRequest)
    directory: str = ""
    selection: Selection = msgspec.field(default_factory=Selection)
    shown: str = ""
