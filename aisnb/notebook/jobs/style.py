"""How the table of jobs looks: one style sheet, in the theme's colours where there is a theme."""

from __future__ import annotations

from aisnb.notebook import button_table, pieces

BOARD_CLASS = "aisnb-jobs"
GRID_CLASS = "aisnb-jobs-grid"
CELLS_CLASS = "aisnb-jobs-cells"
DETAILS_CLASS = "aisnb-jobs-details"
SOURCE_CLASS = "aisnb-jobs-source"
DESTINATION_CLASS = "aisnb-jobs-destination"
ERRORS_CLASS = "aisnb-jobs-errors"

_RULE = "1px solid var(--jp-border-color2, rgba(127, 127, 127, 0.3))"
_FOCUS = "outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: -2px;"

#: A table of jobs as plain HTML has the same class, so all of this is below the frame of the widgets.
SHEET = f"""<style>
.aisnb-jobs-board {{
  max-width: 76em; box-sizing: border-box; padding: 10px 14px 12px; margin: 2px 0; overflow: hidden;
  border: {_RULE}; border-radius: 6px;
}}
.aisnb-jobs-board .widget-html {{ height: auto; min-width: 0; }}
.aisnb-jobs-board .widget-html-content {{
  {pieces.FONT}; {pieces.NUMBERS}; height: auto; overflow-wrap: anywhere; color: var(--jp-ui-font-color1, inherit);
}}
.aisnb-jobs-board h4 {{ margin: 0; font-size: 1.15em; font-weight: 600; }}
{button_table.sheet(GRID_CLASS)}.{CELLS_CLASS} {{
  display: grid; grid-template-columns: 6em 9.2em 7em 6.5em 4em minmax(0, 1fr); column-gap: 0.7em;
  align-items: center; min-height: 26px; white-space: nowrap;
}}
.{CELLS_CLASS} > * {{ overflow: hidden; text-overflow: ellipsis; }}
.{CELLS_CLASS} .aisnb-jobs-what {{ display: flex; gap: 0.4em; }}
.{SOURCE_CLASS}, .{DESTINATION_CLASS} {{ overflow: hidden; text-overflow: ellipsis; }}
.{SOURCE_CLASS} {{ min-width: 4em; }}
.{DESTINATION_CLASS} {{ flex: none; max-width: 70%; }}
.{CELLS_CLASS} .aisnb-jobs-number {{ text-align: right; }}
.aisnb-jobs-heads {{ font-weight: 600; opacity: 0.75; min-height: 26px; line-height: 26px; }}
.aisnb-jobs-heads-job {{ padding-left: 8px; }}
@container (max-width: 62em) {{
  .{CELLS_CLASS} {{ grid-template-columns: 6em 9.2em 7em 6.5em 4em minmax(0, 1fr); padding-bottom: 3px; }}
  .{CELLS_CLASS} .aisnb-jobs-what {{ grid-column: 1 / -1; opacity: 0.75; font-size: 12px; line-height: 1.2; }}
  .aisnb-jobs-heads .aisnb-jobs-what {{ display: none; }}
}}
.aisnb-jobs-quiet {{ opacity: 0.75; }}
.{DETAILS_CLASS} {{ margin-top: 4px; }}
.{ERRORS_CLASS} table {{ border-collapse: collapse; margin: 2px 0; font-size: 12px; }}
.{ERRORS_CLASS} th, .{ERRORS_CLASS} td {{
  padding: 2px 12px 2px 0; border-bottom: {_RULE}; text-align: left; vertical-align: top; white-space: normal;
  overflow-wrap: anywhere;
}}
.{ERRORS_CLASS} th {{ overflow-wrap: normal; }}
.{ERRORS_CLASS} td:first-child {{ min-width: 12em; }}
.aisnb-jobs-board input:focus-visible, .aisnb-jobs-board select:focus-visible,
.aisnb-jobs-board button:focus-visible, .aisnb-jobs-board .noUi-handle:focus-visible {{ {_FOCUS} }}
</style>"""
