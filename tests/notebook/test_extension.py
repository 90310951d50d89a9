"""``%load_ext aisnb`` and ``%unload_ext aisnb``."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from IPython.core.interactiveshell import InteractiveShell


def test_loading_prints_nothing_and_brings_both_magics(
    bare_shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    bare_shell.run_cell("%load_ext aisnb").raise_error()
    assert capsys.readouterr() == ("", "")
    assert bare_shell.find_line_magic("ais") is not None
    assert bare_shell.find_cell_magic("ais") is not None


def test_importing_aisnb_registers_nothing(bare_shell: InteractiveShell) -> None:
    bare_shell.run_cell("import aisnb").raise_error()
    assert bare_shell.find_line_magic("ais") is None


def test_registering_twice_changes_nothing(shell: InteractiveShell) -> None:
    import aisnb

    magic = shell.find_line_magic("ais")
    matchers = list(shell.Completer.custom_matchers)
    aisnb.load_ipython_extension(shell)
    assert shell.find_line_magic("ais") == magic
    assert shell.Completer.custom_matchers == matchers


def test_unloading_takes_everything_back(bare_shell: InteractiveShell) -> None:
    import aisnb

    def traces() -> tuple[object, ...]:
        formatters = bare_shell.display_formatter.formatters.values()
        return (
            bare_shell.find_line_magic("ais"),
            bare_shell.find_cell_magic("ais"),
            list(bare_shell.Completer.custom_matchers),
            list(bare_shell.configurables),
            dict(bare_shell.magics_manager.registry),
            [(dict(each.type_printers), dict(each.deferred_printers)) for each in formatters],
        )

    before = traces()
    for _ in range(2):
        aisnb.load_ipython_extension(bare_shell)
        aisnb.unload_ipython_extension(bare_shell)
        assert traces() == before


def test_unloading_what_was_never_loaded_is_harmless(bare_shell: InteractiveShell) -> None:
    import aisnb

    aisnb.unload_ipython_extension(bare_shell)


def test_loading_imports_nothing_heavy() -> None:
    heavy = ("pandas", "numpy", "pyarrow", "aiohttp", "ipywidgets", "aisnb.client", "aisnb.commands")
    program = f"""
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext aisnb").raise_error()
print([name for name in {heavy!r} if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]", found.stdout + found.stderr


def test_the_first_tab_brings_in_no_client() -> None:
    code = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.completer import provisionalcompleter
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "aisnb")
with provisionalcompleter():
    assert [each.text for each in shell.Completer.completions("%ais sta", 8)] == ["start", "status"]
import sys
assert not {"aiohttp", "aisnb.client.client", "pandas"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
