"""How sizes are spread: the numbers, and the picture."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aisnb
from aisnb.explore import distribution
from aisnb.explore.oddness import odd, usual_sizes
from aisnb.explore.sizes import Sizes, sizes
from aisnb.explore.treemap import squarify

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG"
#: Names that have broken pages, terminals and formulas.
HOSTILE = [
    "<script>alert(1)</script>.tar",
    "a\nb\t\x1b[31m.tar",
    "q\"uo'te $x^2$ \\frac{ $.tar",
    "شارد-٠١.tar",
    "🦊.tar",
    "大文件.tar",
    "x" * 400,
    "{1..2}%d@3",
    " ",
]


def listing(names: list[str], size: object = 1) -> pd.DataFrame:
    return pd.DataFrame({"name": pd.Series(names, dtype="str"), "size": size})


@given(st.lists(st.integers(0, 2**50), max_size=60))
def test_every_object_is_in_one_bin(values: list[int]) -> None:
    known = np.array(values, dtype="int64")
    bins = distribution.histogram(known)
    assert bins["objects"].sum() == len(values)
    for low, high, objects in zip(bins["low"], bins["high"], bins["objects"], strict=True):
        assert objects == ((known >= low) & (known < high)).sum()
    assert len(bins) <= 60


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=500))
def test_shares_rise_from_nothing_to_all(values: list[int]) -> None:
    shares = distribution.cumulative(np.array(values, dtype="int64"))
    assert shares.iloc[0].tolist() == [0, 0]
    assert shares["objects"].iloc[-1] == 1
    assert shares["size"].iloc[-1] == pytest.approx(1 if sum(values) else 0)
    assert shares["size"].is_monotonic_increasing
    assert len(shares) <= 201


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=50), st.floats(1, 100), st.floats(1, 100))
def test_a_treemap_gives_each_its_share_and_nobody_more(areas: list[float], width: float, height: float) -> None:
    areas.sort(reverse=True)
    cells = squarify(areas, width, height)
    for area, cell in zip(areas, cells, strict=True):
        assert cell.width * cell.height / (width * height) == pytest.approx(area / sum(areas), rel=1e-6)
        assert -1e-6 <= cell.x <= cell.x + cell.width <= width * (1 + 1e-6)
        assert -1e-6 <= cell.y <= cell.y + cell.height <= height * (1 + 1e-6)


def test_bytes_are_summed_by_directory_at_any_depth() -> None:
    frame = listing(["a/x/1", "a/x/2", "a/y/1", "b/1", "top"], [1, 2, 4, 8, 16])
    assert sizes(frame).prefixes.to_numpy().tolist() == [["", 1, 16], ["b/", 1, 8], ["a/", 3, 7]]
    deeper = sizes(frame, depth=2).prefixes.set_index("prefix")["size"].to_dict()
    assert deeper == {"": 16, "b/": 8, "a/x/": 3, "a/y/": 4}


def test_a_depth_is_found_where_the_first_divides_nothing() -> None:
    found = sizes(listing(["d/train/1", "d/train/2", "d/val/1"]))
    assert (found.prefix_kind, found.prefixes["prefix"].tolist()) == ("directory", ["d/train/", "d/val/"])


def test_names_without_directories_are_divided_before_their_digits_or_not_at_all() -> None:
    assert sizes(listing(["train-1", "train-2", "val-1"])).prefix_kind == "prefix"
    flat = sizes(listing(["shard-1", "shard-2", "shard-3"], [2, 3, 1]))
    assert (flat.prefix_kind, flat.prefixes["prefix"].tolist()) == ("object", ["shard-2", "shard-1", "shard-3"])


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.tar", ".tar"), ("d.x/b.TAR.GZ", ".tar.gz"), ("v1.0", ""), ("x.idx.json", ".json"), ("c.7z", ".7z"), ("n", "")],
)
def test_a_kind_is_the_last_suffix(name: str, extension: str) -> None:
    assert sizes(listing([name])).extensions["extension"].tolist() == [extension]


def test_members_of_shards_are_shown_by_shard_and_webdataset_extension() -> None:
    members = pd.DataFrame({"shard": ["s-0.tar", "s-0.tar", "s-1.tar"], "member": ["1.seg.png", "1.cls", "2.seg.png"]})
    found = sizes(members.assign(size=[5, 1, 7], offset=0))
    assert found.extensions.to_numpy().tolist() == [[".seg.png", 2, 12], [".cls", 1, 1]]
    assert (found.prefix_kind, found.prefixes["prefix"].tolist()) == ("shard", ["s-1.tar/", "s-0.tar/"])
    assert "3 members" in found.title
    inside = members.assign(shard="d/s.tar", member=["a/1", "a/2", "b/1"], size=1)
    assert sizes(inside).prefix_kind == "directory"


def test_a_treemap_shows_hundreds_of_groups_and_how_large_the_others_are() -> None:
    names = [f"class-{number:04}/a" for number in range(1_000)]
    frame = pd.DataFrame({"name": names, "size": range(1_000, 2_000)})
    tree = sizes(frame).figure().axes[2]
    assert len(tree.patches) == 301
    labels = [label.get_text() for label in tree.texts]
    assert sum(label.startswith("700 others, up to 1.66KiB each\n") for label in labels) == 1
    labels = [label.get_text() for label in sizes(frame.head(200)).figure().axes[2].texts]
    assert sum(label.startswith("…") for label in labels) > 50
    assert not any(label.startswith("…-") for label in labels)


def test_a_treemap_s_labels_tell_cells_apart_and_stay_in_them() -> None:
    names = [f"train/imagenet-{number:06d}.tar" for number in range(40)]
    frame = pd.DataFrame({"shard": names, "member": "1.jpg", "size": [3**number % 997 for number in range(40)]})
    tree = sizes(frame).figure().axes[2]
    assert tree.get_title("left") == "Bytes by shard"
    labels = [label.get_text().split("\n")[0] for label in tree.texts]
    assert len(set(labels)) == len(labels) > 20
    assert not any(label.startswith("…") and label.endswith(".tar/") for label in labels)
    whole = tree.get_window_extent().width
    assert all(label.get_clip_on() and label.get_clip_box().width < whole / 3 for label in tree.texts)


def test_unknown_sizes_are_counted_and_left_out() -> None:
    found = sizes(listing(["a", "b", "c"], pd.array([1, None, 3], dtype="Int64")))
    assert found.summary[["objects", "size", "unknown"]].to_numpy().tolist() == [[3, 4, 1]]
    assert "1 of unknown size" in repr(found)


@pytest.mark.parametrize(
    "frame",
    [listing([]), listing(["one"]), listing(["a", "b"], 0), listing(["a", "b"], [0, 2**60]), listing(HOSTILE, 7)],
    ids=["nothing", "one", "empty", "far apart", "hostile"],
)
def test_whatever_is_there_gets_a_picture_without_a_warning(frame: pd.DataFrame) -> None:
    found = sizes(frame)
    bundle, facts = found._repr_mimebundle_()
    assert bundle["image/png"].startswith(PNG)
    assert facts["image/png"]["width"] > 0
    assert bundle["text/plain"] == repr(found)


def test_a_picture_can_be_drawn_in_any_thread() -> None:
    found, pictures = sizes(listing(HOSTILE, range(9))), list[bytes]()
    threads = [
        threading.Thread(target=lambda: pictures.append(found._repr_mimebundle_()[0]["image/png"])) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [picture[:4] for picture in pictures] == [PNG, PNG]
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize(("suffix", "start"), [("png", PNG), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_picture_is_saved_as_its_suffix_says(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = sizes(listing(["a", "b"], [1, 2])).save(tmp_path / f"sizes.{suffix}")
    assert path.read_bytes().startswith(start)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_pictured_is_said(tmp_path: Path) -> None:
    with pytest.raises(aisnb.UsageError, match="needs 'name' and 'size'"):
        sizes(pd.DataFrame({"x": [1]}))
    with pytest.raises(aisnb.UsageError, match="Sizes are numbers"):
        sizes(listing(["a"], "1KiB"))
    with pytest.raises(aisnb.UsageError, match=r"Use a suffix of: \.png"):
        sizes(listing(["a"])).save(tmp_path / "a.gif")
    with pytest.raises(aisnb.DirectoryNotFound, match="Make it first"):
        sizes(listing(["a"])).save(tmp_path / "none" / "a.png")
    with pytest.raises(aisnb.UsageError, match="depth"):
        Sizes(listing(["a"]), depth=-1)


@pytest.mark.parametrize(
    ("names", "size", "said"),
    [([1, 2], 1, "no text"), (["a", None], 1, "lacks 1 name"), (["a", "b"], [-5, 1], "-5 bytes makes no sense")],
)
def test_names_that_are_none_and_sizes_below_nothing_are_refused(names: list[Any], size: object, said: str) -> None:
    with pytest.raises(aisnb.UsageError, match=said):
        sizes(pd.DataFrame({"name": pd.Series(names, dtype="object"), "size": size}))


def test_a_table_without_rows_is_a_picture_of_nothing() -> None:
    for empty in (pd.DataFrame({"name": [], "size": []}), listing([], pd.Series([], dtype="int64"))):
        found = sizes(empty)
        assert repr(found) == "0 objects, 0B"
        assert found._repr_mimebundle_()[0]["image/png"].startswith(PNG)
        assert found.histogram["objects"].sum() == 0


def test_without_matplotlib_the_numbers_are_there_and_the_picture_says_what_to_install() -> None:
    script = (
        "import importlib.machinery, sys\n"
        "class Hidden(importlib.machinery.PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, path=None, target=None):\n"
        "        if name == 'matplotlib': return None\n"
        "        return super().find_spec(name, path, target)\n"
        "sys.meta_path[:] = [Hidden if f is importlib.machinery.PathFinder else f for f in sys.meta_path]\n"
        "import pandas as pd, aisnb\n"
        "found = aisnb.sizes(pd.DataFrame({'name': ['a'], 'size': [1]}))\n"
        "assert list(found._repr_mimebundle_()) == ['text/plain'] and len(found.histogram) == 1\n"
        "try: found.figure()\n"
        "except aisnb.Unsupported as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'aisnb[plot]'" in done.stdout


def test_a_size_is_odd_if_it_is_far_from_the_others() -> None:
    alike = [1000 + number for number in range(20)]
    assert not odd(pd.Series(alike)).any()
    assert odd(pd.Series([*alike, 90_000, 100, 0, 1900])).tolist()[-4:] == [True, True, True, False]
    assert odd(pd.Series([1, 1000, 0])).tolist() == [False, False, True]
    spread = pd.Series([2**number for number in range(10, 30)])
    assert not odd(spread).any()
    assert usual_sizes(pd.Series([], dtype="int64")).median == 0
    assert odd(pd.Series([*alike, None], dtype="Int64")).tolist()[-1] is False
