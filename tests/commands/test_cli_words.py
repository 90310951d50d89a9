"""Commands and flags that people bring along from the ``ais`` CLI."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import xxhash

import aisnb
from aisnb.explore.tables import render_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.commands.conftest import Recorder
    from tests.support.faulty import FaultySource

    Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with three files, one of them below it."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "deep/c.txt"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def other() -> str:
    """The name of a bucket that is not there yet."""
    return f"ais://words-{uuid4().hex[:12]}"


@pytest.fixture
def tree(ais: Run, bucket: str, folder: Path) -> str:
    """A bucket with the three files."""
    ais(f"put {folder} {bucket} -r")
    return bucket


@pytest.fixture
def web(ais: Run, source: FaultySource) -> str:
    """An ``ht://`` bucket with three of its five shards here."""
    ais(f"get {source.url('/d/shard-1.tar')} /dev/null")
    listing = ais("ls ht://")
    bucket = str(listing.set_index("url").loc[source.url("/d/"), "name"])
    ais(f"prefetch {bucket} --template shard-{{1..3}}.tar --wait --num-workers 2 --latest -y")
    return bucket


def members(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as shard:
        return {entry.name: shard.extractfile(entry).read() for entry in shard}  # type: ignore[union-attr]  # files


@pytest.mark.parametrize(
    "words",
    [
        "ls {b} --refresh 3s -H --no-footers --silent --paged --page-size 1000 --skip-lookup",
        "ls {b} -refresh 3s",
        "cat {b}/a.txt --checksum",
        "show bucket {b} -c --units si",
        "get {b}/a.txt /dev/null --mpd --chunk-size 1MiB --num-workers 4 --verbose",
    ],
)
def test_flags_about_printing_and_pieces_change_nothing(ais: Run, tree: str, words: str) -> None:
    assert ais(words.format(b=tree)) is not None


def test_a_flag_of_that_kind_still_wants_its_value(ais: Run, tree: str) -> None:
    with pytest.raises(aisnb.UsageError, match="'--refresh' needs a value"):
        ais(f"ls {tree} --refresh")
    with pytest.raises(aisnb.UsageError, match="no flag '--silent"):
        ais(f"ls {tree} --silent=yes")


def test_a_listing_of_one_level_has_directories(ais: Run, tree: str) -> None:
    found = ais(f"ls {tree} --nr")
    assert found["name"].tolist() == ["a.txt", "b.txt", "deep/"]
    assert found["size"].isna().tolist() == [False, False, True]
    assert ais(f"ls {tree} --nr --no-dirs")["name"].tolist() == ["a.txt", "b.txt"]
    assert ais(f"ls {tree}/deep/ --non-recursive")["name"].tolist() == ["deep/c.txt"]
    assert ais(f"ls {tree} --start-after a.txt")["name"].tolist() == ["b.txt", "deep/c.txt"]
    assert ais(f"ls {tree} --page-size 1 --max-pages 2")["name"].tolist() == ["a.txt", "b.txt"]
    assert "chunked" in ais(f"ls {tree} --chunked")
    with pytest.raises(aisnb.UsageError, match="no other side"):
        ais(f"ls {tree} --diff")


def test_files_are_put_as_the_cli_does(ais: Run, folder: Path, bucket: str) -> None:
    planned = ais(f"put {folder} {bucket}/x/ -r --dry-run --include-src-dir")
    assert planned["name"].tolist() == ["x/in/a.txt", "x/in/b.txt", "x/in/deep/c.txt"]
    assert planned["size"].tolist() == [5, 5, 10]
    assert ais(f"ls {bucket}").empty
    ais(f"put {folder} {bucket} --list b.txt,deep/c.txt --progress --cont-on-err --wait")
    assert ais(f"ls {bucket}")["name"].tolist() == ["b.txt", "deep/c.txt"]
    with pytest.raises(aisnb.DirectoryNotFound, match="--list"):
        ais(f"put {folder} {bucket} --list nothing")


def test_standard_input_becomes_an_object(ais: Run, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"piped")))
    assert ais(f"put - {bucket}/in") == f"PUT (standard input) => {bucket}/in"
    assert ais(f"cat {bucket}/in") == b"piped"
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(aisnb.UsageError, match="standard input"):
        ais(f"put - {bucket}/in")


def test_files_of_a_directory_become_one_object(ais: Run, folder: Path, bucket: str) -> None:
    ais(f"object concat {folder} {bucket}/flat")
    ais(f"concat -r {folder} {bucket}/all --progress")
    assert ais(f"cat {bucket}/flat") == b"a.txtb.txt"
    assert ais(f"cat {bucket}/all") == b"a.txtb.txtdeep/c.txt"


@pytest.mark.parametrize(
    "words", ["put {} ais://not-yet", "put {}/a.txt ais://not-yet/in/", "promote {} ais://not-yet"]
)
def test_a_bucket_that_is_not_there_comes_with_the_line_that_makes_it(ais: Run, folder: Path, words: str) -> None:
    with pytest.raises(
        aisnb.BucketNotFound, match=r"To make it \(in Python: client.create\): %ais create ais://not-yet$"
    ):
        ais(words.format(folder))


@pytest.mark.parametrize("verb", ["put", "promote", "concat"])
def test_what_is_on_the_web_is_sent_to_the_commands_that_bring_it(ais: Run, bucket: str, verb: str) -> None:
    with pytest.raises(aisnb.UsageError, match=r"on the web.*'%ais start download http://h/d/ BUCKET'.*prefetch"):
        ais(f"{verb} http://h/d/ {bucket}/x")


def test_a_name_with_spaces_wants_quotes(ais: Run, bucket: str, folder: Path) -> None:
    (folder / "my file.txt").write_text("x")
    with pytest.raises(aisnb.DirectoryNotFound, match=r"but '\S+/my file.txt'. Put quotes around a name with spaces"):
        ais(f"put {folder}/my file.txt {bucket}")
    with pytest.raises(aisnb.UsageError, match=r"'ais://b/my' names a bucket.*The bucket comes last, in quotes"):
        ais(f"put '{folder}/my file.txt' ais://b/my file.txt")
    with pytest.raises(aisnb.DirectoryNotFound) as caught:
        ais(f"put {folder}/a.txt {folder}/missing {bucket}")
    assert "quotes" not in str(caught.value)


def test_files_of_this_machine_are_promoted(ais: Run, context: Recorder, folder: Path, bucket: str) -> None:
    assert ais(f"promote {folder} {bucket} --wait").state == "finished"
    left_out = f"Note: The one directory in '{folder}' was left out. Say -r to promote what is below, too."
    assert context.said == [left_out]
    assert ais(f"promote {folder} {bucket} -r --wait").state == "finished"
    assert context.said == [left_out]
    assert ais(f"ls {bucket}")["name"].tolist() == ["a.txt", "b.txt", "deep/c.txt"]
    assert (folder / "a.txt").exists()
    with pytest.raises(aisnb.AisnbError, match="does not exist"):
        ais(f"object promote {folder}/nothing {bucket}")


def test_shards_are_packed_and_added_to(ais: Run, folder: Path, bucket: str) -> None:
    assert ais(f"archive put {folder} {bucket}/s.tar -r --dry-run")["name"].tolist() == ["a.txt", "b.txt", "deep/c.txt"]
    ais(f"archive put {folder} {bucket}/s.tar")
    ais(f"archive put {folder}/deep/c.txt {bucket}/s.tar --append --archpath new/c")
    ais(f"archive put {folder} {bucket}/t.tar --append-or-put --archpath d/ -r -y")
    assert members(ais(f"cat {bucket}/s.tar")) == {"a.txt": b"a.txt", "b.txt": b"b.txt", "new/c": b"deep/c.txt"}
    assert list(members(ais(f"cat {bucket}/t.tar"))) == ["d/a.txt", "d/b.txt", "d/deep/c.txt"]
    with pytest.raises(aisnb.ObjectNotFound):
        ais(f"archive put {folder}/a.txt {bucket}/nothing.tar --append")


def test_shards_of_random_bytes_are_written(ais: Run, other: str) -> None:
    ais(f"archive gen-shards {other}/s-{{01..03}}.tar --fcount 4 --fsize 100 --fext jpg,.cls")
    assert ais(f"ls {other}")["name"].tolist() == ["s-01.tar", "s-02.tar", "s-03.tar"]
    found = ais(f"archive ls {other}/s-01.tar --samples")
    assert (len(found), set(found["size"])) == (4, {200})
    with pytest.raises(aisnb.ConfirmationNeeded):
        ais(f"archive gen-shards {other}/s-{{1..1}}.tar --cleanup")
    ais(f"archive gen-shards {other}/t.tar --cleanup -y --output-template f-{{1..5}}")
    assert ais(f"archive ls {other}")["member"].tolist() == [f"f-{number}" for number in range(1, 6)]
    with pytest.raises(aisnb.UsageError, match="5 are needed"):
        ais(f"archive gen-shards {other}/t.tar --output-template f-{{1..2}}")


def test_a_copy_can_be_tried_first(ais: Run, tree: str, other: str) -> None:
    assert ais(f"cp {tree} {other}/in/ --dry-run --prepend x-")["copy"].tolist() == [
        f"{other}/in/x-a.txt", f"{other}/in/x-b.txt", f"{other}/in/x-deep/c.txt",
    ]  # fmt: skip
    assert other not in ais("ls")["name"].tolist()
    ais(f"cp {tree} {other} --nr --latest --sync --num-workers 2 --cont-on-err --force --wait")
    assert ais(f"ls {other}")["name"].tolist() == ["a.txt", "b.txt"]


def test_objects_of_a_prefix_go_by_one_job(ais: Run, tree: str) -> None:
    before = len(ais("jobs"))
    ais(f"rmo {tree} --prefix deep -y --progress --timeout 60")
    assert ais(f"ls {tree}")["name"].tolist() == ["a.txt", "b.txt"]
    assert len(ais("jobs")) == before + 1
    ais(f"rmo {tree} --prefix a -y --nr")
    assert ais(f"ls {tree}")["name"].tolist() == ["b.txt"]


def test_web_buckets_are_evicted_by_prefix_and_kept(ais: Run, web: str) -> None:
    before = len(ais("jobs"))
    assert ais(f"evict {web} --prefix shard-1 --dry-run")["name"].tolist() == ["shard-1.tar"]
    ais(f"evict {web} --prefix shard-1")
    assert len(ais("jobs")) == before + 1
    assert ais(f"ls {web} --cached")["name"].tolist() == ["shard-2.tar", "shard-3.tar"]
    ais(f"evict {web} --prefix shard- -y")
    assert ais(f"ls {web} --cached").empty
    ais(f"blob-download {web}/shard-2.tar --chunk-size 1MiB --num-workers 2 --wait")
    assert ais(f"ls {web} --cached")["name"].tolist() == ["shard-2.tar"]
    ais(f"evict {web} --keep-md -y")
    assert web in ais("ls ht://")["name"].tolist()
    assert ais(f"ls {web} --cached").empty


def test_buckets_are_scrubbed(ais: Run, tree: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    ais(f"put {tmp_path}/empty {tree}")
    row = ais(f"scrub {tree} --large-size 10B --all-columns").iloc[0].to_dict()
    assert (row["objects"], row["size"], row["small"], row["large"], row["missing_copies"]) == (4, 20, 1, 1, 0)
    assert render_text(ais(f"scrub {tree}")).endswith("1 bucket, 4 objects, 20B")
    assert list(ais(f"storage validate {tree} --nr")) == ["bucket", "objects", "size", "small", "large"]
    with pytest.raises(aisnb.UsageError, match="below --large-size"):
        ais(f"scrub {tree} --small-size 1GiB --large-size 1MiB")


def test_all_buckets_go_only_on_purpose(ais: Run, tree: str) -> None:
    with pytest.raises(aisnb.ConfirmationNeeded, match="-y"):
        ais("rmb --all")
    with pytest.raises(aisnb.UsageError, match="One of them"):
        ais(f"rmb {tree} --all -y")
    with pytest.raises(aisnb.UsageError, match="One of them"):
        ais("rmb")


def test_properties_of_a_bucket_are_shown_changed_and_reset(ais: Run, tree: str, other: str) -> None:
    assert ais(f"bucket props set {tree} access=ro mirror.copies=2") == "Bucket props successfully updated."
    shown = ais(f"show bucket {tree} mirror").set_index("property")["value"]
    assert (shown["bucket.mirror.copies"], shown["bucket.mirror.enabled"]) == (2, False)
    assert '"copies": 2' in ais(f"bucket props show {tree} --json")
    with pytest.raises(aisnb.NotAllowed, match="access=su"):
        ais(f"rmo {tree}/a.txt")
    ais(f"bucket props reset {tree}")
    ais(f"rmo {tree}/a.txt")
    with pytest.raises(aisnb.Unsupported, match=r"mirror\.enabled"):
        ais(f'bucket props set {tree} \'{{"mirror": {{"enabled": true}}}}\'')
    with pytest.raises(aisnb.UsageError, match="NAME=VALUE"):
        ais(f"bucket props set {tree} access")
    ais(f"create {other} --props 'ec.data_slices=3'")
    assert aisnb.connect().properties(other)["ec"]["data_slices"] == 3


def test_an_object_is_shown_by_some_of_its_properties(ais: Run, tree: str) -> None:
    assert ais(f"show object {tree}/a.txt --props checksum")["property"].tolist() == ["name", "size", "checksum"]
    assert '"size": 5' in ais(f"object show {tree}/a.txt -j --all")


def test_members_are_read_by_get_and_cat_too(ais: Run, folder: Path, bucket: str, tmp_path: Path) -> None:
    ais(f"archive put {folder} {bucket}/s.tar -r")
    assert ais(f"cat {bucket}/s.tar --archpath deep/c.txt --offset 5 --length 3") == b"c.t"
    assert ais(f"get {bucket}/s.tar {tmp_path}/c --archpath deep/c.txt").path.read_text() == "deep/c.txt"
    ais(f"get {bucket}/s.tar {tmp_path}/some/ --archregx '^[ab]' --archmode regexp")
    assert sorted(path.name for path in (tmp_path / "some").iterdir()) == ["a.txt", "b.txt"]
    ais(f"get {bucket}/s.tar {tmp_path}/all/ -x")
    assert (tmp_path / "all" / "deep" / "c.txt").is_file()
    with pytest.raises(aisnb.UsageError, match="of one shard"):
        ais(f"get {bucket} {tmp_path} --prefix s --extract")


def test_some_objects_of_a_prefix_are_read(ais: Run, tree: str, tmp_path: Path) -> None:
    ais(f"get {tree} {tmp_path}/out --prefix '' --limit 2 --progress")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.txt", "b.txt"]


def test_jobs_are_filtered_and_told_as_json(ais: Run, web: str) -> None:
    found = ais("show job --all --filter KIND=^prefetch --top 1")
    assert found["kind"].tolist() == ["prefetch-objects"]
    job = found["id"][0]
    assert json.loads(ais(f"show job {job} --json"))["id"] == job
    assert json.loads(ais("show job --all -j"))[0]["id"]
    with pytest.raises(aisnb.UsageError, match="COLUMN=REGEX"):
        ais("show job --filter colour=red")


@pytest.mark.parametrize("what", ["smap", "bmd", "config", "stats"])
def test_a_cluster_tells_of_itself(ais: Run, tree: str, what: str) -> None:
    rows = ais(f"show cluster {what}")
    assert list(rows) == ["property", "value"]
    assert len(rows)
    assert isinstance(json.loads(ais(f"show cluster {what} --json")), dict)


def test_a_cluster_tells_of_one_of_its_nodes(ais: Run, tree: str) -> None:
    target = next(iter(json.loads(ais("show cluster smap -j"))["tmap"]))
    assert json.loads(ais(f"show cluster config {target} -j"))
    with pytest.raises(aisnb.NotFound, match="no node 'nobody'"):
        ais("show cluster stats nobody")
    assert json.loads(ais("show cluster --json"))["deployment"] == "embedded"


def test_commands_are_found_by_a_pattern(ais: Run) -> None:
    assert "%ais archive put" in ais("search --regex '^archive (put|ls)$'").splitlines()
    with pytest.raises(aisnb.UsageError, match="One of them"):
        ais("search")


def test_a_part_of_a_bucket_is_summed_up(ais: Run, tree: str) -> None:
    for words in (f"{tree}/deep/", f"{tree} --prefix deep/ --cached"):
        row = ais(f"bucket summary {words}").iloc[0]
        assert (row["objects"], row["size"]) == (1, 10)
    with pytest.raises(aisnb.UsageError, match="Name the bucket"):
        ais("bucket summary --prefix deep/")


def test_a_file_is_only_put_with_the_checksum_that_is_said(ais: Run, folder: Path, bucket: str) -> None:
    content = (folder / "a.txt").read_bytes()
    right = f"--md5 {hashlib.md5(content).hexdigest()} --sha256 {hashlib.sha256(content).hexdigest().upper()}"
    with pytest.raises(aisnb.UsageError, match="has the sha512"):
        ais(f"put {folder}/a.txt {bucket} --sha512 0123")
    with pytest.raises(aisnb.UsageError, match="one by one"):
        ais(f"put {folder} {bucket} {right}")
    assert ais(f"ls {bucket}").empty
    ais(f"put {folder}/a.txt {bucket} {right} --xxhash {xxhash.xxh64(content).hexdigest()}")
    assert ais(f"ls {bucket}")["name"].tolist() == ["a.txt"]


def test_what_is_packed_inside_can_be_tried_first(ais: Run, tree: str) -> None:
    tried = ais(f"archive bucket {tree} {tree}/s.tar --nr --dry-run")
    assert tried["copy"].tolist() == [f"{tree}/s.tar/a.txt", f"{tree}/s.tar/b.txt"]
    ais(f"archive bucket {tree} {tree}/s.tar --nr --include-src-bck --cont-on-err --wait")
    name = tree.removeprefix("ais://")
    assert list(members(ais(f"cat {tree}/s.tar"))) == [f"{name}/a.txt", f"{name}/b.txt"]
    assert ais(f"archive ls {tree} --template s.{{tar,tgz}} --count-only").value == 2
    assert list(ais(f"archive ls {tree} --name-only")) == ["shard", "member"]
