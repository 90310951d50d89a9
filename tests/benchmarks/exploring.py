"""A plan of 10,000 names, and a picture of 1,000,000 sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aisnb
from tests.benchmarks.downloads import aisnb_stop
from tests.benchmarks.measuring import interleaved, seconds, table
from tests.benchmarks.peers import nginx

if TYPE_CHECKING:
    from pathlib import Path

    from pandas import DataFrame

FILES = 10_000
OBJECTS = 1_000_000
SHORT = {"FILES": 50, "OBJECTS": 1_000}


def plans(folder: Path, rounds: int) -> None:
    """Print how long asking every file of a source takes: of ours, and of nginx."""
    root = folder / "source"
    root.mkdir()
    for number in range(FILES):
        (root / f"f-{number:05d}").write_bytes(b"%05d" % number)
    template = f"f-{{00000..{FILES - 1:05d}}}"
    with aisnb.connect() as client, aisnb.serve(root) as server, nginx(root, folder / "nginx") as address:
        works = {"plan, from aisnb serve": lambda: seconds(lambda: client.plan(server.url + template))}
        if address:
            works["plan, from nginx"] = lambda: seconds(lambda: client.plan(address + template))
        table(f"{FILES:,} names", interleaved(works, rounds), "plan, from aisnb serve")
    aisnb_stop()


def sizes(folder: Path, rounds: int) -> None:
    """Print how long a picture takes, numbers and drawing, after the imports."""
    listing = _listing()
    works = {
        "numbers": lambda: seconds(lambda: repr(aisnb.sizes(listing))),
        "numbers and PNG": lambda: seconds(lambda: aisnb.sizes(listing)._repr_mimebundle_()),
        "numbers and PNG, two directories deep": lambda: seconds(
            lambda: aisnb.sizes(listing, depth=2)._repr_mimebundle_()
        ),
    }
    table(f"{OBJECTS:,} objects", interleaved(works, rounds), "numbers and PNG")


def _listing() -> DataFrame:
    import numpy as np
    import pandas as pd

    sizes = np.random.default_rng(0).lognormal(13, 2, OBJECTS).astype("int64")
    names = [f"{'val' if number % 10 == 0 else 'train'}/{number % 37}/{number:07d}.tar" for number in range(OBJECTS)]
    return pd.DataFrame({"name": pd.Series(names, dtype="string[pyarrow]"), "size": sizes})
