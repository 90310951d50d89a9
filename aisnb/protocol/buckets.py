"""Buckets on the wire: identity, properties, summaries."""

from __future__ import annotations

from typing import Any

import msgspec

from aisnb.uris import Bucket


class Namespace(msgspec.Struct, omit_defaults=False):
    """AIStore's namespace: the cluster's id and a name, both "" for the global one."""

    uuid: str = ""
    name: str = ""


class BucketId(msgspec.Struct):
    """A bucket's identity in JSON; the namespace may be null."""

    name: str = ""
    provider: str = "ais"
    namespace: Namespace | None = msgspec.field(default_factory=Namespace)

    @classmethod
    def of(cls, bucket: Bucket) -> BucketId:
        """Return the wire form of `bucket`."""
        uuid, _, name = bucket.namespace.removeprefix("@").partition("#")
        return cls(bucket.name, bucket.provider, Namespace(uuid, name))

    def bucket(self) -> Bucket:
        """Return the bucket that this names."""
        space = self.namespace or Namespace()
        text = (f"@{space.uuid}" if space.uuid else "") + (f"#{space.name}" if space.name else "")
        return Bucket(self.provider or "ais", self.name, text)


def bucket_properties(bucket: Bucket, created_ns: int, extra: dict[str, str]) -> dict[str, Any]:
    """Return the properties that a HEAD of the bucket carries, as Go's client parses them (int64 as text).

    Args:
        bucket: whose properties.
        created_ns: when it was made, nanoseconds since 1970.
        extra: for ``ht://`` buckets ``{"original_url": …}``.
    """
    checks = dict.fromkeys(("validate_cold_get", "validate_warm_get", "validate_obj_move", "enable_read_range"), False)
    return {
        "provider": bucket.provider,
        "checksum": {"type": "xxhash2", **checks},
        "versioning": {"enabled": True, "validate_warm_get": False, "synchronize": False},
        "access": "18446744073709551587",
        "features": "0",
        "bid": "1",
        "created": str(created_ns),
        "mirror": {}, "ec": {}, "lru": {}, "write_policy": {}, "rate_limit": {}, "chunks": {},
        "extra": {"http": extra} if extra else {},
    }  # fmt: skip


class _Count(msgspec.Struct):
    present: str = msgspec.field(name="obj_count_present", default="0")
    remote: str = msgspec.field(name="obj_count_remote", default="0")


class _Sizes(msgspec.Struct):
    smallest: int = msgspec.field(name="obj_min_size", default=0)
    average: int = msgspec.field(name="obj_avg_size", default=0)
    largest: int = msgspec.field(name="obj_max_size", default=0)


class _Total(msgspec.Struct):
    on_disk: str = msgspec.field(name="size_on_disk", default="0")
    present: str = msgspec.field(name="size_all_present_objs", default="0")
    remote: str = msgspec.field(name="size_all_remote_objs", default="0")
    disks: str = msgspec.field(name="total_disks_size", default="0")


class BucketSummary(msgspec.Struct):
    """One element of the answer to ``summary-bck``; AIStore writes most numbers as text."""

    name: str
    provider: str = "ais"
    namespace: Namespace | None = msgspec.field(default_factory=Namespace)
    count: _Count = msgspec.field(name="ObjCount", default_factory=_Count)
    sizes: _Sizes = msgspec.field(name="ObjSize", default_factory=_Sizes)
    total: _Total = msgspec.field(name="TotalSize", default_factory=_Total)
    used_percent: int = msgspec.field(name="used_pct", default=0)
    present: bool = msgspec.field(name="is_present", default=True)

    @classmethod
    def of(cls, bucket: Bucket, *, objects: int, size: int, smallest: int, largest: int, disk: int) -> BucketSummary:
        """Return the summary of a bucket whose objects are all here; sizes in bytes."""
        used = round(100 * size / disk) if disk else 0
        return cls(
            bucket.name,
            bucket.provider,
            count=_Count(str(objects)),
            sizes=_Sizes(smallest, size // objects if objects else 0, largest),
            total=_Total(str(size), str(size), "0", str(disk)),
            used_percent=used,
        )
