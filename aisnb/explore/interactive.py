"""A table to sort, search and page through in a notebook, without any server behind it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from aisnb.errors import Unsupported
from aisnb.explore.tables import render_text

if TYPE_CHECKING:
    from pandas import DataFrame

#: What of a table is put into the page, at most; beyond it the table says that it was cut.
_MOST = "4MB"

#: No name in it is a formula.
_CLASSES = "aisnb-interactive tex2jax_ignore mathjax_ignore"
#: The page's own colours: DataTables has a white ground also where JupyterLab is dark and writes in white.
_STYLE = """<style>
.aisnb-interactive { color: var(--jp-content-font-color1, inherit); }
.aisnb-interactive .dt-container { background: transparent !important; }
.aisnb-interactive .dtsb-button, .aisnb-interactive .dt-paging-button, .aisnb-interactive select,
.aisnb-interactive input { color: inherit !important; background: transparent !important; }
.aisnb-interactive .dt-paging-button.disabled { opacity: 0.4; }
.aisnb-interactive option { color: CanvasText; background: Canvas; }
</style>"""


class InteractiveTable:
    """A table shown by itables (DataTables). What it needs comes with it: no request leaves the page.

    Args:
        frame: the table.

    Attributes:
        frame: the table, as it was.

    Raises:
        Unsupported: itables is not installed.

    Example:
        InteractiveTable(client.ls("ais://abc"))
    """

    def __init__(self, frame: DataFrame) -> None:
        if find_spec("itables") is None:
            raise Unsupported(
                "A table to sort and filter needs itables, which is not installed. Say: pip install 'aisnb[table]'"
            )
        self.frame = frame

    def __repr__(self) -> str:
        return render_text(self.frame)

    def _repr_html_(self) -> str:
        """Return the table with its program, for a notebook."""
        from itables import options, to_html_datatable
        from itables.javascript import generate_init_offline_itables_html

        shown = self.frame.rename(columns={"size": "size (bytes)"})
        table: str = to_html_datatable(
            shown,
            connected=False,
            maxBytes=_MOST,
            allow_html=False,
            showIndex=False,
            layout={"top1": "searchBuilder"},
            columnDefs=[{"className": "dt-left", "targets": 0}],
            style="width:auto; margin:0",
        )
        program = generate_init_offline_itables_html(options.dt_bundle)
        return f'<div class="{_CLASSES}">{_STYLE}{program}{table}</div>'
