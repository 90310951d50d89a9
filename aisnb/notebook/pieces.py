"""Small pieces of HTML that read well in light and dark, in JupyterLab and on a page without its styles.

Colours are the theme's variables with a fall-back that is readable on both grounds; text inherits. Every value from
outside (names, URLs, reasons) passes `escape`.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SUCCESS, WARNING, DANGER, INFO = "success", "warning", "danger", "info"
COLOURS = {
    SUCCESS: "var(--jp-success-color1, #388e3c)",
    WARNING: "var(--jp-warn-color1, #f57c00)",
    DANGER: "var(--jp-error-color1, #d32f2f)",
    INFO: "var(--jp-brand-color1, #1976d2)",
}
TRACK = "var(--jp-border-color2, rgba(127, 127, 127, 0.3))"
FONT = "font-family:var(--jp-ui-font-family, sans-serif); font-size:var(--jp-ui-font-size1, 13px); line-height:1.5"
LABEL = "display:inline-block; min-width:6em; opacity:0.7"
NUMBERS = "font-variant-numeric:tabular-nums"


def words(text: str) -> str:
    """Return `text` in the page's own font, on one line, with digits that do not dance."""
    return f'<span style="{FONT}; {NUMBERS}; white-space:nowrap">{escape(text)}</span>'


def bar(share: float, tone: str = INFO, width: str = "12em") -> str:
    """Return a still bar, filled to `share` (0 to 1) in the colour of `tone`."""
    filled = f"width:{100 * min(max(share, 0.0), 1.0):.0f}%; height:100%; background:{COLOURS[tone]}"
    return (
        f'<span style="display:inline-block; width:{width}; height:0.6em; border-radius:0.3em; overflow:hidden; '
        f'background:{TRACK}"><span style="display:block; {filled}"></span></span>'
    )


def bars(rows: Iterable[tuple[str, float, str]]) -> str:
    """Return a row for each name: the name, a still bar filled to its share (0 to 1), and what else to say."""
    cells = "".join(
        f'<div style="display:flex; gap:0.8em; align-items:center; white-space:nowrap">{bar(share)}'
        f'<span style="overflow:hidden; text-overflow:ellipsis; max-width:24em">{escape(name)}</span>'
        f'<span style="opacity:0.7">{escape(text)}</span></div>'
        for name, share, text in rows
    )
    return f'<div style="{FONT}; {NUMBERS}">{cells}</div>'


def line(text: str, tone: str = INFO, css_class: str = "") -> str:
    """Return `text` behind a stroke in the colour of `tone`: how things ended, in one line."""
    stroke = f"border-left:3px solid {COLOURS[tone]}; padding:1px 0 1px 8px; margin:2px 0"
    return f'<div class="{css_class}" style="{FONT}; {NUMBERS}; {stroke}">{escape(text)}</div>'


def card(title: str, rows: Iterable[tuple[str, str]], tone: str = INFO, css_class: str = "") -> str:
    """Return a title and its facts, one a row; a value that is an ``http://`` address becomes a link.

    Args:
        title: the first line, in bold.
        rows: label and value of each fact; facts without a value are left out.
        tone: whose colour the stroke at the left has.
        css_class: the class of the whole.
    """
    stroke = f"border-left:3px solid {COLOURS[tone]}; padding:2px 0 2px 8px; margin:2px 0"
    facts = "".join(
        f'<div><span style="{LABEL}">{escape(label)}</span>{_value(value)}</div>' for label, value in rows if value
    )
    heading = f"<div><b>{escape(title)}</b></div>"
    return f'<div class="{css_class}" style="{FONT}; {NUMBERS}; {stroke}">{heading}{facts}</div>'


def _value(value: str) -> str:
    text = escape(value)
    if value.startswith(("http://", "https://")) and "{" not in value:  # a template leads nowhere
        return f'<a href="{text}" target="_blank" rel="noopener noreferrer">{text}</a>'
    return text
