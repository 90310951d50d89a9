from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmarks.__main__ import SUBJECTS


@pytest.mark.timeout(600)
def test_every_subject_measures_what_it_says() -> None:
    """On very little: whether it works; figures are for a machine that does nothing else."""
    command = [sys.executable, "-m", "tests.benchmarks", "--short"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    missing = [subject for subject in SUBJECTS if f"## {subject}\n" not in done.stdout]
    assert not missing
