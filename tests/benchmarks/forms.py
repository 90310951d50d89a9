"""What a key costs while a template is typed into the form: preview, errors in words, and the lines to copy."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import aisnb
from tests.benchmarks.measuring import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from aisnb.notebook.forms.fields import Field

TEMPLATES = {
    "999 shards": "http://host:8000/dir/shard-{001..999}.tar",
    "10 million shards": "http://host:8000/dir/shard-{0000000..9999999}.tar",
    "more than a job takes": "http://host:8000/dir/{0..999999}-{0..999999}-{0..999999}.tar",
    "a list of 3,000": f"http://host:8000/dir/{{{','.join(f'n{number}' for number in range(3000))}}}.tar",
    "1,000 ranges": "http://host:8000/dir/" + "{1..1}" * 1000,
    "4,000 ranges": "http://host:8000/dir/" + "{1..1}" * 4000,
    "a name of 29,000 letters": "http://host:8000/dir/" + "x" * 29_000,
}
KEYS = 60
SHORT = {"KEYS": 2}


def run(folder: Path, rounds: int) -> None:
    """Print how long each of the last keys takes, in whole forms, for templates of every kind."""
    both = aisnb.forms.two_steps("", "", "ais://abc")
    one = aisnb.forms.for_command("start download")
    print(f"| form | typed | characters | median ms a key | max ms |\n{'|---' * 5}|")
    for title, form, field in (("both steps", both, both._source), ("start download", one, one._fields[0])):
        for name, text in TEMPLATES.items():
            took = [spent for _ in range(rounds) for spent in _typing(field, text)]
            assert text in form.lines[-1]
            median, most = statistics.median(took) * 1000, max(took) * 1000
            print(f"| {title} | {name} | {len(text):,} | {median:.2f} | {most:.2f} |", flush=True)


def _typing(field: Field, text: str) -> list[float]:
    """Return the seconds of each of the last keys of `text`."""

    def press(length: int) -> None:
        field.text = text[:length]

    return [seconds(lambda length=length: press(length)) for length in range(max(1, len(text) - KEYS), len(text) + 1)]
