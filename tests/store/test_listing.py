from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from aisnb.errors import AisnbError, NameInvalid
from aisnb.store.encoding import decode_custom
from aisnb.store.index import successor
from aisnb.store.records import Row
from aisnb.uris import Bucket
from tests.store.writing import ABC, names, put

if TYPE_CHECKING:
    from aisnb.store import Store

letters = st.sampled_from("ab/é\ud7ff\ue000\uffff\U00010000\U0010ffff\n\x7f\x01") | st.characters(codec="utf-8")
words = st.text(letters, min_size=1, max_size=6)


def bytewise(text: str) -> bytes:
    return text.encode()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(words, max_size=12), st.text(letters, max_size=2), st.data())
def test_pages_are_in_the_order_of_utf8_bytes(store: Store, wanted: set[str], prefix: str, data: st.DataObject) -> None:
    bucket = Bucket("ais", "hypothesis")
    if bucket in [record.bucket for record in store.buckets()]:
        store.remove_bucket(bucket)  # of the example before, which may have ended anywhere
    store.create_bucket(bucket)
    stored = []
    for name in sorted(wanted):
        try:
            store.commit(store.begin(bucket, name)).result(30)
        except AisnbError:
            continue  # names that no file tree can hold, alone or together
        stored.append(name)
    after = data.draw(st.sampled_from(["", *sorted(stored)]) | words)
    limit = data.draw(st.integers(1, 5))
    expected = [n for n in sorted(stored, key=bytewise) if n.startswith(prefix) and bytewise(n) > bytewise(after)]
    page = store.page(bucket, prefix=prefix, after=after, limit=limit)
    assert [record[0] for record in page.records] == expected[:limit]
    assert page.more == (len(expected) > limit)


@given(st.text(letters, min_size=1, max_size=4), words)
def test_the_successor_parts_those_with_the_prefix_from_those_behind(prefix: str, other: str) -> None:
    end = successor(prefix)
    assume(isinstance(end, str))
    assert isinstance(end, str)
    assert bytewise(prefix + other) < bytewise(end)
    assert other.startswith(prefix) == (bytewise(prefix) <= bytewise(other) < bytewise(end))


def test_a_prefix_of_the_last_characters_has_no_successor(store: Store) -> None:
    put(store, "\U0010ffff\U0010ffffx", b"")
    put(store, "a", b"")
    assert [record[0] for record in store.page(ABC, prefix="\U0010ffff").records] == ["\U0010ffff\U0010ffffx"]


def test_following_pages_gives_every_name_once(store: Store) -> None:
    wanted = sorted(f"d{number % 7}/{number}" for number in range(500))
    for future in [store.commit(store.begin(ABC, name)) for name in wanted]:
        future.result(30)
    found: list[str] = []
    more = True
    while more:
        page = store.page(ABC, after=found[-1] if found else "", limit=33)
        found += [record[0] for record in page.records]
        more = page.more
    assert found == wanted == names(store)


def test_a_record_of_a_page_has_the_columns_of_a_row(store: Store) -> None:
    record = put(store, "x", b"data", ETag="é", source="web")
    row = Row(*store.page(ABC).records[0])
    assert row[:5] == (record.name, record.size, record.checksum, record.atime, record.version)
    assert decode_custom(row.custom) == record.custom == {"ETag": "é", "source": "web"}


def test_a_prefix_that_is_no_text_is_refused(store: Store) -> None:
    with pytest.raises(NameInvalid, match="not valid text"):
        store.page(ABC, prefix="\ud800")
