"""A button that puts a form's lines into a new cell, below the form's own.

Only the page itself can make cells: what a kernel asks for (``set_next_input``) is done when a cell has ended, never
when a button was pressed. So the button is a widget with a program, by anywidget, where that is installed; and it shows
itself only on a page that has cells, such as JupyterLab's and Notebook's.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

INSERT_CLASS = "aisnb-form-insert"

#: The lines become a cell's text, never a program that runs; `form` tells which cell shows the form.
_PROGRAM = """
function render({ model, el }) {
  const notebook = model.widget_manager?.context?.model?.sharedModel;
  if (!notebook?.insertCell) return;
  const button = document.createElement("button");
  button.className = "lm-Widget jupyter-widgets jupyter-button widget-button";
  button.type = "button";
  button.textContent = "Insert as a cell";
  button.style.width = "auto";
  button.addEventListener("click", () => {
    const shows = cell => JSON.stringify(cell.toJSON().outputs ?? []).includes(model.get("form"));
    const place = notebook.cells.findIndex(shows);
    const cell = { cell_type: "code", source: model.get("text"), metadata: {} };
    notebook.insertCell(place < 0 ? notebook.cells.length : place + 1, cell);
  });
  el.append(button);
}
export default { render };
"""


def insertion(form: str) -> Any:
    """Return the button, whose trait ``text`` is what it inserts; None where anywidget is not installed.

    Args:
        form: the model id of the form's outermost widget.
    """
    if find_spec("anywidget") is None:
        return None
    from anywidget import AnyWidget
    from traitlets import Unicode

    class Insertion(AnyWidget):
        """The button."""

        _esm = _PROGRAM
        text = Unicode().tag(sync=True)
        form = Unicode().tag(sync=True)

    button = Insertion(form=form)
    button.add_class(INSERT_CLASS)
    return button
