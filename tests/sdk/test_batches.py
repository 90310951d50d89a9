"""Get-batch, by the official SDK."""

from __future__ import annotations

import contextlib
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
import requests
from aistore.sdk.errors import AISError
from aistore.sdk.xact_const import XACT_KIND_GET_BATCH as GET_BATCH
from urllib3.exceptions import HTTPError

from tests.sdk.using import WAIT

if TYPE_CHECKING:
    from aistore.sdk import Client
    from aistore.sdk.bucket import Bucket


@pytest.fixture
def stocked(shelf: Bucket) -> Bucket:
    for name in ("a", "b"):
        shelf.object(name).get_writer().put_content(name.encode() * 100)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as shard:
        entry = tarfile.TarInfo("d/member")
        entry.size = 6
        shard.addfile(entry, io.BytesIO(b"inside"))
    shelf.object("s.tar").get_writer().put_content(packed.getvalue())
    return shelf


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("output", [".tar", ".tgz", ".zip"])
def test_objects_members_and_ranges_come_in_order(
    client: Client, stocked: Bucket, output: str, *, streaming: bool
) -> None:
    batch = client.batch(bucket=stocked, streaming_get=streaming, output_format=output)
    batch.add("b").add("s.tar", archpath="d/member").add(stocked.object("a"))
    found = list(batch.get())
    assert [content for _, content in found] == [b"b" * 100, b"inside", b"a" * 100]
    assert [(told.obj_name, told.size) for told, _ in found] == [("b", 100), ("s.tar", 6), ("a", 100)]


def test_what_is_missing_is_told(client: Client, stocked: Bucket) -> None:
    batch = client.batch(["nothing", "a"], bucket=stocked, streaming_get=False, cont_on_err=True)
    (missing, nothing), (there, content) = batch.get()
    assert "does not exist" in missing.err_msg
    assert (nothing, there.err_msg, content) == (b"", None, b"a" * 100)
    with pytest.raises(AISError, match="does not exist"):
        list(client.batch(["nothing"], bucket=stocked, streaming_get=True, cont_on_err=False).get())


def test_a_batch_is_a_job_that_ends_and_can_be_stopped(client: Client, stocked: Bucket) -> None:
    def known() -> set[str]:
        return {each.id for each in client.job(job_kind=GET_BATCH).get_details().list_snapshots()}

    before = known()
    list(client.batch(["a", "b"], bucket=stocked, streaming_get=True).get())
    (done,) = known() - before
    assert client.job(done, job_kind=GET_BATCH).wait(timeout=WAIT).success
    (snapshot,) = client.job(done).get_details().list_snapshots()
    assert (snapshot.stats.objects, snapshot.stats.bytes) == (2, 200)
    assert f"{GET_BATCH}[{done}]" in client.cluster().list_running_jobs()  # AIStore's waits for more, too

    stocked.object("large").get_writer().put_content(bytes(32 << 20))
    before = known()
    stream = client.batch(["large"] * 4, bucket=stocked, streaming_get=True).get(raw=True)
    with contextlib.closing(stream):
        (running,) = known() - before
        client.job(running, job_kind=GET_BATCH).abort()
        result = client.job(running, job_kind=GET_BATCH).wait(timeout=WAIT)
        assert (result.success, bool(result.error)) == (False, True)
        with pytest.raises((requests.ConnectionError, HTTPError)):
            stream.read()
    with pytest.raises(AISError, match="does not exist"):
        client.job("nowhere12", job_kind=GET_BATCH).abort()
