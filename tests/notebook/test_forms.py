"""Forms without a browser: what fields say, the lines they stand for, and that a click never waits nor raises."""

from __future__ import annotations

import threading
import time
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import aisnb
from aisnb.client.files import list_servers, stop_servers
from aisnb.commands import Session
from aisnb.commands.catalogue import COMMANDS
from aisnb.commands.forms import WITH_FORM
from aisnb.commands.lines import lines_for, missing, quote, words_for
from aisnb.commands.parsing import parse
from aisnb.commands.words import split, substitute
from aisnb.notebook.forms import CommandForm, TwoSteps
from aisnb.notebook.forms.insertion import INSERT_CLASS
from aisnb.notebook.forms.preview import (
    MOST_CHARACTERS,
    preview_destination,
    preview_files,
    preview_objects,
    preview_of,
    preview_source,
    preview_template,
    resolve,
)
from aisnb.notebook.forms.runner import Outcome, begin, run_words
from aisnb.notebook.progress import WIDGET_VIEW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from aisnb.client import Client
    from tests.notebook.kernels import Kernel

PATIENCE = 60.0
SIZE = 2**20
#: With files of that size, a job that no pause and no busy machine lets come to its end.
SLOWLY = 3600 * 100
ODD_WORDS = [
    "it's",
    '"',
    "a b",
    "$HOME",
    "{bucket}",
    "${bucket}",
    "$$",
    "a\\",
    "-x",
    "--help",
    "#",
    "a;",
    "?",
    "a\nb",
    "\u202e",
]
ODD_WORDS += ["é/שלום", "👨‍👩‍👧", "http://h/{001..010}.tar", "x{a,b}", "a=b", "'''", "{x}{y}'", "\\'", "~", "*"]


@pytest.fixture
def shards(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "it's $HOME"
    directory.mkdir()
    for number in range(1, 4):
        (directory / f"shard-{number}.tar").write_bytes(b"x" * SIZE)
    yield directory
    if aisnb.node_status().running:
        stop_servers(everything=True)


@pytest.fixture
def bucket() -> str:
    return f"ais://b-{uuid.uuid4().hex[:12]}"


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def nothing_goes_on() -> bool:
    return all(each.name != "aisnb-form" for each in threading.enumerate())


def inside(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def find(form: Any, label: str) -> Any:
    """Return the field or button that is called so."""
    return next(each for each in inside(form._box) if getattr(each, "description", "") == label)


def said(form: Any) -> str:
    """Return all that the form says."""
    return "\n".join(each.value for each in inside(form._box) if type(each).__name__ == "HTML")


@given(st.text(), st.sampled_from(["'", '"', "$", "{", "}", "\\", "x", "{x}", "$x", " "]), st.text())
def test_a_quoted_word_is_read_as_it_was_whatever_the_variables_are(before: str, odd: str, after: str) -> None:
    class Everything(dict[str, object]):
        def __missing__(self, name: str) -> object:
            return "replaced"

        def __contains__(self, name: object) -> bool:
            return True

    word = before + odd + after
    assert substitute(split(f"get {quote(word)} end"), Everything()) == ["get", word, "end"]


@pytest.mark.parametrize("word", ODD_WORDS)
def test_lines_can_be_pasted_into_a_cell_with_any_name(bare_shell: InteractiveShell, word: str) -> None:
    heard = list[str]()
    bare_shell.user_ns.update(bucket="wrong", HOME="wrong", x="wrong", y="wrong", a="wrong")

    def ais(line: str) -> None:
        heard.extend(substitute(split(line), bare_shell.user_ns))

    ais._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # IPython's protocol, see no_var_expand
    bare_shell.register_magic_function(ais)
    words = words_for(COMMANDS.find(["get"])[0], {"source": word, "prefix": word})
    bare_shell.run_cell("\n".join(lines_for(words))).raise_error()
    assert heard == words
    assert parse(COMMANDS.find(["get"])[0], heard[1:])["source"] == word
    assert parse(COMMANDS.find(["get"])[0], heard[1:])["prefix"] == word


def test_what_is_missing_stands_in_capitals() -> None:
    download, _ = COMMANDS.find(["start", "download"])
    assert lines_for(words_for(download, {"destination": "ais://abc"})) == ["%ais start download SOURCE ais://abc"]
    assert [each.name for each in missing(download, {"destination": "ais://abc"})] == ["source"]


def test_switches_and_repeated_flags_are_written_as_they_are_read() -> None:
    download, _ = COMMANDS.find(["start", "download"])
    values = {"source": "http://h/a", "destination": "b", "force": True, "limit_bph": "1GiB", "description": "-x"}
    words = words_for(download, values)
    read = parse(download, words[2:])
    assert (read["force"], read["limit_bph"], read["description"]) == (True, 2**30, "-x")
    serve, _ = COMMANDS.find(["serve"])
    assert parse(serve, words_for(serve, {"directory": "d", "host": ("a", "b")})[1:])["host"] == ("a", "b")


@pytest.mark.parametrize(
    ("look", "text", "said"),
    [
        (preview_source, "http://h/shard-{001..999}.tar", "999 files: shard-001.tar … shard-999.tar"),
        (preview_source, "http://h/a%20b", "1 file: a b"),
        (preview_source, "http://h/*.bin", "1 file, as '*' stands for itself; for many write a range like {001..010}"),
        (preview_source, "http://h/shard-00?.tar", "1 file, as '?' stands for itself"),
        (preview_template, "shard-[0-9].tar", "1 name, as '[0-9]' stands for itself"),
        (preview_source, "http://h/d/", "All files that the index of this directory lists"),
        (preview_source, "h/shard-{1..2}", "does not say where it is"),
        (preview_source, "http://h/{3..1}", "starts after its end"),
        (preview_source, "http://h/{001..", "brace is not closed"),
        (preview_source, "http://h/{0..99999999}", "a job takes at most"),
        (preview_files, "{a,b}-{1..3}", "6 files: a-1 … b-3"),
        (preview_files, "train/", "All files that the index of this directory lists"),
        (preview_destination, "ais://abc/in/", "Into ais://abc, below in/"),
        (preview_destination, "ais://a b", "is not a bucket name"),
        (preview_objects, "ais://abc/x-{1..3}", "3 objects: x-1 … x-3"),
        (preview_template, "x-%d", "Names without end: x-0 … x-1"),
        (preview_source, "http://h/" + "x" * MOST_CHARACTERS, "characters"),
        (preview_source, "", ""),
    ],
)  # fmt: skip
def test_a_preview_says_in_words_what_a_text_stands_for(look: Any, text: str, said: str) -> None:
    found = look(text)
    assert said in (found.error or f"{found.text}: {' … '.join(found.names)}".removesuffix(": "))
    assert bool(found.error) == (found.text == "" and text != "")


def test_names_of_files_are_found_below_the_served_directory() -> None:
    assert resolve("a b-{1..2}.tar", "http://h:1/") == "http://h:1/a%20b-{1..2}.tar"
    assert resolve("http://other/x", "http://h:1/") == "http://other/x"
    assert resolve("x", "") == "x"


def test_every_command_with_a_form_has_one_made_from_its_definition() -> None:
    for name in WITH_FORM:
        form = aisnb.forms.for_command(name)
        labels = {getattr(each, "description", "") for each in inside(form._box)}
        command, _ = COMMANDS.find(name.split())
        assert {each.name.replace("_", " ").capitalize() for each in command.arguments} <= labels
        assert f"aisnb-form-{name.replace(' ', '-')}" in form._box._dom_classes
        for parameter in command.parameters:
            assert preview_of(parameter)("1") is not None
    with pytest.raises(aisnb.UsageError, match="no form for 'ls'"):
        aisnb.forms.for_command("ls")


def test_a_form_of_a_command_shows_numbers_that_are_none_in_words() -> None:
    form = aisnb.forms.for_command("start download")
    find(form, "Source").value = "http://127.0.0.1:9/{1..3}"
    find(form, "Destination").value = "ais://abc"
    assert not find(form, "Start download").disabled
    find(form, "Limit bph").value = "much"
    assert find(form, "Start download").disabled
    assert "much" in said(form)


def test_a_token_is_read_by_nobody_and_a_variable_stands_for_it_in_the_line() -> None:
    form = aisnb.forms.for_command("start download")
    find(form, "Destination").value = "ais://models/x/"
    assert find(form, "Start download").disabled
    find(form, "Hf model").value = "org/name"
    assert not find(form, "Start download").disabled
    find(form, "Hf auth").value = "-kanarienvogel"
    assert type(find(form, "Hf auth")).__name__ == "Password"
    assert form.lines[-1] == "%ais start download --hf-model org/name --hf-auth $HF_TOKEN ais://models/x/"
    assert "kanarienvogel" not in "\n".join((said(form), repr(form), form._insertion.text))


@pytest.mark.parametrize("odd", ["", "{1..3}", "it's", "a\nb"])
@pytest.mark.parametrize("made", [lambda link: TwoSteps(Session(COMMANDS), "", link, "ais://b"), None])
def test_what_stands_before_the_host_of_a_link_is_in_no_line_which_works_with_a_variable(
    shell: InteractiveShell, made: Callable[[str], Any] | None, odd: str
) -> None:
    login, link = "me:kanarien@vogel", f"h/a{odd}.tar"
    if made is not None:
        form = made(f"http://{login}@{link}")
    else:
        form = aisnb.forms.for_command("start download")
        find(form, "Source").value = f"http://{login}@{link}" if "\n" not in odd else f"http://{login}@h/a.tar"
        find(form, "Destination").value = "ais://b"
    assert "vogel" not in "\n".join((said(form), repr(form), form._insertion.text))
    heard = list[str]()

    def ais(line: str) -> None:
        heard.extend(substitute(split(line), shell.user_ns))

    ais._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # IPython's protocol, see no_var_expand
    shell.user_ns["LOGIN"] = login
    shell.register_magic_function(ais)
    shell.run_cell("\n".join(form.lines)).raise_error()
    assert heard[-2:] == [str(find(form, "2. Files" if made else "Source").value), "ais://b"]


def test_a_wrong_link_is_said_without_its_password() -> None:
    for link in ("{3..1}", "{0..99999999}", "%ff", "\ud800", "x" * MOST_CHARACTERS, "a/"):
        for look in (preview_source, preview_files):
            assert "vogel" not in str(look(f"http://me:kanarienvogel@h/{link}"))


def test_a_command_that_fails_says_so_in_its_form() -> None:
    form = aisnb.forms.for_command("get")
    find(form, "Source").value = "ais://no-such-bucket/x"
    find(form, "Get").click()
    wait_until(lambda: "no-such-bucket" in form._result.value and 'role="alert"' in form._result.value)
    assert not find(form, "Get").disabled


def test_a_form_says_how_much_its_command_would_move_once_the_typing_rests(shards: Path) -> None:
    server = aisnb.serve(shards)
    form = aisnb.forms.for_command("start download")
    find(form, "Source").value = f"{server.url}shard-{{1..9}}.tar"
    assert "9 files" in said(form)  # at once; the sizes follow
    find(form, "Source").value = f"{server.url}shard-{{1..4}}.tar"
    wait_until(nothing_goes_on)
    assert "3 files of 4 at the source, 3.00MiB; 1 missing; 3.00MiB to fetch." in said(form)
    find(form, "Source").value = f"{server.url}shard-{{1..4}}.t{{"
    wait_until(nothing_goes_on)
    assert "at the source" not in said(form)


def test_sizes_that_cannot_be_known_are_words_and_stop_nobody() -> None:
    form = aisnb.forms.for_command("start download")
    find(form, "Source").value = "http://127.0.0.1:9/{1..3}"
    find(form, "Destination").value = "ais://abc"
    wait_until(lambda: "The sizes are not known." in said(form))
    assert not find(form, "Start download").disabled


def test_a_form_keeps_its_lines_at_hand_for_a_cell() -> None:
    form = aisnb.forms.for_command("serve")
    find(form, "Directory").value = "a\nb"
    (button,) = (each for each in inside(form._box) if INSERT_CLASS in getattr(each, "_dom_classes", ()))
    assert button.text.splitlines() == form.lines == ["word_1 = 'a\\nb'", "%ais serve $word_1"]
    assert button.form == form._box.model_id


def test_both_steps_without_a_wait_in_any_click(shards: Path, bucket: str) -> None:
    form = aisnb.forms.two_steps()
    find(form, "1. Directory").value = str(shards)
    find(form, "Serve").click()
    wait_until(lambda: form.url)
    find(form, "2. Files").value = "shard-{1..3}.tar"
    find(form, "Bucket").value = f"{bucket}/in/"
    assert form.lines == [
        f'%ais serve "{str(shards).replace("$", "$$")}"',
        f"%ais start download '{form.url}shard-{{1..3}}.tar' {bucket}/in/",
    ]
    find(form, "Start").click()
    wait_until(lambda: "Done." in said(form))
    assert form.job.state == "finished"
    assert list(aisnb.connect().ls(bucket)["name"]) == [f"in/shard-{number}.tar" for number in (1, 2, 3)]


@pytest.mark.parametrize("is_link", [False, True])
def test_another_directory_is_served_before_anything_is_copied(
    shards: Path, tmp_path: Path, bucket: str, is_link: bool
) -> None:
    other = tmp_path / "v2"
    other.mkdir()
    (other / "shard-1.tar").write_bytes(b"two")
    form = aisnb.forms.two_steps(str(shards), "", bucket)
    find(form, "Serve").click()
    wait_until(lambda: form.url)
    find(form, "2. Files").value = form.url + "shard-1.tar" if is_link else "shard-1.tar"
    assert not find(form, "Start").disabled
    find(form, "1. Directory").value = str(other)
    assert find(form, "Start").disabled
    assert "press Serve first" in said(form)
    assert form.lines == [f"%ais serve {other}", f"%ais start download SOURCE {bucket}"]
    find(form, "1. Directory").value = f"{shards}/"  # the one that is served, in other words
    assert not find(form, "Start").disabled
    find(form, "1. Directory").value = str(other)
    before = form.url
    find(form, "Serve").click()
    wait_until(lambda: form.url != before)
    assert form.lines[1] == f"%ais start download {form.url}shard-1.tar {bucket}"
    find(form, "Start").click()
    wait_until(lambda: "Done." in said(form))
    assert aisnb.connect().get(f"{bucket}/shard-1.tar") == b"two"


def test_links_from_elsewhere_ask_for_no_directory(shards: Path, bucket: str) -> None:
    form = aisnb.forms.two_steps(str(shards), "http://127.0.0.1:9/a.tar", bucket)
    find(form, "Serve").click()
    wait_until(lambda: form.url)
    find(form, "1. Directory").value = f"{shards}-2"
    assert not find(form, "Start").disabled
    assert form.lines[1] == f"%ais start download http://127.0.0.1:9/a.tar {bucket}"


@pytest.mark.parametrize("both_steps", [True, False])
def test_that_a_bucket_will_be_made_is_said_until_the_job_has_ended(
    shards: Path, bucket: str, both_steps: bool
) -> None:
    (shards / "sub").mkdir()
    heard = list[str]()
    link = aisnb.serve(shards).url
    if both_steps:
        form, button = aisnb.forms.two_steps("", link, bucket), "Start"
    else:
        form, button = aisnb.forms.for_command("start download"), "Start download"
        find(form, "Source").value, find(form, "Destination").value = link, bucket
    form._panel._said.observe(lambda change: heard.append(change["new"]), names="value")
    find(form, button).click()
    wait_until(lambda: form._panel.job and not form._panel.is_busy)
    wait_until(nothing_goes_on)
    wait_until(lambda: "will be created" not in said(form))
    assert any("will be created" in text for text in heard)
    assert "1 directory beside them left out" in said(form)


def test_a_new_form_finds_what_is_served_and_the_job_that_runs(shards: Path, bucket: str) -> None:
    server = aisnb.serve(shards)
    job = aisnb.connect().download(f"{server.url}shard-{{1..3}}.tar", bucket, bytes_per_hour=SLOWLY)
    form = aisnb.forms.two_steps()
    wait_until(lambda: form.job)
    assert form.job.id == job.id
    assert form.url == server.url
    assert find(form, "Bucket").value == bucket
    assert find(form, "Start").disabled
    find(form, "Stop").click()
    wait_until(lambda: "Stopped." in said(form))
    assert not find(form, "Start").disabled
    wait_until(lambda: job.state == "aborted")


def test_a_paused_job_goes_on_by_a_click(shards: Path, bucket: str) -> None:
    server = aisnb.serve(shards)
    job = aisnb.connect().download(f"{server.url}shard-{{1..3}}.tar", bucket, bytes_per_hour=SLOWLY)
    job.pause()
    form = aisnb.forms.two_steps()
    wait_until(lambda: find(form, "Resume").layout.display == "" and form.job)
    assert "paused" in said(form)
    find(form, "Resume").click()
    wait_until(lambda: job.state == "running" and find(form, "Resume").layout.display == "none")
    find(form, "Stop").click()
    wait_until(lambda: "Stopped." in said(form))


def test_a_form_that_is_filled_in_finds_its_own_job_and_no_other(shards: Path, bucket: str) -> None:
    server = aisnb.serve(shards)
    job = aisnb.connect().download(f"{server.url}shard-{{1..3}}.tar", bucket, bytes_per_hour=SLOWLY)
    other = aisnb.forms.two_steps(str(shards), "shard-{1..2}.tar", bucket)
    form = aisnb.forms.two_steps(str(shards), "shard-{1..3}.tar", bucket)
    wait_until(lambda: form.job and other.url)
    assert form.job.id == job.id
    assert find(form, "2. Files").value == "shard-{1..3}.tar"
    assert other.job is None
    job.stop()


def test_a_form_without_arguments_shows_where_the_running_job_puts_its_files(shards: Path, bucket: str) -> None:
    server = aisnb.serve(shards)
    job = aisnb.connect().download(f"{server.url}shard-{{1..3}}.tar", f"{bucket}/in/", bytes_per_hour=SLOWLY)
    form = aisnb.forms.two_steps()
    wait_until(lambda: form.job)
    assert find(form, "Bucket").value == f"{bucket}/in"
    job.stop()


def test_a_form_leaves_alone_what_the_user_fills_in_meanwhile(shards: Path) -> None:
    aisnb.serve(shards)
    other = TwoSteps(Session(COMMANDS), "/elsewhere", "http://h/x", "ais://abc")
    wait_until(nothing_goes_on)
    assert find(other, "1. Directory").value == "/elsewhere"
    assert other.url == ""


def test_what_came_of_a_click_stays_when_earlier_work_is_found_later(shards: Path) -> None:
    class Slow(Session):
        """Its first client comes when the test says so: looking for earlier work takes that long."""

        def client(self) -> Client:
            if not asked.is_set():
                asked.set()
                assert go_on.wait(PATIENCE)
            return super().client()

    asked, go_on = threading.Event(), threading.Event()
    aisnb.serve(shards)
    form = TwoSteps(Slow(COMMANDS))
    try:
        assert asked.wait(PATIENCE)
        find(form, "1. Directory").value = f"{shards}-not"
        find(form, "Serve").click()
        wait_until(lambda: "There is no directory" in said(form))
    finally:
        go_on.set()
    wait_until(nothing_goes_on)
    assert "There is no directory" in said(form)
    find(form, "1. Directory").value = str(shards)
    assert "There is no directory" not in said(form)


def test_making_a_form_starts_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISNB_HOME", str(tmp_path / "home"))
    aisnb.forms.two_steps("shards")
    wait_until(nothing_goes_on)
    assert not aisnb.node_status().running


def test_a_directory_that_vanished_is_said_before_the_copy(shards: Path, bucket: str) -> None:
    form = aisnb.forms.two_steps(str(shards), "shard-{1..3}.tar", bucket)
    find(form, "Serve").click()
    wait_until(lambda: form.url)
    for file in shards.iterdir():
        file.unlink()
    shards.rmdir()
    find(form, "Start").click()
    wait_until(lambda: "not there any more" in said(form))
    assert form.job is None
    assert not find(form, "Start").disabled


def test_a_click_returns_at_once_and_what_goes_wrong_is_its_outcome() -> None:
    outcomes, hold = list[Outcome](), threading.Event()

    def work() -> Outcome:
        hold.wait(PATIENCE)
        raise ZeroDivisionError("a bug")

    begin(work, outcomes.append)
    assert outcomes == []
    hold.set()
    wait_until(lambda: outcomes)
    assert "Unexpected ZeroDivisionError: a bug" in outcomes[0].error


def test_notes_of_a_command_go_to_its_form(capsys: pytest.CaptureFixture[str], bucket: str) -> None:
    outcomes = list[Outcome]()
    run_words(["jobs", "--regex", bucket], Session(COMMANDS), outcomes.append)
    wait_until(lambda: outcomes)
    assert capsys.readouterr().err == ""
    assert "No jobs" in outcomes[0].notes[0]


ANYTHING = st.text(st.characters())
FORM = cache(lambda: aisnb.forms.two_steps())


@given(ANYTHING, st.sampled_from(["", "http://h/", "ais://", "{", "}", "{1..", "%", "@"]), ANYTHING)
def test_nothing_that_is_typed_raises(before: str, between: str, after: str) -> None:
    form, text = FORM(), before + between + after
    for label in ("1. Directory", "2. Files", "Bucket"):
        find(form, label).value = text
    form.url = "http://127.0.0.1:9/"
    find(form, "2. Files").value = f"{text}x"
    assert form.lines
    assert repr(form)


def test_names_are_escaped_wherever_a_form_shows_them() -> None:
    odd = "<script>alert(1)</script>"
    form = TwoSteps(Session(COMMANDS), odd, f"http://h/{odd}-{{1..2}}", f"ais://abc/{odd}")
    assert "<script" not in said(form)
    assert "&lt;script&gt;" in said(form)


def test_a_form_is_readable_as_text_where_there_are_no_widgets(cell: Callable[[str], Any]) -> None:
    form = cell("%ais form")
    assert isinstance(form, TwoSteps)
    assert form._repr_mimebundle_() == {"text/plain": repr(form)}
    assert repr(form).startswith("Form: Copy a directory into a bucket, in two steps.\n")
    assert repr(form).endswith("    %ais serve DIRECTORY\n    %ais start download SOURCE DESTINATION")
    assert isinstance(cell("%ais form download"), CommandForm)


def test_a_stored_notebook_has_the_form_as_text_beside_its_widgets(new_kernel: Callable[[], Kernel]) -> None:
    kernel = new_kernel()
    kernel.run("%load_ext aisnb")
    (shown,) = kernel.run("%ais form").of_type("execute_result")
    assert set(shown["data"]) == {"text/plain", WIDGET_VIEW}
    assert "%ais start download SOURCE DESTINATION" in shown["data"]["text/plain"]


def test_a_terminal_says_that_a_form_needs_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    from aisnb.cli import main

    assert main(["form"]) == 1
    assert "needs a notebook" in capsys.readouterr().err


def test_clicking_serve_twice_serves_once(shards: Path) -> None:
    form = aisnb.forms.two_steps(str(shards))
    for _ in range(2):
        find(form, "Serve").click()
    wait_until(lambda: form.url)
    find(form, "Serve").click()
    wait_until(lambda: not find(form, "Serve").disabled)
    assert list(list_servers()["directory"]) == [str(shards)]
