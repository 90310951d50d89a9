"""Members as samples, as WebDataset names them, and how tables of both look."""

from __future__ import annotations

import pandas as pd
import pytest

import aisnb
from aisnb.explore.tables import is_ours, mark, render_html, render_text


def listing(names: list[str], shard: str = "s.tar") -> pd.DataFrame:
    columns = {
        "shard": pd.Series([shard] * len(names), dtype="string[pyarrow]"),
        "member": pd.Series(names, dtype="string[pyarrow]"),
        "size": pd.Series(range(1, len(names) + 1), dtype="int64"),
        "offset": pd.Series([512 * number for number in range(len(names))], dtype="int64"),
    }
    return mark(pd.DataFrame(columns))


def test_members_of_one_key_are_a_sample() -> None:
    found = aisnb.samples(listing(["a/1.jpg", "a/1.cls", "a/2.seg.PNG", "a/2.cls"]))
    assert list(found.columns) == ["shard", "key", "extensions", "size", "members"]
    assert [str(kind) for kind in found.dtypes[3:]] == ["int64", "int64"]
    assert found.values.tolist() == [["s.tar", "a/1", "cls,jpg", 3, 2], ["s.tar", "a/2", "cls,seg.png", 7, 2]]
    assert found.attrs["scattered"] == 0


def test_a_key_in_two_shards_is_two_samples() -> None:
    both = pd.concat([listing(["1.jpg"], "a.tar"), listing(["1.jpg"], "b.tar")], ignore_index=True)
    assert aisnb.samples(both)["shard"].tolist() == ["a.tar", "b.tar"]


def test_what_webdataset_would_not_take_for_a_sample_is_left_out() -> None:
    found = aisnb.samples(listing(["README", "a/.hidden", "dir.d/name", "x.txt"]))
    assert found["key"].tolist() == ["x"]


def test_samples_whose_members_do_not_follow_each_other_are_counted() -> None:
    found = aisnb.samples(listing(["1.jpg", "2.jpg", "1.cls", "2.cls", "3.jpg", "3.cls"]))
    assert found["key"].tolist() == ["1", "2", "3"]
    assert found["members"].tolist() == [2, 2, 2]
    assert found.attrs["scattered"] == 2


@pytest.mark.parametrize("names", [[], ["README"]])
def test_without_samples_the_table_is_empty_and_has_its_columns(names: list[str]) -> None:
    found = aisnb.samples(listing(names))
    assert found.empty
    assert list(found.columns) == ["shard", "key", "extensions", "size", "members"]
    assert [str(kind) for kind in found.dtypes[3:]] == ["int64", "int64"]


def test_samples_need_the_columns_of_members() -> None:
    with pytest.raises(aisnb.UsageError, match="no column 'member'"):
        aisnb.samples(listing(["1.jpg"]).drop(columns="member"))


def test_names_with_line_breaks_have_keys_too() -> None:
    assert aisnb.samples(listing(["a\nb/c\nd.jpg"]))["key"].tolist() == ["a\nb/c\nd"]


def test_a_table_of_members_ends_with_its_totals() -> None:
    both = mark(pd.concat([listing(["1.jpg", "1.cls"], "a.tar"), listing(["1.jpg"], "b.tar")], ignore_index=True))
    assert is_ours(both)
    assert render_text(both).splitlines()[-1] == "3 members in 2 shards, 4B"
    assert render_text(aisnb.samples(both)).splitlines()[-1] == "2 samples in 2 shards, 4B"


def test_names_in_shards_are_shown_as_text() -> None:
    shown = render_html(listing(["<script>alert(1)</script>.txt", "line\nbreak.txt"]))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "line\nbreak" not in render_text(listing(["line\nbreak.txt"]))


def test_a_picture_of_members_knows_their_kinds() -> None:
    shown = aisnb.sizes(listing(["1.jpg", "1.cls", "2.jpg"]))
    assert shown.extensions["extension"].tolist() == [".jpg", ".cls"]
    assert shown.title.startswith("3 members")
