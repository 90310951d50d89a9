"""The DataFrame that ``%ais jobs`` returns: where widgets can be, it is shown as the table that stays up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from aisnb.errors import AisnbError
from aisnb.notebook.jobs.board import JobBoard

if TYPE_CHECKING:
    from collections.abc import Callable


class LiveJobs(pd.DataFrame):
    """All jobs. What is selected from it is a plain DataFrame, and shown as such."""

    @classmethod
    def of(cls, found: pd.DataFrame) -> LiveJobs:
        """Return the same table, to be shown so."""
        live = cls(found)
        live.attrs.update(found.attrs)
        return live

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        """Return a view of the table, to stand beside the text and HTML of a DataFrame."""
        try:
            return JobBoard().view()
        except AisnbError:  # who shows it reads the DataFrame, and the next command says what is wrong
            return {}
