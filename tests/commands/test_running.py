"""Commands against a real node and real sources."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

import aisnb
from aisnb.commands.results import Content, Message
from aisnb.explore.tables import is_ours, render_text
from aisnb.protocol.downloads import Limits
from aisnb.uris import web_bucket
from tests.support.faulty import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]

NAMES = [f"shard-{number}.tar" for number in range(1, 6)]


@pytest.fixture(autouse=True)
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to work in."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """A directory with files and one below."""
    folder = tmp_path / "shards"
    (folder / "below").mkdir(parents=True)
    for name in ("a.tar", "b.tar", "c.txt", "below/d.tar"):
        (folder / name).write_bytes(name.encode() * 100)
    return folder


def names(ais: Run, place: str) -> list[str]:
    return list(ais(f"ls {place}")["name"])


class TestLs:
    def test_lists_objects_with_names_and_sizes(self, ais: Run, filled: str) -> None:
        listing = ais(f"ls {filled}")
        assert list(listing.columns) == ["name", "size"]
        assert listing["name"].tolist() == NAMES
        assert listing["size"].tolist() == [1000, 2000, 3000, 4000, 5000]
        assert listing.attrs["bucket"] == filled
        assert is_ours(listing)

    @pytest.mark.parametrize(
        ("words", "numbers"),
        [
            ("{b} --prefix shard-3", [3]),
            ("{b}/shard-3", [3]),
            ("{b}/shard-{{2..4}}.tar", [2, 3, 4]),
            ("{b} --template 'shard-{{2..9}}.tar'", [2, 3, 4, 5]),
            ("{b} --template shard-@3.tar", [1, 2, 3]),
            ("{b} --template shard-%d.tar", [1, 2, 3, 4, 5]),
            ("{b} --template shard-", [1, 2, 3, 4, 5]),
            ("{b} --regex '[24]'", [2, 4]),
            ("{b} --limit 2", [1, 2]),
            ("{b} --regex '[245]' --limit 2", [2, 4]),
            ("{b} --template 'shard-{{2..4}}.tar' --regex 3", [3]),
            ("--name-only {b} -cached", [1, 2, 3, 4, 5]),
        ],
    )
    def test_chooses_by_prefix_template_regex_and_limit(
        self, ais: Run, filled: str, words: str, numbers: list[int]
    ) -> None:
        found = ais("ls " + words.format(b=filled))
        assert found["name"].tolist() == [f"shard-{number}.tar" for number in numbers]
        assert found.index.tolist() == list(range(len(numbers)))

    @pytest.mark.parametrize("flags", ["", "--regex tar", "--template 'shard-{1..5}.tar'", "--props version"])
    def test_says_that_it_cut_a_listing_and_only_then(
        self, ais: Run, context: Recorder, filled: str, flags: str
    ) -> None:
        assert len(ais(f"ls {filled} --limit 5 {flags}")) == 5
        assert context.said == []
        cut = ais(f"ls {filled} --limit 3 {flags}")
        assert cut["name"].tolist() == NAMES[:3]
        assert cut.attrs["bucket"] == filled
        assert context.said == ["Note: Only the first 3 rows as the limit says; there are more."]

    def test_gives_names_alone_or_more_columns_or_a_count(self, ais: Run, filled: str) -> None:
        assert list(ais(f"ls {filled} --name-only").columns) == ["name"]
        assert list(ais(f"ls {filled} --props checksum,atime").columns) == ["name", "size", "checksum", "atime"]
        counted = ais(f"ls {filled} --count-only")
        assert (counted, counted.value) == ("Listed 5 names", 5)

    def test_sums_up(self, ais: Run, filled: str) -> None:
        for found in (ais(f"ls {filled} --summary"), ais(f"bucket summary {filled}")):
            assert found[["name", "objects", "size"]].to_numpy().tolist() == [[filled, 5, 15000]]
        everything = ais("ls --summary").set_index("name")
        assert everything.loc[filled, "size"] == 15000

    def test_notes_an_empty_bucket(self, ais: Run, context: Recorder, bucket: str) -> None:
        assert ais(f"ls {bucket}").empty
        assert context.said == [f"Note: No objects in {bucket}"]

    def test_lists_buckets_by_provider(self, ais: Run, bucket: str) -> None:
        for words in ("ls", "ls ais", "ls ais:", "ls ais://"):
            found = ais(words)
            assert list(found.columns) == ["name", "provider", "present", "url"]
            assert bucket in set(found["name"])
        assert bucket not in set(ais("ls ht://")["name"])

    def test_reads_an_index_page(self, ais: Run, shards: Path) -> None:
        with aisnb.serve(shards) as server:
            found = ais(f"ls {server.url}")
        assert list(found.columns) == ["name", "size", "modified", "url"]
        assert found["name"].tolist() == ["a.tar", "b.tar", "c.txt"]
        assert found["size"].tolist() == [500, 500, 500]

    def test_lists_a_part_of_a_web_directory(self, ais: Run, source: FaultySource, context: Recorder) -> None:
        source.add("/d/", b"<title>Index of /d/</title>" + b"".join(b'<a href="%b">x</a>' % n.encode() for n in NAMES))
        link = source.url("/d/")
        assert names(ais, f"{link}shard-{{2..4}}.tar") == NAMES[1:4]
        assert names(ais, f"{link} --prefix shard-3") == NAMES[2:3]
        assert ais(f"ls {link} --limit 2")["size"].tolist() == [1000, 2000]
        assert [said for said in context.said if "there are more" in said] == context.said
        del context.said[:]
        asked = len(source.requests)
        assert ais(f"ls {link} --count-only").value == 5
        assert list(ais(f"ls {link} --name-only").columns) == ["name"]
        assert len(source.requests) == asked + 2
        assert ais(f"ls {link} --prefix zz").empty
        assert context.said == [f"Note: No files in {link} whose names begin with 'zz'"]

    def test_says_which_part_of_a_web_directory_is_left_out(
        self, ais: Run, source: FaultySource, context: Recorder
    ) -> None:
        link = source.add("/d/", b'[{"name": "a", "size": 1}, {"name": "b", "type": "directory"}]')
        source.add("/d/a", b"a")
        left_out = "Note: 1 directory beside them left out. Name each that you want, with its slash at the end."
        for line in (f"ls {link}", f"plan {link} --no-sample"):
            assert list(ais(line)["name"]) == ["a"]
            assert context.said[-1] == left_out

    def test_says_which_part_of_a_web_directory_is_not_copied(
        self, ais: Run, source: FaultySource, bucket: str, context: Recorder
    ) -> None:
        link = source.add("/d/", b'[{"name": "a", "size": 1}, {"name": "b", "type": "directory"}]')
        ais(f"get {source.add('/d/a', b'a')} /dev/null")
        download = f"start download {link} {bucket} --wait"
        for line in (download, f"{download} --description mine", f"start prefetch {web_bucket(link)} --wait"):
            context.said.clear()
            ais(line)
            assert len([said for said in context.said if "1 directory beside them left out" in said]) == 1

    def test_lists_what_a_web_bucket_s_source_still_has(self, ais: Run, source: FaultySource) -> None:
        source.add("/d/", json.dumps([{"name": name, "size": 7} for name in NAMES]).encode())
        ais(f"get {source.url('/d/shard-2.tar')} /dev/null")
        web = web_bucket(source.url("/d/"))
        found = ais(f"ls {web}")
        assert found["cached"].tolist() == [name == "shard-2.tar" for name in NAMES]
        assert names(ais, f"{web} --cached") == ["shard-2.tar"]
        assert names(ais, f"{web} --not-cached") == [NAMES[0], *NAMES[2:]]

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("http://127.0.0.1:1/ --cached", aisnb.UsageError),
            ("http://127.0.0.1:1/ --props checksum", aisnb.UsageError),
            ("ais://no-such-bucket", aisnb.BucketNotFound),
            ("{b}/nothing-begins-so", aisnb.ObjectNotFound),
            ("{b} --prefix nothing-begins-so", aisnb.ObjectNotFound),
            ("{b} --template 'a{{3..1}}'", aisnb.TemplateError),
            ("{b} --regex '('", aisnb.UsageError),
            ("{b} --props colour", aisnb.UsageError),
            ("{b} --limit -1", aisnb.UsageError),
            ("{b} --cached --not-cached", aisnb.UsageError),
            ("{b}/x{{1..2}} --template 'y{{1..2}}'", aisnb.UsageError),
            ("ftp://abc", aisnb.NameInvalid),
            ("http://127.0.0.1:1/", aisnb.SourceError),
        ],
    )
    def test_refuses_what_it_cannot_list(self, ais: Run, filled: str, words: str, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            ais("ls " + words.format(b=filled))


class TestGet:
    def test_reads_a_link_into_the_current_directory(self, ais: Run, source: FaultySource, cwd: Path) -> None:
        said = ais(f"get {source.url('/d/shard-2.tar')}")
        (web,) = [row for row in ais("ls ht://").itertuples() if row.url == source.url("/d/")]
        assert said == f"GET shard-2.tar from {web.name} as shard-2.tar (1.95KiB)"
        assert said.path.read_bytes() == (cwd / "shard-2.tar").read_bytes() == b"\2" * 2000

    def test_replaces_its_file_unless_told_not_to(self, ais: Run, filled: str, cwd: Path) -> None:
        (cwd / "x").write_text("old")
        with pytest.raises(aisnb.AlreadyExists):
            ais(f"get {filled}/shard-1.tar x --no-clobber")
        assert (cwd / "x").read_text() == "old"
        ais(f"get {filled}/shard-1.tar x")
        assert (cwd / "x").read_bytes() == b"\1" * 1000

    def test_leaves_nothing_of_what_is_missing(self, ais: Run, filled: str, cwd: Path) -> None:
        with pytest.raises(aisnb.ObjectNotFound):
            ais(f"get {filled}/no-such-object")
        assert list(cwd.iterdir()) == []

    def test_reads_a_range(self, ais: Run, filled: str, cwd: Path) -> None:
        said = ais(f"get {filled}/shard-1.tar part --offset 10 --length 5")
        assert said == f"Read range (length 5B at offset 10) of shard-1.tar from {filled} as part (5B)"
        assert (cwd / "part").read_bytes() == b"\1" * 5

    def test_reads_many_into_a_directory(self, ais: Run, filled: str, source: FaultySource, cwd: Path) -> None:
        said = ais(f"get {filled}/shard-{{1..3}}.tar some/where")
        assert said == f"GET 3 objects from {filled} as some/where/ (total size 5.86KiB)"
        assert sorted(each.name for each in (cwd / "some/where").iterdir()) == NAMES[:3]
        ais(f"get {filled} all --prefix ''")
        assert sorted(each.name for each in (cwd / "all").iterdir()) == NAMES
        ais(f"get {source.url('/d/shard-{1..2}.tar')} web")
        assert sorted(each.name for each in (cwd / "web").iterdir()) == NAMES[:2]

    def test_reads_what_it_can_of_many_and_names_the_rest(
        self, ais: Run, context: Recorder, filled: str, cwd: Path
    ) -> None:
        with pytest.raises(aisnb.AisnbError, match="failed to GET 2 of 3 objects"):
            ais(f"get {filled}/shard-{{5..7}}.tar out")
        assert [each.name for each in (cwd / "out").iterdir()] == ["shard-5.tar"]
        assert len([line for line in context.said if line.startswith("Warning: ")]) == 2

    def test_gives_the_bytes(self, ais: Run, filled: str, cwd: Path) -> None:
        for words in ("get {b}/shard-1.tar -", "cat {b}/shard-1.tar"):
            content = ais(words.format(b=filled))
            assert isinstance(content, Content)
            assert content == b"\1" * 1000
        assert ais(f"cat {filled}/shard-2.tar --offset 1KiB --length 3") == b"\2" * 3
        assert ais(f"get {filled}/shard-1.tar /dev/null") == f"GET and discard shard-1.tar from {filled} (1000B)"
        assert list(cwd.iterdir()) == []

    def test_says_whether_an_object_is_here(self, ais: Run, filled: str) -> None:
        assert ais(f"get {filled}/shard-1.tar --check-cached") == f"{filled}/shard-1.tar is present (is cached)"
        assert "is not present" in ais(f"get {filled}/shard-9.tar --check-cached")

    def test_wants_a_source_that_says_where_it_is(self, ais: Run) -> None:
        with pytest.raises(aisnb.UsageError):
            ais("get ais://abc")
        with pytest.raises(aisnb.UsageError, match="one object"):
            ais("get ais://abc/x{1..2} -")


class TestPut:
    def test_writes_one_file_under_its_own_or_another_name(self, ais: Run, bucket: str, shards: Path) -> None:
        said = ais(f"put {shards}/a.tar {bucket}")
        assert said == f'PUT "{shards}/a.tar" => {bucket}/a.tar'
        ais(f"put {shards}/a.tar {bucket}/in/")
        ais(f"put {shards}/a.tar {bucket}/other")
        assert names(ais, bucket) == ["a.tar", "in/a.tar", "other"]
        assert ais(f"cat {bucket}/other") == b"a.tar" * 100

    @pytest.mark.parametrize(
        ("words", "stored"),
        [
            ("{d} {b}", ["a.tar", "b.tar", "c.txt"]),
            ("-r {d} {b}/in", ["in/a.tar", "in/b.tar", "in/below/d.tar", "in/c.txt"]),
            ("{d}/*.tar {b}", ["a.tar", "b.tar"]),
            ("{d}/a.tar {d}/c.txt {b}/in/", ["in/a.tar", "in/c.txt"]),
            ("{d} {b} --template '{{a,b}}.tar'", ["a.tar", "b.tar"]),
            ("{d}/{{a,b}}.tar {b}", ["a.tar", "b.tar"]),
        ],
    )
    def test_writes_many_below_the_destination(
        self, ais: Run, bucket: str, shards: Path, words: str, stored: list[str]
    ) -> None:
        said = ais("put " + words.format(d=shards, b=bucket))
        assert said.startswith(f"PUT {len(stored)} files (")
        assert names(ais, bucket) == stored

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("{d}/nothing {b}", aisnb.DirectoryNotFound),
            ("{d}/*.zip {b}", aisnb.DirectoryNotFound),
            ("{d} {b} --template '{{a,z}}.tar'", aisnb.DirectoryNotFound),
            ("{d}/a.tar {b}/../x", aisnb.NameInvalid),
            ("{d}/a.tar {d}/below/../b.tar ais://no-such-bucket", aisnb.BucketNotFound),
        ],
    )
    def test_refuses_what_it_cannot_write(
        self, ais: Run, bucket: str, shards: Path, words: str, kind: type[Exception]
    ) -> None:
        with pytest.raises(kind):
            ais("put " + words.format(d=shards, b=bucket))
        assert ais(f"ls {bucket}").empty


class TestCreateAndRemove:
    def test_a_bucket_is_made_once_and_noted_after(self, ais: Run, context: Recorder, bucket: str) -> None:
        assert ais(f"create {bucket}-2") == f'"{bucket}-2" created'
        assert context.said == []
        assert ais(f"create {bucket}-2") == f'Bucket "{bucket}-2" already exists'
        assert context.said == []
        assert ais(f"rmb {bucket}-2") == f'"{bucket}-2" destroyed'

    def test_what_is_not_empty_goes_only_with_yes(self, ais: Run, filled: str) -> None:
        for words in (f"rmb {filled}", f"rmo {filled} --all", f"rmo {filled}/shard-{{1..2}}.tar"):
            with pytest.raises(aisnb.ConfirmationNeeded, match="-y"):
                ais(words)
        assert names(ais, filled) == NAMES
        assert ais(f"rmb {filled} -y") == f'"{filled}" destroyed'
        assert filled not in set(ais("ls")["name"])

    def test_a_missing_bucket_is_an_error_unless_ignored(self, ais: Run) -> None:
        with pytest.raises(
            aisnb.BucketNotFound, match=r"does not exist, so there is nothing to remove\..*%ais ls"
        ) as told:
            ais("rmb ais://no-such-bucket")
        assert "create" not in str(told.value)
        assert "not there" in str(ais("rmb ais://no-such-bucket --ignore-error"))

    def test_a_web_bucket_that_is_not_there_is_not_to_be_created_nor_removed(self, ais: Run) -> None:
        for words in ("start prefetch ht://nosuch --template x{0..1}", "ls ht://nosuch", "cp ht://nosuch ais://y"):
            with pytest.raises(aisnb.BucketNotFound, match="'%ais get http://HOST/DIR/FILE'") as told:
                ais(words)
            assert "'create'" not in str(told.value)
        with pytest.raises(aisnb.BucketNotFound, match="nothing to remove") as told:
            ais("evict ht://nosuch --all")
        assert "rmb" not in str(told.value)

    @pytest.mark.parametrize(
        ("words", "left"),
        [
            ("{b}/shard-1.tar", [2, 3, 4, 5]),
            ("{b}/shard-{{1..9}}.tar -y", []),
            ("{b} --template shard-@3.tar -y", [4, 5]),
            ("{b} --prefix shard-2 ", [1, 3, 4, 5]),
            ("{b} --list shard-1.tar,shard-5.tar -y", [2, 3, 4]),
            ("{b}/shard-1.tar {b}/shard-2.tar -y", [3, 4, 5]),
            ("{b} --all -y", []),
        ],
    )
    def test_objects_go_one_by_one_or_many_with_yes(self, ais: Run, filled: str, words: str, left: list[int]) -> None:
        ais("rmo " + words.format(b=filled))
        assert names(ais, filled) == [f"shard-{number}.tar" for number in left]

    def test_says_what_went(self, ais: Run, filled: str) -> None:
        assert ais(f"rmo {filled}/shard-1.tar") == f'deleted "shard-1.tar" from {filled}'
        assert ais(f"rmo {filled} --all -y") == f"Deleted 4 objects from {filled}"

    @pytest.mark.parametrize("words", ["rmo {b}", "rmo {b}/x --all", "rmo {b} --prefix x --list y", "evict {b} -y"])
    def test_refuses_what_is_not_clear(self, ais: Run, filled: str, words: str) -> None:
        with pytest.raises(aisnb.UsageError):
            ais(words.format(b=filled))
        assert names(ais, filled) == NAMES

    def test_a_web_bucket_is_evicted(self, ais: Run, source: FaultySource) -> None:
        ais(f"get {source.url('/d/shard-1.tar')} /dev/null")
        (web,) = [row.name for row in ais("ls ht://").itertuples() if row.url == source.url("/d/")]
        with pytest.raises(aisnb.ConfirmationNeeded):
            ais(f"evict {web}")
        assert ais(f"evict {web} -y") == f"Evicted bucket {web}"
        assert web not in set(ais("ls ht://")["name"])


class TestShow:
    def test_shows_properties_of_a_bucket_and_of_an_object(self, ais: Run, filled: str) -> None:
        shown = ais(f"show bucket {filled}").set_index("property")["value"]
        assert (shown["name"], shown["objects"], shown["size"]) == (filled, 5, 15000)
        shown = ais(f"show object {filled}/shard-1.tar").set_index("property")["value"]
        assert (shown["name"], shown["size"], len(shown["checksum"])) == ("shard-1.tar", 1000, 16)
        text = render_text(ais(f"show bucket {filled}"))
        assert "14.65KiB" in text
        lines = dict(line.split(maxsplit=1) for line in text.splitlines())
        assert lines["bucket.ec.objsize_limit"] == "256.00KiB"
        assert lines["bucket.access"] == "su"
        assert lines["bucket.created"].startswith("20")
        assert lines["bucket.created"].endswith(" UTC")

    def test_a_missing_object_is_an_error(self, ais: Run, filled: str) -> None:
        with pytest.raises(aisnb.ObjectNotFound, match=r'object "shard-" not found'):
            ais(f"show object {filled}/shard-")

    def test_shows_the_endpoint(self, ais: Run) -> None:
        assert "Deployment:  embedded" in ais("show cluster")
        assert ais("show cluster target") == ais("show cluster")

    def test_takes_the_flags_of_lines_that_were_written_for_the_cli(
        self, ais: Run, bucket: str, tmp_path: Path
    ) -> None:
        (tmp_path / "notes.txt").write_text("hello")
        ais(f"put {tmp_path}/notes.txt {bucket} -y")
        ais(f"get {bucket}/notes.txt {tmp_path}/copy -y")
        ais(f"rmo {bucket} --all -y --wait")
        assert ais(f"ls {bucket}").empty


class TestDownload:
    def test_returns_its_job_at_once_and_warns_of_a_new_bucket(
        self, ais: Run, context: Recorder, source: FaultySource
    ) -> None:
        source.add("/slow.tar", b"x" * 100, then=Fault(cut=10, by="stall"))
        job = ais(f"start download {source.url('/slow.tar')} ais://made-on-the-fly")
        assert job.state in ("pending", "running")
        assert job.id.startswith("dnl-")
        assert f"%ais show job {job.id} --progress" in repr(job)
        assert context.said == [
            "Warning: destination bucket ais://made-on-the-fly doesn't exist. "
            "Bucket with default properties will be created."
        ]
        assert job.id in set(ais("show job")["id"])
        assert ais(f"stop {job.id}") == f"Stopped download job {job.id}"
        assert "nothing to do" in ais(f"stop download {job.id}")
        ais("rmb ais://made-on-the-fly -y")

    @pytest.mark.parametrize(
        ("words", "stored"),
        [
            ("'{s}shard-{{1..2}}.tar' {b}", ["shard-1.tar", "shard-2.tar"]),
            ("{s}shard-{{1..2}}.tar {b}/in", ["in/shard-1.tar", "in/shard-2.tar"]),
            ("{s}shard-{{1,3}}.tar {b}/in/", ["in/shard-1.tar", "in/shard-3.tar"]),
            ("{s}shard-1.tar {b}/in", ["in"]),
            ("{s}shard-1.tar {b}/in/", ["in/shard-1.tar"]),
            ("$link {b}/{{name}}", ["N"]),
        ],
    )
    def test_stores_where_the_destination_says(
        self, ais: Run, bucket: str, source: FaultySource, words: str, stored: list[str]
    ) -> None:
        line = "download " + words.format(s=source.url("/d/"), b=bucket) + " --wait"
        job = ais(line, link=source.url("/d/shard-4.tar"), name="N")
        assert (job.state, job.done, job.failed) == ("finished", len(stored), 0)
        assert names(ais, bucket) == stored

    @pytest.mark.parametrize("content", ['["shard-1.tar", "shard-2.tar"]', "shard-1.tar\nshard-2.tar\n"])
    def test_takes_names_from_a_file(
        self, ais: Run, bucket: str, source: FaultySource, cwd: Path, content: str
    ) -> None:
        (cwd / "names").write_text(content)
        ais(f"download {source.url('/d')} {bucket} --from names --wait")
        assert names(ais, bucket) == NAMES[:2]

    @pytest.mark.parametrize("content", ["[1, 2]", "[", '{"a": 1}'])
    def test_refuses_a_file_that_has_no_names(self, ais: Run, bucket: str, cwd: Path, content: str) -> None:
        (cwd / "names").write_text(content)
        with pytest.raises(aisnb.UsageError):
            ais(f"download http://127.0.0.1:1/d {bucket} --from names")
        with pytest.raises(aisnb.DirectoryNotFound):
            ais(f"download http://127.0.0.1:1/d {bucket} --from nowhere")

    def test_sends_headers_and_honours_limits(self, ais: Run, bucket: str, source: FaultySource) -> None:
        flags = "--header 'X-Me: you' --max-conns 1 --limit-bph 1GiB --download-timeout 1m --desc mine --wait"
        job = ais(f"download {source.url('/d/shard-1.tar')} {bucket} {flags}")
        assert source.asked("/d/shard-1.tar")[-1].headers["x-me"] == "you"
        assert ais("jobs --regex mine")["id"].tolist()[0] == job.id
        with pytest.raises(aisnb.UsageError, match="no colon"):
            ais(f"download {source.url('/d/shard-1.tar')} {bucket} --header secret")

    def test_limits_of_a_running_job_change_one_by_one_and_are_told(
        self, ais: Run, context: Recorder, bucket: str, source: FaultySource
    ) -> None:
        source.add("/slow.tar", b"x" * 300_000)
        job = ais(f"download {source.url('/slow.tar')} {bucket} --limit-bph 3600 --max-conns 2")
        assert ais(f"limit download {job.id} --max-conns 3").limits == Limits(3, 3600)
        assert ais(f"job limit {job.id} --limit-bph 0").limits == Limits(3, 0)
        ais(f"wait {job.id}")
        ais(f"show job {job.id} -v")
        assert context.said[-1] == f"Note: Limits of {job.id}: no limit of speed, 3 connections."
        with pytest.raises(aisnb.UsageError, match="says no limit"):
            ais(f"limit {job.id}")
        with pytest.raises(aisnb.UsageError, match="not a size"):
            ais(f"limit {job.id} --limit-bph fast")

    def test_a_source_without_scheme_is_refused_with_both_spellings(self, ais: Run, bucket: str) -> None:
        with pytest.raises(aisnb.SchemeMissing, match=r"http://localhost:1/x.*ais://localhost:1/x"):
            ais(f"download localhost:1/x {bucket}")

    def test_failed_files_fail_whoever_waits_every_time(
        self, ais: Run, context: Recorder, bucket: str, source: FaultySource
    ) -> None:
        line = f"download {source.url('/d/shard-{4..7}.tar')} {bucket}"
        with pytest.raises(aisnb.JobFailed, match="2 of 4 files failed") as caught:
            ais(f"{line} --wait")
        job = caught.value.job.id
        for words in (f"wait {job}", f"wait download {job}", f"show job {job} --progress", f"wait {job} --progress"):
            with pytest.raises(aisnb.JobFailed) as caught:
                ais(words)
            assert caught.value.job.failed == 2
        shown = ais(f"show job {job} -v")
        assert (shown.done, shown.failed, shown.total) == (2, 2, 4)
        assert len([said for said in context.said if said.startswith("Warning: shard-")]) == 2
        source.add("/d/shard-6.tar", b"late")
        source.add("/d/shard-7.tar", b"late")
        again = ais(f"retry {job} --wait")
        assert (again.total, again.done) == (2, 2)
        assert again.id != job

    def test_who_waits_for_a_job_is_warned_of_pages_that_came_for_files(
        self, ais: Run, context: Recorder, bucket: str, source: FaultySource
    ) -> None:
        source.add("/d/login.tar", b"<html>Log in", then=Fault(headers={"Content-Type": "text/html"}))
        job = ais(f"download {source.url('/d/{login,shard-1}.tar')} {bucket} --wait")
        odd = "1 file came as a web page, maybe an error page: login.tar"
        assert context.said == [f"Warning: Job {job.id}: {odd}. '%ais cat {bucket}/NAME' shows what came."]
        assert (job.done, job.reason) == (2, odd)
        assert odd in repr(job)

    def test_a_new_bucket_that_stays_empty_is_told_of(
        self, ais: Run, context: Recorder, bucket: str, source: FaultySource
    ) -> None:
        with pytest.raises(aisnb.JobFailed):
            ais(f"download {source.url('/d/no-{1..2}')} {bucket}-new --wait")
        assert context.said[-1] == (
            f"Note: {bucket}-new was made for this job, and is empty. '%ais rmb {bucket}-new' removes it."
        )
        ais(f"rmb {bucket}-new")
        del context.said[:]
        with pytest.raises(aisnb.JobFailed):
            ais(f"download {source.url('/d/no-{1..2}')} {bucket} --wait")
        assert context.said == []
        with pytest.raises(aisnb.JobFailed):
            ais(f"download {source.url('/d/shard-{5..6}.tar')} {bucket}-some --wait")
        assert len(context.said) == 1
        ais(f"rmb {bucket}-some -y")

    def test_many_files_that_failed_for_one_reason_share_a_line(
        self, ais: Run, context: Recorder, bucket: str, source: FaultySource
    ) -> None:
        with pytest.raises(aisnb.JobFailed, match=r"25 of 25 files failed: no-01, no-02, no-03 and 22 more") as caught:
            ais(f"download {source.url('/d/no-{01..25}')} {bucket} --wait")
        ais(f"show job {caught.value.job.id} -v")
        said = [each for each in context.said if each.startswith("Warning: ") and "404" in each]
        assert len(said) == 1
        assert said[0].startswith("Warning: 25 files: the source answered 404 Not Found, there is no such file")
        assert said[0].endswith("no-19, no-20 and 5 more")
        assert f"'%ais show job {caught.value.job.id} -v --all' has a line for each" in context.said[-1]
        del context.said[:]
        ais(f"show job {caught.value.job.id} -v --all")
        assert len([each for each in context.said if "404" in each]) == 25

    def test_a_wait_ends_in_time_and_the_job_goes_on(self, ais: Run, bucket: str, source: FaultySource) -> None:
        source.add("/slow.tar", b"x" * 100, then=Fault(cut=10, by="stall"))
        job = ais(f"download {source.url('/slow.tar')} {bucket}")
        for words in (f"wait {job.id} --timeout 1", f"show job {job.id} --progress --timeout 500ms"):
            with pytest.raises(TimeoutError):
                ais(words)
        assert job.state == "running"
        assert ais(f"pause {job.id}").state == "paused"
        assert ais("resume $job", job=job).state in ("running", "pending")
        with pytest.raises(aisnb.ConfirmationNeeded, match="--all"):
            ais("stop download")
        assert job.id in ais("stop download --all")
        assert ais("stop download --all") == "No running download jobs, nothing to do"
        with pytest.raises(aisnb.JobAborted):
            ais("wait $job", job=job)

    def test_copies_a_directory_as_a_whole(self, ais: Run, source: FaultySource, bucket: str) -> None:
        source.add("/d/", json.dumps([{"name": name} for name in NAMES]).encode())
        job = ais(f"start download {source.url('/d/')} {bucket}/in --wait")
        assert (job.total, job.done) == (5, 5)
        assert names(ais, bucket) == [f"in/{name}" for name in NAMES]


class TestPrefetch:
    @pytest.mark.parametrize(
        ("words", "numbers"),
        [
            ("{w} --template 'shard-{{1..3}}.tar'", [1, 2, 3]),
            ("{w}/shard-{{2..3}}.tar", [1, 2, 3]),
            ("{w}/shard-4.tar", [1, 4]),
            ("{w} --list shard-2.tar,shard-5.tar", [1, 2, 5]),
        ],
    )
    def test_brings_what_is_named(self, ais: Run, source: FaultySource, words: str, numbers: list[int]) -> None:
        ais(f"get {source.url('/d/shard-1.tar')} /dev/null")
        (web,) = [row.name for row in ais("ls ht://").itertuples() if row.url == source.url("/d/")]
        job = ais("start prefetch " + words.format(w=web) + " --wait")
        assert (job.kind, job.failed) == ("prefetch-objects", 0)
        assert names(ais, f"{web} --cached") == [f"shard-{number}.tar" for number in numbers]

    @pytest.mark.parametrize(("words", "count"), [("", 5), ("--prefix shard-4", 1)])
    def test_brings_what_the_index_lists(self, ais: Run, source: FaultySource, words: str, count: int) -> None:
        source.add("/d/", json.dumps([{"name": name} for name in NAMES]).encode())
        ais(f"get {source.url('/d/shard-1.tar')} /dev/null")
        web = web_bucket(source.url("/d/"))
        job = ais(f"start prefetch {web} {words} --wait")
        assert (job.total, job.done, job.failed) == (count, count, 0)

    def test_refuses_an_ais_bucket_and_two_choices(self, ais: Run, bucket: str) -> None:
        with pytest.raises(aisnb.UsageError):
            ais(f"prefetch {bucket} --template 'x{{1..2}}'")
        with pytest.raises(aisnb.UsageError, match="two ways"):
            ais("prefetch ht://x/y --list z")


class TestJobs:
    def test_tables_are_ours_and_show_the_running_first(self, ais: Run, context: Recorder, filled: str) -> None:
        assert ais("show job").empty
        assert context.said == ["Note: No running jobs. Use '--all' to show all."]
        for words in ("show job --all", "jobs", "show job download"):
            found = ais(words)
            assert is_ours(found)
            assert filled in " ".join(found["description"])
        assert set(ais("show job download")["kind"]) == {"download"}

    def test_jobs_that_ended_go_off_the_list(self, ais: Run, bucket: str, source: FaultySource) -> None:
        source.add("/slow.tar", b"x" * 100, then=Fault(cut=10, by="stall"))
        slow = ais(f"download {source.url('/slow.tar')} {bucket}")
        quick = ais(f"download {source.url('/d/shard-1.tar')} {bucket} --wait")
        assert ais(f"job rm download {quick.id}") == f'Removed finished download job "{quick.id}"'
        with pytest.raises(aisnb.UsageError, match="stays on the list"):
            ais(f"job rm {slow.id}")
        ais("job rm --all")
        assert ais("jobs")["id"].tolist() == [slow.id]
        ais(f"stop {slow.id}")
        assert f'"{slow.id}"' in ais("job rm download --all")
        assert ais("job rm --all") == "No job has ended, nothing to do"

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("job rm dnl-nothing", aisnb.JobNotFound),
            ("job rm", aisnb.UsageError),
            ("show job dnl-nothing", aisnb.JobNotFound),
            ("wait dnl-nothing", aisnb.JobNotFound),
            ("stop dnl-nothing", aisnb.JobNotFound),
            ("retry dnl-nothing", aisnb.JobNotFound),
            ("wait", aisnb.UsageError),
            ("wait download", aisnb.UsageError),
            ("wait a b", aisnb.UsageError),
            ("jobs --regex '('", aisnb.UsageError),
        ],
    )
    def test_refuses_jobs_that_are_not_there(self, ais: Run, words: str, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            ais(words)


class TestServe:
    def test_serves_lists_and_stops(self, ais: Run, context: Recorder, bucket: str, shards: Path) -> None:
        server = ais(f"serve {shards}")
        assert ais(f"serve {shards}").url == server.url
        found = ais("serve ls")
        assert found[found["url"] == server.url]["directory"].tolist() == [str(shards)]
        ais(f"download {{server}}{{a,b}}.tar {bucket} --wait", server=server)
        assert names(ais, bucket) == ["a.tar", "b.tar"]
        assert ais(f"serve stop {shards}") == f"Stopped serving {shards}"
        with pytest.raises(aisnb.ServerNotFound):
            ais(f"serve stop {shards}")
        url = ais(f"serve {shards}").url
        ais(f"serve stop {url}")
        ais(f"serve {shards}")
        ais("serve stop --all")
        assert ais("serve ls").empty
        assert context.said == ["Note: No directory is served. Serve one with '%ais serve DIRECTORY'."]

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("serve /no/such/directory", aisnb.DirectoryNotFound),
            ("serve . --port 70000", aisnb.UsageError),
            ("serve stop", aisnb.UsageError),
            ("serve stop . --all", aisnb.UsageError),
        ],
    )
    def test_refuses_what_it_cannot_serve(self, ais: Run, words: str, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            ais(words)


class TestNode:
    @pytest.fixture
    def environment(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Take back what ``node env`` sets."""
        monkeypatch.setenv("AIS_ENDPOINT", "x")
        monkeypatch.setenv("AIS_AUTHN_TOKEN", "x")
        monkeypatch.delenv("AIS_ENDPOINT")
        monkeypatch.delenv("AIS_AUTHN_TOKEN")
        return

    def test_is_started_looked_at_and_stopped(self, ais: Run) -> None:
        ais("node stop")
        assert not ais("status").running
        assert ais("node stop") == "No node runs, nothing to do"
        state = ais("node start")
        assert state.running
        assert ais("node status").pid == state.pid
        assert ais("node stop") == "Stopped the node"
        assert not ais("status").running

    def test_tells_other_clients_where_it_is_but_not_its_token(self, ais: Run, bucket: str, environment: None) -> None:
        said = ais("node env")
        assert not os.environ["AIS_ENDPOINT"].endswith("/")
        assert os.environ["AIS_ENDPOINT"] in said
        assert os.environ["AIS_AUTHN_TOKEN"] not in said
        assert bucket in set(ais("ls")["name"])

    def test_checks_its_objects(self, ais: Run, filled: str) -> None:
        assert ais("node fsck").startswith("Checked ")


def test_the_demo_shows_real_shards_twice(ais: Run, context: Recorder, data_root: Path) -> None:
    for _ in range(2):
        listing = ais("demo")
        assert len(listing) == 100
        assert listing["size"].nunique() > 10
    directory = data_root / "demo" / "shards"
    with tarfile.open(directory / "shard-000.tar") as shard:
        assert shard.getnames()[:2] == ["000001.py", "000001.json"]
    said = "\n".join(context.said)
    assert str(directory) in said
    assert "%ais ls ais://demo" in said
    ais(f"serve stop {directory}")
    ais("rmb ais://demo -y")


def test_a_message_shows_as_it_is() -> None:
    assert repr(Message('it\'s "done"')) == 'it\'s "done"'


def test_content_shows_as_text_where_it_is_text() -> None:
    assert repr(Content(b"hello\n")) == "hello\n"
    assert repr(Content(b"\xff")) == "b'\\xff'"
    assert repr(Content(b"x" * 20_000)).endswith("… (20,000 bytes in all)")


@pytest.mark.parametrize("command", ["wait", "show job", "pause", "limit --max-conns 1"])
def test_a_job_in_braces_that_was_not_replaced_is_explained(ais: Run, command: str) -> None:
    with pytest.raises(aisnb.JobNotFound, match=r"\{job\.id\}.* was not replaced, as only names are") as caught:
        ais(command + " {job.id}", job="a job")
    assert "API" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("start download /tmp/mydata ais://x", r"'/tmp/mydata' is a path of this machine.*%ais serve"),
        ("start download {servr}a.tar ais://x", r"no variable 'servr' here"),
        ("plan {server.url}a.tar", r"was not replaced, as only names are"),
    ],
)
def test_a_source_without_scheme_comes_with_what_was_probably_meant(ais: Run, line: str, words: str) -> None:
    with pytest.raises(aisnb.SchemeMissing, match=words):
        ais(line, server="a server")


@pytest.mark.parametrize("words", ["start download {link} {b}", "check {b} --source {link}"])
def test_a_server_s_address_without_its_slash_is_told_to_want_one(
    ais: Run, source: FaultySource, filled: str, words: str
) -> None:
    link = source.url("/").rstrip("/")
    with pytest.raises(aisnb.NameInvalid, match="Add a slash at the end to bring the whole directory"):
        ais(words.format(link=link, b=filled))


def test_a_prefetch_of_a_link_says_what_to_do_with_links(ais: Run) -> None:
    link = "http://127.0.0.1:1/d/"
    with pytest.raises(aisnb.UsageError, match=f"%ais start download {link} BUCKET.*%ais ls ht://"):
        ais(f"start prefetch {link} --template 'shard-{{1..2}}.tar'")


def test_a_directory_without_its_slash_is_not_taken_for_a_file(ais: Run, tmp_path: Path, bucket: str) -> None:
    (tmp_path / "d" / "sub").mkdir(parents=True)
    with aisnb.serve(tmp_path / "d") as server:
        with pytest.raises(aisnb.JobFailed) as caught:
            ais(f"start download {server.url}sub {bucket} --wait")
        assert f"Write '{server.url}sub/'" in caught.value.job.errors["reason"][0]
        with pytest.raises(aisnb.SourceError, match="has a directory of that name"):
            ais(f"get {server.url}sub {tmp_path}")
    assert len(ais(f"ls {bucket}")) == 0


def test_what_was_served_before_is_served_after(tmp_path: Path) -> None:
    first = aisnb.serve(tmp_path)
    with aisnb.serve(tmp_path) as second:
        assert second.url == first.url
    assert first.is_served
    first.stop()
    with aisnb.serve(tmp_path) as third:
        assert third.is_served
    assert not third.is_served


def test_a_cell_says_that_it_has_no_pipes(ais: Callable[..., Any]) -> None:
    with pytest.raises(aisnb.UsageError, match=r"'\|' is a shell's"):
        ais("rmo -y ais://abc | head")
