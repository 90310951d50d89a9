"""A button that copies a text. Pure."""

from __future__ import annotations

from html import escape

#: The page may forbid its clipboard, and has none at all on plain http beyond this machine: then the old way is tried,
#: and if that fails, too, the field beside the button is there to copy from.
_COPY = """
const text = this.dataset.text, said = this.nextElementSibling;
const tell = words => { said.textContent = words; };
const old = () => {
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  this.parentElement.append(area);
  area.select();
  let done = false;
  try { done = document.execCommand('copy'); } catch (error) { done = false; }
  area.remove();
  this.focus();
  tell(done ? 'Copied' : 'Not allowed on this page: copy it from the field');
};
(navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject()).then(() => tell('Copied'), old);
"""


def copy_button(label: str, text: str) -> str:
    """Return a button that copies `text`, exactly as it is, and says whether it could.

    The text is data of the page, never a part of its script.
    """
    return (
        f'<button type="button" class="jupyter-button widget-button" data-text="{escape(text)}" '
        f'onclick="{escape(_COPY)}">{escape(label)}</button> <span role="status"></span>'
    )
