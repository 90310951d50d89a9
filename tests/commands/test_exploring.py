"""``plan``, ``check``, ``sizes`` and what ``ls`` hands over, as they are typed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import aisnb
from aisnb.cli import show
from aisnb.explore.tables import is_ours, render_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]


class TestPlan:
    def test_shows_files_and_says_what_they_come_to(self, ais: Run, context: Recorder, source: FaultySource) -> None:
        plan = ais(f"plan {source.url('/d/shard-{1..7}.tar')}")
        assert plan["status"].tolist() == [200] * 5 + [404] * 2
        assert is_ours(plan)
        assert render_text(plan).endswith("7 files, 14.65KiB, 2 of unknown size")
        (said,) = context.said
        assert said.startswith("Note: 5 files of 7 at the source, 14.65KiB; 2 missing; 14.65KiB to fetch, about 0:01")

    def test_does_not_say_of_no_bucket_what_is_in_it(self, ais: Run, source: FaultySource, bucket: str) -> None:
        link = source.url("/d/shard-1.tar")
        for words, shown in (("", "-"), (f" {bucket}", "no")):
            header, row, _ = render_text(ais(f"plan {link}{words}")).splitlines()
            assert (header.split()[-1], row.split()[-1]) == ("HERE", shown)
        assert ais(f"plan {link}")["here"].tolist() == [False]

    def test_is_cut_on_a_terminal_and_whole_for_programs(
        self, ais: Run, source: FaultySource, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plan = ais(f"plan {source.url('/d/no-{001..100}')} --no-sample")
        show(plan)
        assert len(capsys.readouterr().out.splitlines()) == 102
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        show(plan)
        assert "... 40 more ..." in capsys.readouterr().out

    def test_takes_a_table_of_links(self, ais: Run, source: FaultySource, bucket: str) -> None:
        table = pd.DataFrame({"url": [source.url("/d/shard-1.tar"), source.url("/d/shard-3.tar")]})
        assert ais(f"plan $links {bucket}/in/", links=table)["name"].tolist() == ["in/shard-1.tar", "in/shard-3.tar"]
        ais(f"start download {{links}} {bucket} --wait", links=table)
        assert ais(f"ls {bucket}")["size"].tolist() == [1000, 3000]

    def test_reads_no_file_if_told_so(self, ais: Run, context: Recorder, source: FaultySource) -> None:
        ais(f"plan {source.url('/d/shard-1.tar')} --no-sample --header 'X-Key: 1'")
        assert [request.method for request in source.requests] == ["HEAD"]
        assert source.requests[0].headers["x-key"] == "1"
        assert "no rate was measured" in context.said[0]

    def test_is_the_dry_run_of_a_download(self, ais: Run, source: FaultySource, bucket: str) -> None:
        ais(f"start download {source.url('/d/shard-1.tar')} {bucket} --wait")
        plan = ais(f"start download {source.url('/d/shard-{1..2}.tar')} {bucket} --dry-run")
        assert plan["here"].tolist() == [True, False]
        assert ais(f"ls {bucket}")["name"].tolist() == ["shard-1.tar"]

    def test_is_the_dry_run_of_a_prefetch(self, ais: Run, source: FaultySource) -> None:
        ais(f"get {source.url('/d/shard-1.tar')} -")
        bucket = ais("ls ht://").set_index("url")["name"][source.url("/d/")]
        for line in (f"plan {bucket} --template 'shard-{{1..2}}.tar'", f"plan '{bucket}/shard-{{1..2}}.tar'"):
            assert list(ais(line)["name"]) == ["shard-1.tar", "shard-2.tar"]
        with pytest.raises(aisnb.UsageError, match="write the range in the link itself"):
            ais(f"plan {source.url('/d/')} --template 'shard-{{1..2}}.tar'")
        for words in ("--template 'shard-{1..2}.tar'", "--list shard-1.tar,shard-2.tar"):
            plan = ais(f"start prefetch {bucket} {words} --dry-run")
            assert plan["here"].tolist() == [True, False]

    def test_of_an_unreachable_source_is_words(self, ais: Run, source: FaultySource) -> None:
        link = source.url("/d/shard-{1..5}.tar")
        source.refuse()
        with pytest.raises(aisnb.SourceError, match="Check that the server runs"):
            ais(f"plan {link}")


@pytest.mark.parametrize("line", ["ls $table", "ls ais://$table", "ls --prefix $table", "check {table}"])
def test_a_table_stands_only_where_one_is_meant(ais: Run, line: str) -> None:
    with pytest.raises(aisnb.UsageError, match="is a value of type DataFrame, which is not one word"):
        ais(line, table=pd.DataFrame({"name": ["a"]}))


class TestCheck:
    def test_says_what_was_held_against_what(self, ais: Run, context: Recorder, filled: str) -> None:
        found = ais(f"check {filled} --template 'shard-{{1..6}}.tar'")
        assert found.to_numpy().tolist()[0][:2] == ["shard-6.tar", "missing"]
        assert render_text(found).endswith("\n1 problem: 1 missing")
        assert context.said == [f"Note: {filled} checked against shard-{{1..6}}.tar: 5 objects, 1 missing."]

    def test_suggests_the_template_that_the_names_look_like(self, ais: Run, context: Recorder, filled: str) -> None:
        ais(f"check {filled} --template 'shard-{{001..005}}.tar'")
        assert context.said[-1] == "Note: The names look like shard-{1..5}.tar"

    def test_strictly_fails(self, ais: Run, filled: str, source: FaultySource) -> None:
        assert ais(f"check {filled} --source {source.url('/d/')} --template 'shard-{{1..5}}.tar' --strict").empty
        with pytest.raises(aisnb.CheckFailed, match=r"'shard-6\.tar'"):
            ais(f"check {filled} --template 'shard-{{1..6}}.tar' --strict")


class TestSizes:
    def test_shows_buckets_links_and_tables(self, ais: Run, filled: str, source: FaultySource) -> None:
        of_bucket = ais(f"sizes {filled} --prefix shard")
        assert of_bucket.title == f"{filled}: 5 objects, 14.65KiB"
        assert of_bucket.largest["size"].tolist() == [5000, 4000, 3000, 2000, 1000]
        assert "15 objects" not in repr(of_bucket)
        assert ais(f"sizes {source.url('/d/shard-{1..5}.tar')}").summary["size"].tolist() == [15_000]
        assert ais("sizes $listing", listing=ais(f"ls {filled}")).title == of_bucket.title

    def test_writes_the_picture_where_it_is_told(
        self, ais: Run, context: Recorder, filled: str, tmp_path: Path
    ) -> None:
        ais(f"sizes {filled} --depth 1 --to {tmp_path}/sizes.pdf")
        assert (tmp_path / "sizes.pdf").read_bytes().startswith(b"%PDF")
        assert context.said == [f"Note: Wrote the picture to {tmp_path}/sizes.pdf"]

    def test_of_nothing_are_words(self, ais: Run, bucket: str) -> None:
        assert "0 objects" in repr(ais(f"sizes {bucket}"))
        with pytest.raises(aisnb.BucketNotFound):
            ais("sizes ais://there-is-none")


LOOKS = ["ls {}", "ls {} --interactive", "ls {} --archive", "archive ls {} --samples", "check {}", "sizes {}"]


@pytest.mark.parametrize("line", [*LOOKS, "sizes {} --archive", "sizes {} --depth 3", "ls {} --summary"])
def test_looking_at_an_empty_bucket_shows_that_nothing_is_there(ais: Run, bucket: str, line: str) -> None:
    shown = ais(line.format(bucket))
    assert "0 " in (render_text(shown) if isinstance(shown, pd.DataFrame) else repr(shown))


@pytest.mark.parametrize("line", LOOKS)
def test_looking_at_a_bucket_that_somebody_deleted_is_one_error_in_words(ais: Run, bucket: str, line: str) -> None:
    ais(line.format(bucket))
    ais(f"rmb {bucket}")
    with pytest.raises(aisnb.BucketNotFound, match=r"does not exist\. 'ls' lists the buckets"):
        ais(line.format(bucket))


@pytest.mark.parametrize(
    "line",
    [
        "plan {}", "plan {}s-{{1..3}}", "start download {}s-{{1..3}} {bucket} --dry-run", "ls {}", "sizes {}",
        "sizes {}s-{{1..3}}", "archive ls {}s-{{1..3}}.tar", "check {bucket} --source {}",
        "check {bucket} --source {} --template 's-{{1..3}}'",
    ],
)  # fmt: skip
def test_a_source_that_nobody_serves_is_one_error_in_words(
    ais: Run, bucket: str, source: FaultySource, line: str
) -> None:
    link = source.url("/")
    source.refuse()
    with pytest.raises(aisnb.SourceError, match="Check that the server runs"):
        ais(line.format(link, bucket=bucket))


class TestHandingOver:
    @pytest.mark.parametrize(
        ("suffix", "read"), [("parquet", pd.read_parquet), ("csv", pd.read_csv), ("arrow", pd.read_feather)]
    )
    def test_a_listing_is_written_to_a_file(
        self, ais: Run, filled: str, tmp_path: Path, suffix: str, read: Callable[[Path], pd.DataFrame]
    ) -> None:
        path = tmp_path / f"listing.{suffix}"
        path.write_bytes(b"an older one")
        said = ais(f"ls {filled} --props all --to {path}")
        assert (said, said.path, said.value) == (f"Wrote 5 rows to {path}", path, 5)
        again = read(path)
        assert again["size"].tolist() == ais(f"ls {filled}")["size"].tolist()
        assert list(again.columns) == list(ais(f"ls {filled} --props all").columns)
        assert [each.name for each in path.parent.iterdir() if each.name.startswith(".aisnb")] == []

    def test_what_cannot_be_written_is_said(self, ais: Run, filled: str, tmp_path: Path) -> None:
        with pytest.raises(aisnb.UsageError, match=r"Use a suffix of: \.parquet"):
            ais(f"ls {filled} --to {tmp_path}/listing.xlsx")
        with pytest.raises(aisnb.DirectoryNotFound, match="Make it first"):
            ais(f"ls {filled} --to {tmp_path}/none/listing.csv")
        with pytest.raises(aisnb.UsageError, match="Say one of them"):
            ais(f"ls {filled} --to listing.csv --interactive")

    def test_a_table_to_play_with_brings_its_program_along(self, ais: Run, filled: str) -> None:
        table = ais(f"ls {filled} --interactive")
        page = table._repr_html_()
        assert "shard-3.tar" in page
        assert repr(table) == render_text(table.frame)

    def test_no_name_in_it_becomes_markup(self) -> None:
        from aisnb.explore.interactive import InteractiveTable

        name = "</script><script>alert(1)</script>"
        page = InteractiveTable(pd.DataFrame({"name": [name], "size": [1]}))._repr_html_()
        assert name not in page
