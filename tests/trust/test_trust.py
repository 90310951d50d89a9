"""Each subject of ``python -m tests.trust``, with few trials."""

from __future__ import annotations

import pytest

from tests.trust.__main__ import SUBJECTS, Extent, measure


@pytest.mark.parametrize("subject", SUBJECTS)
def test_nothing_is_lost_wrong_or_half_there(subject: str) -> None:
    assert measure(subject, Extent(short=True)).complaints == []
