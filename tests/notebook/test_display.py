"""What a cell shows of our values, and that it shows everybody else's as before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import aisnb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    Cell = Callable[[str], Any]


def formatted(shell: InteractiveShell, value: object) -> dict[str, str]:
    """Return what the shell would show of `value`, by MIME type."""
    bundle, _ = shell.display_formatter.format(value)
    return dict(bundle)


@pytest.fixture
def listing(cell: Cell, tmp_path: Path) -> pd.DataFrame:
    """A listing of a bucket with one object, whose name is not HTML."""
    (tmp_path / "a.tar").write_bytes(b"x" * 154757)
    bucket = f"ais://d-{abs(hash(tmp_path)):x}"
    cell(f"%ais create {bucket}")
    cell(f"%ais put '{tmp_path}/a.tar' '{bucket}/<b>&amp;.tar'")
    listing: pd.DataFrame = cell(f"%ais ls {bucket}")
    return listing


def test_a_listing_has_human_sizes_and_its_numbers_stay(shell: InteractiveShell, listing: pd.DataFrame) -> None:
    shown = formatted(shell, listing)
    assert "151.13KiB" in shown["text/html"]
    assert "151.13KiB" in shown["text/plain"]
    assert listing["size"].sum() == 154757


def test_names_are_escaped(shell: InteractiveShell, listing: pd.DataFrame) -> None:
    html = formatted(shell, listing)["text/html"]
    assert "&lt;b&gt;&amp;amp;.tar" in html
    assert "<b>" not in html


def test_what_is_made_of_a_listing_is_still_one(shell: InteractiveShell, listing: pd.DataFrame) -> None:
    for derived in (listing.head(), listing.query("size > 0"), listing.sort_values("size")):
        assert "151.13KiB" in formatted(shell, derived)["text/html"]


def test_a_frame_of_somebody_else_looks_as_pandas_shows_it(shell: InteractiveShell, cell: Cell) -> None:
    cell("%ais jobs;")  # our tables' module is there now
    frame = pd.DataFrame({"name": ["a", "b"], "size": [1024, 2048]})
    bare = type(shell)(config=shell.config)
    assert formatted(shell, frame) == formatted(bare, frame)
    assert formatted(shell, [frame, frame]) == formatted(bare, [frame, frame])
    assert formatted(shell, frame)["text/html"] == frame._repr_html_()
    assert formatted(shell, frame)["text/plain"] == repr(frame)


def test_a_formatter_that_was_there_keeps_its_frames(bare_shell: InteractiveShell) -> None:
    html = bare_shell.display_formatter.formatters["text/html"]
    html.for_type(pd.DataFrame, lambda _frame: "somebody's")
    aisnb.load_ipython_extension(bare_shell)
    frame = pd.DataFrame({"name": ["a"]})
    assert formatted(bare_shell, frame)["text/html"] == "somebody's"
    aisnb.unload_ipython_extension(bare_shell)
    assert formatted(bare_shell, frame)["text/html"] == "somebody's"


def test_a_job_a_server_and_the_node_have_cards_and_plain_text(
    shell: InteractiveShell, cell: Cell, tmp_path: Path
) -> None:
    (tmp_path / "a<i>b.tar").write_bytes(b"x")
    server = cell(f"%ais serve '{tmp_path}'")
    shown = formatted(shell, server)
    assert f'href="{server.url}"' in shown["text/html"]
    assert server.url in shown["text/plain"]
    job = cell(f"%ais start download {server.url}nothing-here.tar ais://cards")
    with pytest.raises(aisnb.JobFailed):
        job.wait()
    shown = formatted(shell, job)
    assert f"%ais show job {job.id} --progress" in shown["text/plain"]
    assert f"%ais retry {job.id}" in shown["text/html"]
    server.stop()
    assert "href" not in formatted(shell, server)["text/html"]
    assert "Stopped serving" in formatted(shell, server)["text/html"]
    node = cell("%ais status")
    shown = formatted(shell, node)
    assert node.endpoint in shown["text/html"]
    assert str(node.root) in shown["text/html"]
    assert str(node.root) in shown["text/plain"]


def test_a_served_address_is_no_link_where_a_hub_s_browser_could_not_follow_it(
    shell: InteractiveShell, cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cell(f"%ais serve '{tmp_path}'") as server:
        monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/jovyan/")
        page = formatted(shell, server)["text/html"]
    assert server.url in page
    assert "href" not in page


def test_a_listing_has_as_many_rows_as_pandas_is_told_to_show(shell: InteractiveShell, cell: Cell) -> None:
    cell("%ais jobs;")
    frame = pd.DataFrame({"name": [f"{number:04d}" for number in range(200)], "size": range(200)})
    frame.attrs["aisnb"] = True
    assert "140 more" in formatted(shell, frame)["text/html"]
    for rows, cut in ((10, "190 more"), (None, ""), (0, "140 more")):
        with pd.option_context("display.max_rows", rows):
            shown = formatted(shell, frame)
        for kind in ("text/html", "text/plain"):
            assert (cut or "200 objects") in shown[kind]
            assert ("more" in shown[kind]) == bool(cut)


def test_a_message_is_its_text(shell: InteractiveShell, cell: Cell) -> None:
    message = cell("%ais help wait")
    assert formatted(shell, message) == {"text/plain": str(message)}
