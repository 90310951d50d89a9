"""Where the node listens: for this machine only, or for others, who need its token and get TLS."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aisnb import background
from aisnb.background.ask import NoAnswer, ask
from aisnb.errors import NodeError, UsageError
from aisnb.node.listening import Listening
from aisnb.node.root import DataRoot
from tests.client.secure import Authority
from tests.support.alone import CAN_BE_ALONE, WHY_NOT_ALONE, alone

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.settings import Settings

BEYOND = "0.0.0.0"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secure(authority: Authority) -> Listening:
    """TLS, on this machine only, by a certificate that an authority has signed."""
    certificate, key = authority.sign("node")
    return Listening("127.0.0.1", ("localhost",), str(certificate), str(key))


@pytest.mark.parametrize("bind", [BEYOND, "::", "0", "10.255.255.254", "8.8.8.8"])
def test_nobody_else_is_let_in_without_tls_or_a_word(settings: Settings, bind: str) -> None:
    with pytest.raises(UsageError, match="--insecure"):
        background.start(settings, listening=Listening(bind))
    assert not background.status(settings).running


@pytest.mark.parametrize("bind", ["no such host", "8.8.8.8", "-", "x" * 300])
def test_an_address_that_is_not_this_machines_is_refused_before_the_node_is_stopped(
    settings: Settings, bind: str
) -> None:
    before = background.start(settings)
    with pytest.raises(UsageError, match="cannot listen at"):
        background.start(settings, listening=Listening(bind, insecure=True))
    assert background.status(settings).pid == before.pid
    assert DataRoot(settings.home).read_listening() == Listening()


def test_the_node_is_known_by_its_certificate_whatever_name_that_is_for(settings: Settings, secure: Listening) -> None:
    running = background.start(settings, listening=secure)
    assert running.endpoint.startswith("https://127.0.0.1:")
    assert running.told == running.endpoint.replace("127.0.0.1", "localhost")
    assert b"pid" in ask(running, running.token, "GET", "/v1/x/status")
    assert not background.status(settings).public


def test_another_certificate_of_the_same_authority_is_not_trusted(
    settings: Settings, secure: Listening, authority: Authority
) -> None:
    running = background.start(settings, listening=secure)
    other = Listening(certificate=str(authority.sign("other")[0])).shown_certificate()
    with pytest.raises(NoAnswer) as told:
        ask(replace(running, certificate=other), running.token, "GET", "/v1/x/status")
    assert isinstance(told.value.__cause__, ssl.SSLCertVerificationError)


def test_a_killed_node_speaks_tls_again_at_the_same_address(settings: Settings, secure: Listening) -> None:
    before = background.start(settings, listening=secure)
    os.kill(before.pid, signal.SIGKILL)
    after = background.ensure(settings)
    assert after.pid != before.pid
    assert (after.endpoint, after.token, after.certificate) == (before.endpoint, before.token, before.certificate)


def test_the_same_word_again_changes_nothing_and_another_starts_the_node_anew(
    settings: Settings, secure: Listening
) -> None:
    first = background.start(settings, listening=secure)
    assert background.start(settings, listening=secure).pid == first.pid
    assert background.start(settings).pid == first.pid
    plain = background.start(settings, listening=Listening())
    assert plain.endpoint == first.endpoint.replace("https:", "http:")


def test_a_certificate_that_is_gone_is_an_error_that_says_how_to_go_on(settings: Settings, secure: Listening) -> None:
    background.start(settings, listening=secure)
    background.stop(settings)
    os.unlink(secure.certificate)
    with pytest.raises(NodeError, match=rf"(?s){secure.certificate}.*--bind 127\.0\.0\.1"):
        background.ensure(settings)
    assert background.start(settings, listening=Listening()).endpoint.startswith("http://127")


def test_nothing_asks_for_the_password_of_a_key(secure: Listening, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    words = ["rsa", "-aes256", "-passout", "pass:secret", "-in", secure.key, "-out", str(locked)]
    subprocess.run(["openssl", *words], check=True, capture_output=True)
    with pytest.raises(UsageError, match="has a password"):
        Listening(certificate=secure.certificate, key=str(locked)).check()


@pytest.mark.parametrize(
    "content", [None, "", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_a_file_that_is_no_certificate_is_named(secure: Listening, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "odd.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=r"odd\.pem.*cannot be used"):
        Listening(certificate=str(file), key=secure.key).check()
    with pytest.raises(UsageError, match="without its certificate"):
        Listening(key=secure.key).check()


@pytest.mark.skipif(not CAN_BE_ALONE, reason=WHY_NOT_ALONE)
def test_other_machines_come_in_by_tls_and_token_and_are_told_of(tmp_path: Path, secure: Listening) -> None:
    words = str(tmp_path / "home"), secure.certificate, secure.key
    ran = alone("tests.background.opened", *words, addresses=["10.9.9.9"])
    assert ran.returncode == 0, ran.stderr
