"""The node as a process: one per data root, found again, ended in order."""

from __future__ import annotations

import asyncio
import fcntl
import json
import signal
import socket
import stat
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from aisnb.node.leases import Leases
from aisnb.node.root import EXIT_ELSEWHERE, EXIT_LOCKED, DataRoot
from aisnb.store import Store
from tests.support.faulty import Fault, FaultySource
from tests.support.nodes import PATIENCE, NodeProcess, running_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    store = Store(home)
    yield store
    store.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def status_of(node: NodeProcess) -> dict[str, object]:
    found = node.ask("GET", "/v1/x/status").json()
    assert isinstance(found, dict)
    return found


def test_it_answers_where_its_file_says_and_keeps_its_root_to_its_owner(home: Path) -> None:
    with running_node(home) as node:
        answer = node.ask("GET", "/v1/health", headers={"Authorization": ""})
        assert (answer.status, answer.headers["aisnb-extension"]) == (200, "1")
        assert node.endpoint.startswith("http://127.0.0.1:")
        assert node.root.is_locked()
        assert mode(home) == 0o700
        assert mode(node.root.token_file) == 0o600
        assert status_of(node)["pid"] == node.process.pid


def test_a_directory_with_other_things_in_it_keeps_its_mode(home: Path) -> None:
    home.mkdir()
    home.chmod(0o755)
    (home / "thesis.tex").touch()
    DataRoot(home).prepare()
    assert mode(home) == 0o755


def test_the_loser_of_a_start_race_ends_with_its_own_status_and_harms_nothing(home: Path) -> None:
    with running_node(home) as node:
        loser = NodeProcess(home)
        assert loser.process.wait(PATIENCE) == EXIT_LOCKED == 3
        assert node.ask("GET", "/v1/x/status").status == 200
        assert "another node of this machine" in node.log


def test_a_root_that_a_node_of_another_machine_holds_is_refused_with_the_way_out(home: Path) -> None:
    root = DataRoot(home)
    root.prepare()
    root.node_file.write_text('{"host":"elsewhere","pid":1,"endpoint":"http://127.0.0.1:1","version":"1"}')
    with root.lock_file.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        loser = NodeProcess(home)
        assert loser.process.wait(PATIENCE) == EXIT_ELSEWHERE
        assert "elsewhere" in loser.log
        assert "AISNB_HOME" in loser.log
        assert root.is_locked()
    assert not root.is_locked()


def test_a_root_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Exception, match="AISNB_HOME"):
        DataRoot(tmp_path / "file" / "home").prepare()


def test_a_killed_node_is_found_again_at_its_port_with_its_token_its_name_and_its_objects(home: Path) -> None:
    with running_node(home) as first:
        known = (first.endpoint, first.token, first.ask("GET", "/v1/daemon?what=smap").json()["uuid"])
        first.put(first.create("abc"), "a", b"kept")
        first.kill()
        assert not first.root.is_locked()
        assert first.root.read_node_file() is not None  # stale, and nobody minds
    with running_node(home) as second:
        assert (second.endpoint, second.token, second.ask("GET", "/v1/daemon?what=smap").json()["uuid"]) == known
        assert second.get("abc", "a") == b"kept"


@pytest.mark.parametrize("rubbish", [b"", b"{", b"\xff\xfe", b"[]", b'{"token": "a\\nb", "host": 7}'])
def test_damaged_files_in_the_root_are_replaced(home: Path, rubbish: bytes) -> None:
    root = DataRoot(home)
    root.prepare()
    for file in (root.lock_file, root.node_file, root.token_file):
        file.write_bytes(rubbish)
    assert root.read_node_file() is None
    assert root.read_token() == ""
    with running_node(home) as node:
        assert len(node.token) >= 32
        assert status_of(node)["root"] == str(home)


def test_a_token_file_that_others_could_read_is_closed_to_them(home: Path) -> None:
    root = DataRoot(home)
    root.prepare()
    token = root.ensure_token()
    root.token_file.chmod(0o644)
    assert root.ensure_token() == token
    assert mode(root.token_file) == 0o600


def test_a_new_token_makes_the_old_one_worthless(home: Path) -> None:
    with running_node(home) as node:
        old = node.token
    with running_node(home, options=("--new-token",)) as node:
        assert node.token != old
        assert node.ask("GET", "/v1/x/status", headers={"Authorization": f"Bearer {old}"}).status == 401


def test_a_port_that_another_program_took_is_left_to_it_for_good(home: Path) -> None:
    with running_node(home) as node:
        port = urlsplit(node.endpoint).port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with running_node(home) as node:
            moved = node.endpoint
            assert urlsplit(moved).port != port
            assert f"Port {port} of this node cannot be had" in node.log
    with running_node(home) as node:
        assert node.endpoint == moved


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_whoever_waits_for_it(home: Path, number: signal.Signals) -> None:
    with FaultySource() as source, running_node(home) as node:
        link = source.add("/d/a", b"0123456789", then=Fault(cut=3, by="stall"))
        lease, cold = node.connection(), node.connection()
        headers = {"Authorization": f"Bearer {node.token}"}
        lease.request("GET", "/v1/x/lease", headers=headers)
        assert lease.getresponse().status == 200
        cold.request("GET", ht_path(link), headers=headers)
        while not source.asked("/d/a"):
            node.ask("GET", "/v1/health")
        node.process.send_signal(number)
        assert node.process.wait(PATIENCE) == 0
        assert node.root.read_node_file() is None
        assert not node.root.is_locked()
        lease.close()
        cold.close()


def ht_path(link: str) -> str:
    from urllib.parse import quote

    from aisnb.uris import link_name, web_bucket

    return f"/v1/objects/{web_bucket(link).name}/{link_name(link)}?provider=ht&original_url={quote(link, safe='')}"


def test_it_ends_by_itself_when_nobody_uses_it(home: Path) -> None:
    node = NodeProcess(home, idle=0.2)
    assert node.process.wait(PATIENCE) == 0
    assert node.root.read_node_file() is None


def test_told_to_stay_it_stays_over_a_crash_but_not_over_a_stop(home: Path) -> None:
    with running_node(home, options=("--keep",)) as node:
        assert status_of(node)["keep"] is True
        node.kill()
    with running_node(home) as node:
        assert status_of(node)["keep"] is True
    with running_node(home) as node:
        assert status_of(node)["keep"] is False


def test_a_lease_is_counted_for_as_long_as_its_holder_is_connected(home: Path) -> None:
    with running_node(home) as node:
        holder = node.connection()
        holder.request("GET", "/v1/x/lease/", headers={"Authorization": f"Bearer {node.token}"})
        assert holder.getresponse().status == 200
        assert status_of(node)["leases"] == 1
        holder.close()
        while status_of(node)["leases"]:
            pass


async def test_the_timer_runs_only_while_nobody_uses_the_node(store: Store) -> None:
    stop = asyncio.Event()
    running = 1
    leases = Leases(store, 0.05, stop, lambda: running)
    leases.reconsider()
    with leases.lease():
        running = 0
        with leases.request():
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.2)
        assert not stop.is_set()
    await asyncio.wait_for(stop.wait(), PATIENCE)


async def test_a_node_told_to_stay_has_no_timer_until_it_is_let_go(store: Store) -> None:
    stop = asyncio.Event()
    leases = Leases(store, 0.05, stop, lambda: 0)
    leases.keep = True
    assert Leases(store, 0.05, stop, lambda: 0).keep
    await asyncio.sleep(0.2)
    assert not stop.is_set()
    leases.keep = False
    await asyncio.wait_for(stop.wait(), PATIENCE)


def test_the_files_that_others_read_are_json(home: Path) -> None:
    with running_node(home) as node:
        assert set(json.loads(node.root.node_file.read_text())) == {"host", "pid", "endpoint", "version"}
        assert set(json.loads(node.root.token_file.read_text())) == {"token"}
