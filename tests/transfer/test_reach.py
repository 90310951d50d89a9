"""Where links and redirects may not lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aisnb.errors import SourceError
from aisnb.transfer import Request
from aisnb.transfer.engine import AttemptFailed
from aisnb.transfer.reach import check_addresses, check_host
from tests.support.alone import CAN_BE_ALONE, WHY_NOT_ALONE, alone
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
        check_host(f"http://{host}:80", public_only=False)


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "fd00:ec2::254%eth0"])
def test_a_name_that_stands_for_a_clouds_metadata_is_never_read(address: str) -> None:
    with pytest.raises(AttemptFailed, match="credentials"):
        check_addresses("http://innocent.example:80", ["8.8.8.8", address], public_only=False)


@pytest.mark.parametrize("host", METADATA[:6])
async def test_no_redirect_leads_to_a_clouds_metadata(source: FaultySource, fetcher: Fetcher, host: str) -> None:
    link = source.add("/a", then=Fault(location=f"http://{host}/latest/meta-data/"))
    with pytest.raises(SourceError, match="credentials"):
        await fetcher.fetch(Request(url=link), MemorySink())


@pytest.mark.parametrize("host", [host for host in INSIDE if host != "localhost"])
def test_no_redirect_leads_from_the_internet_into_this_network(host: str) -> None:
    check_host(f"http://{host}:8080", public_only=False)
    with pytest.raises(AttemptFailed, match="inside this network"):
        check_host(f"http://{host}:8080", public_only=True)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1%eth0", "64:ff9b::10.0.0.1", "2002:a00:1::"]
)
def test_no_name_leads_from_the_internet_into_this_network(address: str) -> None:
    check_addresses("http://name.example:80", [address], public_only=False)
    with pytest.raises(AttemptFailed, match="inside this network"):
        check_addresses("http://name.example:80", ["8.8.8.8", address], public_only=True)


@pytest.mark.parametrize("host", ["1.1.1.1", "8.8.4.4", "[2001:4860:4860::8888]", "name.example"])
def test_redirects_on_the_internet_are_followed(host: str) -> None:
    check_host(f"https://{host}:443", public_only=True)


@pytest.mark.parametrize("engine", ["Engines", "AiohttpEngine"])
@pytest.mark.skipif(not CAN_BE_ALONE, reason=WHY_NOT_ALONE)
def test_a_name_that_is_given_another_address_meanwhile_leads_nowhere(engine: str) -> None:
    ran = alone("tests.transfer.rebinding", engine, addresses=["8.8.8.8", "10.9.9.9"])
    assert ran.returncode == 0, ran.stderr
