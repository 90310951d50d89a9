"""Directories of web servers: listed, downloaded and prefetched as a whole."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

import aisnb
from aisnb.uris import web_bucket
from tests.client.cluster import Proxy
from tests.support import sources
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.faulty import FaultySource

NAMES = sorted(["a b.tar", "a#b?c%20.tar", "größe.tar", "plain.tar", "<script>", "line\nbreak", "שלום", "\U0001f600"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with names of all kinds in ``abc``, and a directory below that."""
    folder = tmp_path / "root" / "abc"
    (folder / "below").mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(name.encode() * 10)
    return folder.parent


@pytest.fixture(params=["ours", "python", "nginx", "go"])
def address(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Iterator[str]:
    """The address of ``root``, served by one server after the other."""
    if request.param == "ours":
        with aisnb.serve(root) as server:
            yield server.url
        return
    if request.param == "python":
        server_of = sources.python_server(root)
    else:
        server_of = (sources.nginx_server if request.param == "nginx" else sources.go_server)(root, tmp_path)
    with server_of as found:
        yield found


def test_a_directory_is_a_table_whose_links_can_be_read(client: aisnb.Client, address: str) -> None:
    found = client.ls(f"{address}abc")
    assert found["name"].tolist() == NAMES
    assert found["size"].tolist() == [len(name.encode()) * 10 for name in NAMES]
    kinds = {name: str(kind) for name, kind in found.dtypes.items()}
    assert kinds == {"name": "str", "size": "int64", "modified": "datetime64[ns, UTC]", "url": "str"}
    assert found["modified"].notna().all()
    assert [client.get(url) for url in found["url"]] == [name.encode() * 10 for name in NAMES]


def test_a_file_is_listed_as_itself(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/d/a%20b.tar", b"x" * 7, last_modified="Tue, 24 Nov 2026 00:16:08 GMT")
    link = source.url("/d/a%20b.tar")
    listing = client.ls(link)
    assert listing[["name", "size", "url"]].to_numpy().tolist() == [["a b.tar", 7, link]]
    assert str(listing["modified"][0]) == "2026-11-24 00:16:08+00:00"
    with pytest.raises(aisnb.SourceRefused, match=f"nor a file '{source.url('/d/none')}'.*ls {source.url('/d/')}'"):
        client.ls(source.url("/d/none"))
    with pytest.raises(aisnb.SourceRefused, match=f"'{source.url('/d/none/')}' was not fetched"):
        client.ls(source.url("/d/none/"))


def test_a_directory_is_copied_as_a_whole(client: aisnb.Client, bucket: str, address: str) -> None:
    job = client.download(f"{address}abc/", f"{bucket}/in", wait=True)
    assert (job.total, job.done, job.failed) == (len(NAMES), len(NAMES), 0)
    found = client.ls(bucket)
    assert found["name"].tolist() == [f"in/{name}" for name in NAMES]
    assert found["size"].sum() == job.total_bytes


def test_a_web_bucket_lists_and_prefetches_what_its_source_has(client: aisnb.Client, address: str) -> None:
    client.get(f"{address}abc/plain.tar")
    bucket = str(web_bucket(f"{address}abc/plain.tar"))
    found = client.ls(bucket)
    assert found["name"].tolist() == NAMES
    assert found["size"].tolist() == [len(name.encode()) * 10 for name in NAMES]
    assert found["cached"].tolist() == [name == "plain.tar" for name in NAMES]
    assert client.ls(bucket, cached=True)["name"].tolist() == ["plain.tar"]
    assert client.ls(bucket, cached=False)["name"].tolist() == [name for name in NAMES if name != "plain.tar"]
    assert client.ls(bucket, prefix="a", limit=1)["name"].tolist() == ["a b.tar"]
    job = client.prefetch(bucket).wait()
    assert (job.total, job.done, job.skipped) == (len(NAMES), len(NAMES), 1)
    assert client.ls(bucket)["cached"].all()


def test_only_what_is_wanted_is_asked_for_its_size(client: aisnb.Client, source: FaultySource) -> None:
    names = [f"{letter}{number}" for letter in "ab" for number in range(50)]
    source.add(
        "/d/", b"<title>Index of /d/</title>" + b"".join(b'<a href="%b">x</a>' % name.encode() for name in names)
    )
    for name in names:
        source.add(f"/d/{name}", b"123")
    found = client.ls(source.url("/d/"), prefix="b", limit=3)
    assert (found["name"].tolist(), found["size"].tolist()) == (["b0", "b1", "b10"], [3, 3, 3])
    assert len(source.requests) == 4
    assert len(client.ls(source.url("/d/"), props="name")) == 100
    assert len(source.requests) == 5


def test_sizes_that_nobody_knows_are_missing_values(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/d/", b'<title>Index of /d/</title><a href="a">a</a><a href="b">b</a>')
    source.add("/d/b", b"12")
    found = client.ls(source.url("/d/"))
    assert str(found["size"].dtype) == "Int64"
    assert found["size"].isna().tolist() == [True, False]
    assert found["modified"].isna().all()
    client.get(source.url("/d/b"))
    listed = client.ls(str(web_bucket(source.url("/d/b"))))
    assert str(listed["size"].dtype) == "Int64"
    assert listed["size"].isna().tolist() == [True, False]


def test_an_empty_directory_is_an_empty_table(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/d/", b"[]")
    found = client.ls(source.url("/d/"))
    assert (list(found.columns), len(found)) == (["name", "size", "modified", "url"], 0)


def test_a_password_opens_the_directory_and_is_not_shown(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/d/", b'<title>Index of /d/</title><a href="a">a</a>')
    source.add("/d/a", b"1")
    found = client.ls(source.url("/d/").replace("http://", "http://me:secret@"))
    assert found["url"].tolist() == [source.url("/d/a")]
    assert {request.headers["authorization"] for request in source.requests} == {"Basic bWU6c2VjcmV0"}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=404), aisnb.SourceRefused),
        (Fault(status=405), aisnb.SourceRefused),
        (Fault(cut=0, by="reset"), aisnb.SourceError),
        (Fault(location="/d/"), aisnb.SourceError),
        (Fault(body=b"<title>Home</title>"), aisnb.SourceError),
    ],
)
def test_a_page_that_is_no_index_is_an_error_in_words(
    client: aisnb.Client, bucket: str, source: FaultySource, fault: Fault, kind: type[Exception]
) -> None:
    source.add("/d/", b"x", then=fault)
    for attempt in (client.ls, lambda link: client.download(link, bucket)):
        with pytest.raises(kind, match="/d/"):
            attempt(source.url("/d/"))


def test_a_source_that_is_gone_is_one_note(
    client: aisnb.Client, source: FaultySource, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = str(web_bucket(source.add("/d/a", b"1")))
    client.get(source.url("/d/a"))
    source.refuse()
    capsys.readouterr()
    assert client.ls(bucket)["name"].tolist() == ["a"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"Note: Listed is only what is here of {bucket}. ")
    client.ls(bucket, cached=True)
    assert capsys.readouterr().err == ""


def test_what_a_web_server_does_not_say_cannot_be_asked(client: aisnb.Client, source: FaultySource) -> None:
    with pytest.raises(aisnb.UsageError, match="checksum"):
        client.ls(source.url("/d/"), props="checksum")


async def test_a_directory_can_be_awaited(client: aisnb.Client, source: FaultySource) -> None:
    source.add("/d/", b'[{"name": "a", "size": 1}]')
    found, other = await asyncio.gather(client.ls_async(source.url("/d/")), client.ls_async(source.url("/d")))
    assert found.equals(other)


def test_a_cluster_is_given_the_links_of_a_directory(client: aisnb.Client, bucket: str, source: FaultySource) -> None:
    source.add("/d/", b'[{"name": "a", "size": 1}, {"name": "b c", "size": 1}]')
    source.add("/d/a", b"1")
    source.add("/d/b%20c", b"2")
    assert client.endpoint is not None
    token = aisnb.node_status().token_file.read_text()
    with Proxy(client.endpoint) as proxy, aisnb.connect(proxy.url, token.split('"')[3]) as cluster:
        cluster.download(source.url("/d/"), bucket).wait()
    assert client.ls(bucket)["name"].tolist() == ["a", "b c"]
