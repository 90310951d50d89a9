"""What the tests of the official SDK share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aistore.sdk import Client
    from aistore.sdk.bucket import Bucket

#: Seconds to wait for jobs. The SDK polls 64 times in them, so more means slower tests.
WAIT = 20


def fill(bucket: Bucket, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        bucket.object(name).get_writer().put_content(content)


def contents(bucket: Bucket) -> dict[str, bytes]:
    return {name: bucket.object(name).get_reader().read_all() for name in names(bucket)}


def names(bucket: Bucket) -> list[str]:
    return [entry.name for entry in bucket.list_all_objects()]


def done(client: Client, jobs: str | Iterable[str]) -> None:
    """Wait for jobs, each as its kind wants it, and see that they succeeded."""
    for job in [jobs] if isinstance(jobs, str) else jobs:
        result = client.job(job).wait(timeout=WAIT)
        assert result.success, result
