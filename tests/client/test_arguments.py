"""Calls that cannot be: what they were given, and what they take, in one sentence of ours that is a TypeError too."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from aisnb.client.misnamed import _BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

#: The package as type checkers do not know it: what is wrong below is so on purpose.
public: Any = aisnb

WRONG_VALUES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda c: c.plan(1), r"plan\(\) was given 1 \(int\) as 'source'.*text, a list or a DataFrame: as for download"),
    (lambda c: c.plan(None), r"plan\(\) was given None as 'source'"),
    (lambda c: c.put(b"abc", "ais://abc/x"), r"b'abc' \(bytes\) as 'source'.*text or a path: a file.*bytes"),
    (lambda c: c.put(Path("x"), 1), "as 'bucket_or_object'"),
    (lambda c: c.put(["x"], "ais://abc/"), "list"),
    (lambda c: c.get(1), "ais://bucket/name"),
    (lambda c: c.get("ais://abc/x", offset="a"), "a whole number or None: the first byte"),
    (lambda c: c.ls(1), "ais://abc"),
    (lambda c: c.ls("ais://abc", limit="3"), "'3' \\(str\\) as 'limit'"),
    (lambda c: c.create(None), "None as 'bucket'"),
    (lambda c: c.remove(1), "text"),
    (lambda c: c.download("http://h/x", None), "as 'destination'"),
    (lambda c: c.download("http://h/x", "ais://abc", connections="4"), "as 'connections'"),
    (lambda c: c.download("http://h/x", "ais://abc", timeout="1m"), "a number or None"),
    (lambda c: c.download(b"http://h/x", "ais://abc"), "bytes"),
    (lambda c: c.prefetch("ht://x", names="a.tar"), "'a.tar' \\(str\\) as 'names'.*a list"),
    (lambda c: c.job(1), "as 'id'"),
    (lambda c: c.summary(1), "as 'bucket'"),
    (lambda c: c.open(1), "as 'source'"),
    (lambda c: c.serve(1), "as 'directory'.*what to serve"),
    (lambda c: public.serve(None), "None as 'directory'"),
    (lambda c: public.serve("x", port="80"), "as 'port'"),
    (lambda c: public.plan(1), "as 'source'"),
    (lambda c: public.check(1), "as 'bucket'"),
    (lambda c: public.members(1), "as 'source'"),
    (lambda c: public.sizes(1), "as 'source'"),
    (lambda c: public.samples("ais://abc"), r"'ais://abc' \(str\) as 'listing'.*DataFrame: as members returned it"),
    (lambda c: public.connect(1), "as 'endpoint'.*cluster"),
    (lambda c: public.browse(1), "as 'place'.*a bucket"),
    (lambda c: public.jobs_widget(1), "as 'choice'"),
    (lambda c: public.Template(1), r"Template\(\) was given 1"),
    (lambda c: public.Template("a{1..3}").check("a1"), "'a1' \\(str\\) as 'names'"),
]

WRONG_WORDS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda c: c.get("ais://abc/x", ofset=1), r"get\(\) .*'ofset'. Did you mean 'offset'\? .*get\(source, path=None"),
    (lambda c: c.download("http://h/x", "ais://b", max_conns=4), "Did you mean 'connections'"),
    (lambda c: c.download("http://h/x", "ais://b", limit_bph=4), "Did you mean 'bytes_per_hour'"),
    (lambda c: public.serve("x", host=["h"]), "Did you mean 'hosts'"),
    (lambda c: c.ls("ais://abc", "x"), r"ls\(\) .*too many positional arguments.*ls\(bucket='', \*, prefix=''"),
    (lambda c: c.create(), r"create\(\) .*missing a required argument: 'bucket'"),
    (lambda c: c.download("http://h/x", bucket="ais://b"), "download"),
    (lambda c: public.serve("x", prt=1), "Did you mean 'port'"),
    (lambda c: public.plan("http://h/x", sampel=False), "Did you mean 'sample'"),
]


@pytest.mark.parametrize(("call", "said"), [*WRONG_VALUES, *WRONG_WORDS])
def test_a_call_that_cannot_be_says_what_it_was_given_and_what_it_takes(
    client: aisnb.Client, call: Callable[[Any], Any], said: str
) -> None:
    with pytest.raises(aisnb.ArgumentInvalid, match=f"(?s){said}") as refused:
        call(client)
    assert isinstance(refused.value, aisnb.UsageError)
    assert isinstance(refused.value, TypeError)
    assert "\n" not in str(refused.value)


async def test_what_is_awaited_says_the_same(client: Any) -> None:
    with pytest.raises(aisnb.ArgumentInvalid, match="as 'source'"):
        await client.get_async(1)
    with pytest.raises(aisnb.ArgumentInvalid, match="'ofset'"):
        await client.get_async("ais://abc/x", ofset=1)


def test_a_secret_and_a_long_value_are_not_repeated() -> None:
    with pytest.raises(aisnb.ArgumentInvalid) as refused:
        public.connect("http://localhost:1", token=b"secret")
    assert "secret" not in str(refused.value)
    with pytest.raises(aisnb.ArgumentInvalid) as refused:
        public.connect().put(b"x" * 10_000, "ais://abc/x")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("method", [aisnb.Client.get, aisnb.Client.ls_async, aisnb.Job.wait, aisnb.serve])
def test_what_help_shows_of_a_method_is_still_its_own(method: Callable[..., Any]) -> None:
    assert method.__doc__
    assert "args" not in inspect.signature(method).parameters


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cat", "A client has no 'cat'. In Python that is client.get(source)."),
        ("rmb_async", "A client has no 'rmb_async'. In Python that is client.remove(bucket_or_object)."),
        ("check", "aisnb.check(bucket, template)"),
        ("dowload", "Did you mean 'download'? It has about, "),
    ],
)
def test_a_name_that_a_client_does_not_have_is_an_error_that_says_what_was_meant(name: str, said: str) -> None:
    client = aisnb.connect()
    with pytest.raises(AttributeError) as told:
        getattr(client, name)
    assert said in str(told.value)
    assert not hasattr(client, name)


def test_what_is_told_of_names_that_a_client_does_not_have_is_there() -> None:
    """Each call that is pointed at exists, and no client has a name that is pointed away from."""
    client = aisnb.connect()
    for name, call in _BY_NAME.items():
        assert not hasattr(aisnb.Client, name), name
        home, attribute = call.partition("(")[0].split(".")[:2]
        assert hasattr({"client": client, "aisnb": public}[home], attribute), call
