"""How the browser looks: one style sheet, in the theme's colours where there is a theme. Its marks are drawn here."""

from __future__ import annotations

from urllib.parse import quote

from aisnb.notebook import button_table, pieces

BROWSER_CLASS = "aisnb-browser"
#: The frame of the widgets; a listing as plain HTML has the first class, too.
FRAME_CLASS = "aisnb-browser-frame"
#: Names, and what is chosen from them: side by side where there is room, else below each other.
BODY_CLASS = "aisnb-browser-body"
GRID_CLASS = "aisnb-browser-names"
MEMBERS_CLASS = "aisnb-browser-members"
CELLS_CLASS = "aisnb-browser-cells"
HEADS_CLASS = "aisnb-browser-heads"
NUMBER_CLASS = "aisnb-browser-number"
KIND_CLASS = "aisnb-browser-kind"
CRUMBS_CLASS = "aisnb-browser-crumbs"
PREVIEW_CLASS = "aisnb-browser-preview"
#: For screen readers only.
UNSEEN_CLASS = "aisnb-browser-unseen"

_RULE = "1px solid var(--jp-border-color2, rgba(127, 127, 127, 0.3))"

#: What is drawn before a name, on 16 x 16.
_MARKS = {
    "bucket": "M2 3h12v3H2zM3 7h10l-1 7H4z",
    "folder": "M1 3h5l2 2h7v9H1z",
    "shard": "M2 2h12v4H2zM3 7h10v7H3zM6 9h4v1.5H6z",
    "object": "M3 1h7v4h4v10H3zM11 1l3 3h-3z",
}


def _mark(kind: str, path: str) -> str:
    drawing = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill-rule='evenodd' d='{path}'/></svg>"
    )
    image = f'url("data:image/svg+xml,{quote(drawing)}")'
    return (
        f".{KIND_CLASS}-{kind}::before {{ -webkit-mask-image: {image}; mask-image: {image}; "
        f"opacity: {0.5 if kind == 'object' else 0.8}; }}"
    )


SHEET = f"""<style>
.{FRAME_CLASS} {{
  max-width: 88em; box-sizing: border-box; padding: 10px 14px 12px; margin: 2px 0; overflow: hidden;
  border: {_RULE}; border-radius: 6px;
}}
.{FRAME_CLASS} .widget-html {{ height: auto; min-width: 0; }}
.{FRAME_CLASS} .widget-html-content {{
  {pieces.FONT}; {pieces.NUMBERS}; height: auto; overflow-wrap: anywhere; color: var(--jp-ui-font-color1, inherit);
}}
{button_table.sheet(GRID_CLASS)}{button_table.sheet(MEMBERS_CLASS)}
.{CELLS_CLASS} {{
  display: grid; grid-template-columns: 6.5em 6.5em minmax(0, 1fr); column-gap: 1em; align-items: center;
  min-height: 26px; white-space: nowrap;
}}
.{CELLS_CLASS} > * {{ overflow: hidden; text-overflow: ellipsis; }}
.{NUMBER_CLASS} {{ text-align: right; }}
.{NUMBER_CLASS}:nth-child(3) {{ text-align: left; opacity: 0.75; }}
.{HEADS_CLASS} {{ font-weight: 600; opacity: 0.75; min-height: 26px; line-height: 26px; }}
.{HEADS_CLASS}-first {{ padding-left: 8px; }}
[class*="{KIND_CLASS}-"]::before {{
  content: ""; display: inline-block; width: 13px; height: 13px; margin-right: 7px; vertical-align: -2px;
  background: currentColor; -webkit-mask-repeat: no-repeat; mask-repeat: no-repeat;
}}
.{UNSEEN_CLASS} {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
{"".join(_mark(kind, path) for kind, path in _MARKS.items())}
.{CRUMBS_CLASS} {{ flex-flow: row wrap; align-items: center; }}
.{CRUMBS_CLASS} button.widget-button {{
  width: auto; max-width: 24em; padding: 0 6px; margin: 2px 0; background: transparent; box-shadow: none;
  color: var(--jp-ui-font-color1, inherit); overflow: hidden; text-overflow: ellipsis;
}}
.{CRUMBS_CLASS} button.widget-button:hover {{ background: var(--jp-layout-color2, rgba(127, 127, 127, 0.15)); }}
.{CRUMBS_CLASS} button.widget-button:not(:first-child)::before {{
  content: "/"; content: "/" / ""; opacity: 0.5; padding-right: 8px;  /* not to be read aloud, where that can be said */
}}
.{FRAME_CLASS} button[data-text] {{ width: auto; }}
.{BODY_CLASS} {{ flex-flow: row wrap; align-items: flex-start; gap: 0 20px; }}
.{BODY_CLASS} > * {{ flex: 1 1 32em; min-width: 0; }}
.{FRAME_CLASS} pre.{PREVIEW_CLASS} {{
  max-height: 26em; overflow: auto; margin: 4px 0; padding: 6px 10px; white-space: pre-wrap; overflow-wrap: anywhere;
  font-family: var(--jp-code-font-family, monospace); font-size: 12px; line-height: 1.4; color: inherit;
  background: var(--jp-layout-color2, rgba(127, 127, 127, 0.12)); border-radius: 3px;
}}
.{FRAME_CLASS} img.{PREVIEW_CLASS} {{
  display: block; max-width: 100%; max-height: 28em; min-width: 48px; margin: 4px 0; border: {_RULE};
}}
.{FRAME_CLASS} :is(input, select, button, pre):focus-visible {{
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: -2px;
}}
</style>"""

#: Where a screen reader finds the browser.
HEADING = f'<div class="{UNSEEN_CLASS}" role="heading" aria-level="3">Bucket browser</div>'
