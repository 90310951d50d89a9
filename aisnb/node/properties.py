"""The properties of buckets that can be chosen on a single node: who may do what, and numbers that nothing reads yet.

What a cluster does with several disks, targets or a cloud (mirrors, erasure coding, eviction) is off here, and cannot
be switched on; the numbers beside such a switch are kept and shown, as a cluster keeps them while it is off.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aisnb.errors import BucketNotFound, Unsupported, UsageError
from aisnb.protocol.buckets import ALL_ACCESS, CHOSEN, bucket_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aisnb.store import Store
    from aisnb.uris import Bucket

#: Sections that are off, each with the switches that stay so.
_OFF = {"mirror": ("enabled",), "ec": ("enabled", "disk_only"), "lru": ("enabled",)}


class Right(IntFlag):
    """What a bucket's property ``access`` may allow (AIStore: ``api/apc/access.go``)."""

    GET = 1 << 0
    HEAD_OBJECT = 1 << 1
    PUT = 1 << 2
    APPEND = 1 << 3
    DELETE_OBJECT = 1 << 4
    MOVE_OBJECT = 1 << 5
    PROMOTE = 1 << 6
    UPDATE_OBJECT = 1 << 7
    LIST_OBJECTS = 1 << 9
    DESTROY_BUCKET = 1 << 15
    MOVE_BUCKET = 1 << 16


def check_right(store: Store, bucket: Bucket, right: Right) -> None:
    """Raise an error if a bucket that is here does not allow something.

    Raises:
        web.HTTPForbidden: it does not.
    """
    try:
        extra = store.bucket(bucket).extra
    except BucketNotFound:  # whoever asks for it will be told
        return
    if CHOSEN in extra and not int(_chosen(extra).get("access", ALL_ACCESS)) & right:
        raise web.HTTPForbidden(
            reason=f"'{bucket}' does not allow {right.name}: its property 'access' says so. "
            f"'bucket props set {bucket} access=su' allows everything again."
        )


def set_properties(store: Store, bucket: Bucket, values: Mapping[str, Any]) -> None:
    """Change some properties of a bucket; `values` are nested as AIStore's. Takes long: not for the loop.

    Raises:
        BucketNotFound: the bucket is not here.
        UsageError: there is no such property.
        Unsupported: a property is what it must be on a single node.
    """
    extra = dict(store.bucket(bucket).extra)
    chosen = _chosen(extra)
    for path, value in _leaves(values):
        section, _, name = path.partition(".")
        if path == "access":
            chosen[path] = _access(value)
        elif section in _OFF and name in bucket_defaults()[section] and name not in _OFF[section]:
            chosen.setdefault(section, {})[name] = value
        else:
            _check_unchanged(path, value)
    extra[CHOSEN] = msgspec.json.encode(chosen).decode()
    store.set_extra(bucket, extra)


def reset_properties(store: Store, bucket: Bucket) -> None:
    """Give a bucket the properties of a new one. Takes long: not for the loop.

    Raises:
        BucketNotFound: the bucket is not here.
    """
    extra = dict(store.bucket(bucket).extra)
    extra.pop(CHOSEN, None)
    store.set_extra(bucket, extra)


def _chosen(extra: Mapping[str, str]) -> dict[str, Any]:
    return msgspec.json.decode(extra.get(CHOSEN, "{}"), type=dict[str, Any])


def _leaves(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each property that is given, by its path: ``mirror.copies``; null is not given."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{name}.")
        elif value is not None and name != "force":
            yield path + name, value


def _access(value: Any) -> str:
    text = str(value)
    if not text.isdecimal() or int(text) > int(ALL_ACCESS):
        raise UsageError(f"'{value}' is no access: the bits of AIStore's api/apc/access.go as a decimal number.")
    return text


def _check_unchanged(path: str, value: Any) -> None:
    known: Any = bucket_defaults() | {"features": "0"}
    for step in path.split("."):
        known = known.get(step) if isinstance(known, dict) else None
    if known is None and not path.startswith(("backend_bck", "extra", "nbi")):
        raise UsageError(f"'{path}' is not a property of a bucket. 'ais bucket props show' lists them.")
    if known is None or str(known).lower() != str(value).lower():
        raise Unsupported(
            f"The property '{path}' of a bucket on the embedded node is {known}, and cannot be {value}: it is one "
            "process with one disk and no cloud. Set AIS_ENDPOINT to a cluster for that."
        )
