"""``demo``: both steps, on real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.commands.definition import command
from aisnb.settings import read_settings
from aisnb.units import plural

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context

BUCKET = "ais://demo"

_NEXT = """\
The data is in {directory},
served at {url} and copied into {bucket}. Try next:
  %ais ls {bucket} --prefix shard-00
  %ais bucket summary {bucket}
  %ais get {bucket}/shard-000.tar
  %ais get {url}shard-001.tar
  %ais start download '{url}{template}' ais://mine --progress
  %ais serve stop {directory}
  %ais rmb {bucket} -y"""


@command("demo")
def demo(context: Context) -> DataFrame:
    """Serve real files, copy them into a bucket and list it: both steps, in under a minute, without a network.

    Packs the sources of Python's standard library into a hundred tar shards; that is done once.

    Example:
        %ais demo
    """
    from aisnb.client import serve
    from aisnb.commands.packing import TEMPLATE, pack_standard_library
    from aisnb.explore.tables import mark

    directory = read_settings().home / "demo" / "shards"
    count = pack_standard_library(directory)
    context.note(f"Serving {plural(count, 'shard')} of Python's own sources, and copying them into {BUCKET}")
    server = serve(directory)
    client = context.client()
    job = client.download(server.url + TEMPLATE, BUCKET, description="demo")
    context.watch(job)
    context.note(_NEXT.format(directory=directory, url=server.url, bucket=BUCKET, template=TEMPLATE))
    return mark(client.ls(BUCKET))
