"""Names and error texts of strangers are text in all that is shown: whatever they hold, no tag comes or goes."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as any_of

from aisnb.archives import Member
from aisnb.client.levels import Entry, Place, Sum
from aisnb.explore.tables import mark, render_html
from aisnb.notebook import cards, pieces
from aisnb.notebook.browser.copying import copy_button
from aisnb.notebook.browser.preview import preview_html
from aisnb.notebook.browser.rows import entry_row, member_row
from aisnb.notebook.forms import style
from aisnb.notebook.jobs import details, errors, rows
from aisnb.protocol.extension import FileProgress, JobErrorRow, JobSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable


def job(text: str) -> JobSnapshot:
    """Return a job that says `text` wherever a stranger's words can be."""
    return JobSnapshot(
        id=text, kind=text, state="failed", description=text, source=text, bucket=text, reason=text, total=2, failed=1,
        endpoint=text, in_flight=[FileProgress(text, 1, 2)],
    )  # fmt: skip


WAYS: dict[str, Callable[[str], str]] = {
    "a listing": lambda text: render_html(mark(pd.DataFrame({"name": [text], "size": [1]}))),
    "a table": lambda text: render_html(mark(pd.DataFrame({"id": [text], "state": [text], "reason": [text]}))),
    "a job's card": lambda text: cards.progress_card(job(text)),
    "a job's row": lambda text: rows.row(job(text)),
    "a job's title": lambda text: details.title_html(job(text)),
    "failed files": lambda text: errors.errors_html([JobErrorRow(text, text, 404, 1, text)]),
    "a form's error": style.failure,
    "a form's success": style.success,
    "a form's lines": lambda text: style.lines([text, text]),
    "a browser's name": lambda text: entry_row(Entry(f"{text}x"), Place(), Sum(1, 2), chosen=True).cells,
    "a shard's file": lambda text: member_row(Member(text, 1, 0), chosen=False).cells,
    "a preview": lambda text: preview_html(text, text.encode(), len(text.encode())),
    "a path to copy": lambda text: copy_button("Copy path", text),
    "a word": pieces.text,
    "a card": lambda text: pieces.card(text, [(text, text)]),
    "a card's link": lambda text: pieces.card("x", [("at", f"http://127.0.0.1/{text}")]),
}


class Tags(HTMLParser):
    """Lists a page's tags, and the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attributes]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}", []))

    def handle_comment(self, data: str) -> None:
        self.found.append(("!", []))


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(any_of.text("<>&\"'/=;-! \\`ax\N{RIGHT-TO-LEFT OVERRIDE}\N{PARROT}", min_size=1, max_size=30))
@example("<script>alert(1)</script>")
@example("\"><img src=x onerror='alert(1)'>")
@example("'-alert(1)-'</style></pre></td><!--")
@example("javascript:alert(1)")
def test_no_tag_comes_or_goes(way: str, text: str) -> None:
    assert Tags(WAYS[way](text)).found == Tags(WAYS[way]("x")).found
