"""Where links and redirects may not lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.errors import SourceError
from aisnb.transfer import Request
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.reach import refuse_inward, refuse_metadata
from tests.support.faulty import Fault
from tests.support.sinks import MemorySink

if TYPE_CHECKING:
    from aisnb.transfer import Fetcher
    from tests.support.faulty import FaultySource

METADATA = [
    "169.254.169.254",
    "[::ffff:169.254.169.254]",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.170.2",
    "[fd00:ec2::254]",
    "metadata.google.internal",
    "metadata.google.internal.",
]
INSIDE = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0.0.0.0",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.1.1",
    "[fe80::1]",
    "[fc00::1]",
    "100.64.0.1",
]


@pytest.mark.parametrize("host", METADATA)
def test_a_clouds_metadata_is_never_read(host: str) -> None:
    with pytest.raises(AttemptFailed, match="credentials"):
        refuse_metadata(f"http://{host}:80")


@pytest.mark.parametrize("host", METADATA[:6])
async def test_no_redirect_leads_to_a_clouds_metadata(source: FaultySource, fetcher: Fetcher, host: str) -> None:
    link = source.add("/a", then=Fault(location=f"http://{host}/latest/meta-data/"))
    with pytest.raises(SourceError, match="credentials"):
        await fetcher.fetch(Request(url=link), MemorySink())


@pytest.mark.parametrize("host", INSIDE)
async def test_no_redirect_leads_from_the_internet_into_this_network(host: str) -> None:
    with pytest.raises(AttemptFailed, match="inside this network"):
        await refuse_inward("http://8.8.8.8/a", f"http://{host}:8080/b")


@pytest.mark.parametrize("target", ["http://1.1.1.1/b", "https://8.8.4.4/b", "http://[2001:4860:4860::8888]/b"])
async def test_redirects_on_the_internet_are_followed(target: str) -> None:
    await refuse_inward("http://8.8.8.8/a", target)


@pytest.mark.parametrize("target", ["http://127.0.0.1/b", "http://10.0.0.2/b", "http://8.8.8.8/b"])
async def test_redirects_of_a_source_in_this_network_are_followed(target: str) -> None:
    await refuse_inward("http://10.0.0.1/a", target)
