"""How forms look: one style sheet, in the theme's colours where there is a theme, and the sentences in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.notebook import pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Colours have fall-backs that can be read on light and dark grounds alike.
SHEET = """<style>
.aisnb-form {
  max-width: 58em; box-sizing: border-box; padding: 12px 16px 14px; margin: 2px 0; overflow: hidden;
  border: 1px solid var(--jp-border-color2, rgba(127, 127, 127, 0.35)); border-radius: 6px;
}
.aisnb-form .widget-html { height: auto; }
.aisnb-form .widget-html-content {
  font-family: var(--jp-ui-font-family, sans-serif); font-size: var(--jp-ui-font-size1, 13px); line-height: 1.5;
  height: auto; overflow-wrap: anywhere; color: var(--jp-ui-font-color1, inherit);
}
.aisnb-form h4 { margin: 0; font-size: 1.15em; font-weight: 600; }
.aisnb-form h5 { margin: 0; font-size: 1em; font-weight: 600; }
.aisnb-form code, .aisnb-form pre {
  font-family: var(--jp-code-font-family, monospace); font-size: var(--jp-code-font-size, 13px); color: inherit;
  background: var(--jp-layout-color2, rgba(127, 127, 127, 0.12)); border-radius: 3px; unicode-bidi: isolate;
}
.aisnb-form code { padding: 0 3px; }
.aisnb-form pre { margin: 3px 0 0; padding: 6px 10px; white-space: pre-wrap; overflow-wrap: anywhere; }
.aisnb-form .aisnb-form-lines pre { user-select: all; -webkit-user-select: all; }
.aisnb-form-quiet { opacity: 0.8; }
.aisnb-form .aisnb-form-said { margin: 0 0 6px calc(10em + 6px); }
.aisnb-form .aisnb-form-part {
  margin-top: 6px; padding-top: 8px; border-top: 1px solid var(--jp-border-color2, rgba(127, 127, 127, 0.25));
}
.aisnb-form input:focus-visible, .aisnb-form button:focus-visible, .aisnb-form textarea:focus-visible {
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px;
}
</style>"""

PART_CLASS = "aisnb-form-part"
SAID_CLASS = "aisnb-form-said"


def failure(text: str) -> str:
    """Return what went wrong; a screen reader says it at once."""
    return f'<div role="alert">{pieces.line(text, pieces.DANGER)}</div>' if text else ""


def success(text: str) -> str:
    """Return what went well."""
    return f'<div role="status">{pieces.line(text, pieces.SUCCESS)}</div>' if text else ""


def hint(html: str) -> str:
    """Return something worth knowing, which is HTML already."""
    return f'<div class="aisnb-form-quiet" role="status">{html}</div>' if html else ""


def lines(texts: Sequence[str]) -> str:
    """Return the lines that a form stands for; a click selects them all, to be copied."""
    body = "\n".join(map(pieces.text, texts))
    return (
        '<div class="aisnb-form-lines"><h5>The same in cells</h5>'
        f'<pre tabindex="0" aria-label="the same in cells" title="a click selects all of it">{body}</pre></div>'
    )
