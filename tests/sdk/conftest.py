from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from aistore.sdk import Client

from tests.support.nodes import running_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aistore.sdk.bucket import Bucket

    from tests.support.nodes import NodeProcess


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """One node for the tests of a module; each uses buckets of its own."""
    with running_node(tmp_path_factory.mktemp("node") / "home") as running:
        yield running


@pytest.fixture
def bucket(node: NodeProcess) -> str:
    return node.create(f"b-{uuid4().hex[:12]}")


@pytest.fixture
def client(node: NodeProcess) -> Client:
    return Client(node.endpoint, token=node.token)


@pytest.fixture
def shelf(client: Client, bucket: str) -> Bucket:
    return client.bucket(bucket)
