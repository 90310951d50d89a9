"""Small pieces of HTML that read well in light and dark, in JupyterLab and on a page without its styles.

Colours are the theme's variables with a fall-back that is readable on both grounds; text inherits. Every value from
outside (names, URLs, reasons) passes `text`.
"""

from __future__ import annotations

import os
import re
from html import escape
from typing import TYPE_CHECKING

from aisnb.units import printable

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

_LOOPBACK = re.compile(r"https?://(127(\.\d+){3}|localhost|\[::1\])([:/]|$)")


def text(value: str) -> str:
    """Return `value` as it is to be read: never markup, on one line, and its direction turns nothing else around."""
    return f"<bdi>{escape(printable(value))}</bdi>"


def bar(share: float, tone: str = INFO, width: str = "12em", css_class: str = "") -> str:
    """Return a still bar, filled to `share` (0 to 1) in the colour of `tone`.

    Args:
        share: how much is done.
        tone: the colour.
        width: of the whole.
        css_class: of what is filled; its own style has the width, in percent.
    """
    filled = f"width: {100 * min(max(share, 0.0), 1.0):.1f}%; display:block; height:100%; background:{COLOURS[tone]}"
    return (
        f'<span style="display:inline-block; flex:none; width:{width}; height:0.6em; border-radius:0.3em; '
        f'overflow:hidden; background:{TRACK}"><span class="{css_class}" style="{filled}"></span></span>'
    )


def row(*parts: str) -> str:
    """Return pieces of HTML beside each other, centred; what is too long for the page wraps."""
    return f'<div style="display:flex; gap:0.8em; align-items:center">{"".join(parts)}</div>'


def block(*parts: str, css_class: str = "") -> str:
    """Return pieces of HTML below each other, in the page's own font, with digits that do not dance."""
    return f'<div class="{css_class}" style="{FONT}; {NUMBERS}">{"".join(parts)}</div>'


def line(value: str, tone: str = INFO, css_class: str = "") -> str:
    """Return `value` behind a stroke in the colour of `tone`: how things ended, in one line."""
    return _stroke(text(value), tone, css_class)


def failure(value: str) -> str:
    """Return what went wrong, "" for nothing; a screen reader says it at once."""
    return f'<div role="alert">{line(value, DANGER)}</div>' if value else ""


def hint(value: str) -> str:
    """Return something worth knowing, "" for nothing; a screen reader says it when it has time."""
    return f'<div style="opacity:0.75" role="status">{text(value)}</div>' if value else ""


def card(title: str, rows: Iterable[tuple[str, str]], tone: str = INFO, css_class: str = "") -> str:
    """Return a title and its facts, one a row; a value that is an ``http://`` address becomes a link.

    Args:
        title: the first line, in bold.
        rows: label and value of each fact; facts without a value are left out.
        tone: whose colour the stroke at the left has.
        css_class: the class of the whole.
    """
    facts = "".join(
        f'<div><span style="{LABEL}">{text(label)}</span>{_value(value)}</div>' for label, value in rows if value
    )
    return _stroke(f"<div><b>{text(title)}</b></div>{facts}", tone, css_class)


def _stroke(inside: str, tone: str, css_class: str) -> str:
    stroke = f"border-left:3px solid {COLOURS[tone]}; padding:2px 0 2px 8px; margin:2px 0"
    return f'<div class="{css_class}" style="{FONT}; {NUMBERS}; {stroke}">{inside}</div>'


def _value(value: str) -> str:
    if not _leads_somewhere(value):
        return text(value)
    return f'<a href="{escape(value)}" target="_blank" rel="noopener noreferrer">{text(value)}</a>'


def _leads_somewhere(value: str) -> bool:
    """Return whether a browser can follow `value`: no template, and no address of a hub's own machine."""
    if not value.startswith(("http://", "https://")) or "{" in value:
        return False
    return "JUPYTERHUB_SERVICE_PREFIX" not in os.environ or not _LOOPBACK.match(value)
