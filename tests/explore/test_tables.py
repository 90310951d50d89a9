"""Tables as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisnb.explore.tables import is_ours, mark, render_html, render_text
from aisnb.units import printable


def listing(count: int) -> pd.DataFrame:
    frame = pd.DataFrame({"name": [f"shard-{number:03d}.tar" for number in range(count)], "size": range(count)})
    frame["size"] *= 1024
    frame.attrs.update(bucket="ais://abc", aisnb=True)
    return frame


@dataclass
class HtmlCell:
    """A cell of a table, as a browser reads it."""

    style: str
    text: str = ""


def cells(page: str, tag: str) -> list[HtmlCell]:
    found = list[HtmlCell]()

    class Reader(HTMLParser):
        def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
            assert name in ("div", "table", "thead", "tbody", "tr", "th", "td", "p")
            if name == tag:
                found.append(HtmlCell(dict(attrs).get("style") or ""))

        def handle_data(self, data: str) -> None:
            if found and self.lasttag == tag:
                found[-1].text += data

    Reader().feed(page.partition("<p>")[0])
    return found


def test_text_is_the_cli_s_table_with_a_line_of_totals() -> None:
    assert render_text(listing(3)).splitlines() == [
        "NAME             SIZE",
        "shard-000.tar    0B",
        "shard-001.tar    1.00KiB",
        "shard-002.tar    2.00KiB",
        "3 objects, 3.00KiB",
    ]


def test_html_has_the_same_and_escapes_names() -> None:
    frame = listing(1)
    frame.loc[0, "name"] = "<script>alert(1)</script>&"
    page = render_html(frame)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page
    assert "1 object, 0B" in page


@pytest.mark.parametrize("render", [render_text, render_html])
def test_a_long_table_is_cut_in_the_middle_and_says_so(render: object) -> None:
    text = render(listing(1_000_000), max_rows=4)  # type: ignore[operator]  # one of ours
    for shown in ("shard-000.tar", "shard-001.tar", "shard-999998.tar", "shard-999999.tar", "999,996 more"):
        assert shown in text
    assert "shard-002.tar" not in text
    assert "1,000,000 objects, 465.66TiB" in text


def test_all_rows_are_shown_where_none_is_to_be_cut() -> None:
    assert len(render_text(listing(100), max_rows=None).splitlines()) == 102
    assert len(render_text(listing(60)).splitlines()) == 62


@pytest.mark.parametrize(("units", "size"), [("iec", "2.00KiB"), ("si", "2.05KB"), ("raw", "2048")])
def test_sizes_come_in_the_units_asked_for(units: str, size: str) -> None:
    assert size in render_text(listing(3), units=units)
    assert size in render_text(mark(listing(3), units))
    assert size in render_html(mark(listing(3), units))


def test_what_is_unknown_is_a_dash_and_counted() -> None:
    frame = listing(3)
    frame["size"] = pd.array([1024, None, None], dtype="Int64")
    frame["atime"] = pd.to_datetime(["2026-01-02 03:04:05", None, None], utc=True)
    frame["cached"] = [True, False, True]
    frame["custom"] = [{"a": "1"}, {}, None]
    lines = render_text(frame).splitlines()
    assert lines[1].split() == ["shard-000.tar", "1.00KiB", "2026-01-02", "03:04:05", "UTC", "yes", "a=1"]
    assert lines[2].split() == ["shard-001.tar", "-", "-", "no", "-"]
    assert lines[-1] == "3 objects, 1.00KiB, 2 of unknown size"


def test_directories_in_a_listing_are_counted_as_such() -> None:
    frame = pd.DataFrame({"name": ["a/", "b/", "c", "d"], "size": pd.array([None, None, None, 4], dtype="Int64")})
    assert render_text(mark(frame)).splitlines()[-1] == "2 objects, 2 directories, 4B, 1 of unknown size"
    assert render_text(mark(frame.drop([1, 2]))).splitlines()[-1] == "1 object, 1 directory, 4B"


def test_an_empty_table_says_how_much_is_there() -> None:
    assert render_text(listing(0)) == "0 objects"
    assert "0 objects" in render_html(listing(0))


@pytest.mark.parametrize(
    ("columns", "totals"),
    [
        ({"id": ["x"], "state": ["running"], "bytes": [1024]}, "1 job"),
        ({"name": ["ais://a"], "provider": ["ais"], "present": [True], "url": [None]}, "1 bucket"),
        ({"name": ["ais://a"], "provider": ["ais"], "objects": [2], "size": [9]}, "1 bucket, 2 objects, 9B"),
        ({"directory": ["/d"], "url": ["http://h/"]}, "1 server"),
        ({"name": ["x"], "url": ["u"], "status": [404], "tries": [1], "reason": ["no"]}, "1 failed file"),
        ({"name": ["x"], "size": [9], "modified": [None], "url": ["u"]}, "1 file, 9B"),
    ],
)
def test_totals_name_what_is_counted(columns: dict[str, list[object]], totals: str) -> None:
    assert render_text(mark(pd.DataFrame(columns))).splitlines()[-1] == totals


def test_a_table_of_jobs_can_be_found_on_the_page() -> None:
    assert 'class="aisnb-jobs"' in render_html(mark(pd.DataFrame({"id": ["x"], "state": ["running"]})))


def test_a_job_of_which_all_failed_does_not_look_finished_well() -> None:
    jobs = {"id": ["x", "y", "z"], "state": ["finished"] * 3, "done": [0, 3, 0], "failed": [5, 2, 0]}
    lines = render_text(mark(pd.DataFrame(jobs))).splitlines()[1:4]
    assert ["finished, all failed" in line for line in lines] == [True, False, False]
    unknown = pd.DataFrame(jobs | {"done": pd.array([None] * 3, dtype="Int64")})
    assert "all failed" not in render_text(mark(unknown))


def test_only_our_tables_are_ours() -> None:
    frame = listing(3)
    assert is_ours(frame)
    assert is_ours(frame.head(1))
    assert is_ours(frame[frame["size"] > 0].sort_values("size"))
    assert not is_ours(frame.describe())
    assert not is_ours(frame.set_index("name"))
    assert not is_ours(pd.concat([frame, frame], axis=1))
    assert not is_ours(pd.DataFrame({"name": ["a"], "size": [1]}))


def test_text_and_html_have_the_same_headers() -> None:
    assert render_text(listing(1)).startswith("NAME ")
    assert [cell.text for cell in cells(render_html(listing(1)), "th")] == ["NAME", "SIZE"]


def test_numbers_stand_at_the_right_of_an_html_table_and_text_at_the_left() -> None:
    name, size = cells(render_html(listing(1)), "td")
    assert "text-align:left" in name.style
    assert "text-align:right" in size.style


NASTY = [
    "<script>alert(1)</script>",
    "a\nb\tc",
    "quote\"'`&amp;",
    "\x1b[31mred",
    "\u202egnp.exe",
    "שלום-001.tar",
    "🦜-👨‍👩‍👧.tar",
    "a  b",
    "\udc80",
]


@pytest.mark.parametrize("name", NASTY)
def test_an_odd_name_is_text_everywhere_and_on_one_line(name: str) -> None:
    frame = mark(pd.DataFrame({"name": pd.Series([name], dtype="object"), "size": [1024]}))
    shown, size = cells(render_html(frame), "td")
    assert shown.text == printable(name)
    assert size.text == "1.00KiB"
    _, line, totals = render_text(frame).split("\n")
    assert line.startswith(printable(name))
    assert line.endswith("1.00KiB")
    assert totals == "1 object, 1.00KiB"


def test_a_name_from_right_to_left_leaves_its_neighbours_in_place() -> None:
    frame = listing(1)
    frame.loc[0, "name"] = "שלום-001.tar"
    assert 'dir="auto"' in render_html(frame)


def test_wide_and_combined_characters_leave_the_columns_aligned() -> None:
    frame = listing(3)
    frame["name"] = ["数据", "e\u0301", "plain"]
    lines = render_text(frame).split("\n")
    assert lines[1] == "数据     0B"
    assert lines[2] == "e\u0301        1.00KiB"
    assert lines[3] == "plain    2.00KiB"


def test_sizes_that_somebody_worked_with_are_not_taken_for_bytes() -> None:
    frame = listing(2)
    frame["size"] = frame["size"] / 1024
    assert render_text(frame).split("\n")[2:] == ["shard-001.tar    1.0", "2 objects"]


def test_a_job_s_counts_and_their_totals_share_a_column() -> None:
    columns = {"id": ["dnl-a", "dnl-b"], "state": ["running", "finished"], "total": [8, 8], "done": [7, 8]}
    columns |= {"bytes": [1024, 2048], "total_bytes": pd.array([4096, None], dtype="Int64")}
    lines = render_text(mark(pd.DataFrame(columns))).splitlines()
    assert lines[0].split() == ["ID", "STATE", "DONE", "BYTES"]
    assert lines[1].split("  ")[-1].strip() == "1.00KiB of 4.00KiB"
    assert "7 of 8" in lines[1]
    assert lines[2].split() == ["dnl-b", "finished", "8", "2.00KiB"]


@given(st.text())
def test_no_name_steers_a_terminal(text: str) -> None:
    assert all(each.isprintable() for each in printable(text) if each not in "\u200c\u200d")
