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
            shown, connected=False, maxBytes=_MOST, allow_html=False, showIndex=False, layout={"top1": "searchBuilder"}
        )
        return generate_init_offline_itables_html(options.dt_bundle) + table
