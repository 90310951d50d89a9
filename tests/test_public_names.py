"""The public face, and what importing it may cost."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import aisnb
from aisnb import errors

_OWNERS = {"client": aisnb.Client, "aisnb": aisnb}


def test_every_public_name_is_there_and_the_list_is_sorted() -> None:
    assert aisnb.__all__ == sorted(aisnb.__all__)
    for name in aisnb.__all__:
        assert getattr(aisnb, name) is not None


def test_what_the_readme_calls_is_there() -> None:
    readme = Path(__file__).parents[1].joinpath("README.md").read_text()
    called = re.findall(r"\b(client|aisnb)\.([a-z_]+)\b(?!://)", readme)
    assert ("client", "copy") in called
    missing = [f"{owner}.{name}" for owner, name in called if not hasattr(_OWNERS[owner], name)]
    assert missing == []


def test_a_name_that_is_none_says_where_most_is() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'download'.*aisnb\.connect\(\)"):
        aisnb.download  # type: ignore[attr-defined]  # noqa: B018  # that is the point


def test_every_error_of_the_tree_is_public_and_has_a_sentence() -> None:
    tree = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    for error in tree:
        assert error.__name__ in aisnb.__all__
        assert issubclass(error, aisnb.AisnbError)
        assert error.__doc__


def test_an_error_shows_as_one_short_line_in_a_notebook() -> None:
    assert aisnb.BucketNotFound("no such thing")._render_traceback_() == ["BucketNotFound: no such thing"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, aisnb\n"
        "heavy = {'pandas', 'numpy', 'pyarrow', 'aiohttp', 'IPython', 'ipywidgets', 'tqdm', 'msgspec'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
