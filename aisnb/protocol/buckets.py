"""Buckets on the wire: identity, properties, summaries."""

from __future__ import annotations

from typing import Any

import msgspec

from aisnb.uris import Bucket

#: Under this word the node keeps, with a bucket, the properties that were chosen, as JSON.
CHOSEN = "properties"
#: All bits of the property ``access``: everything is allowed.
ALL_ACCESS = "18446744073709551615"


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


def uname(bucket: Bucket, name: str = "") -> str:
    """Return AIStore's unique name of a bucket, ``ais/@#/BUCKET/``, or of an object in it (``cmn/bck.go``).

    Example:
        uname(Bucket("ais", "abc"), "shard-001.tar")  # "ais/@#/abc/shard-001.tar"
    """
    uuid, _, space = bucket.namespace.removeprefix("@").partition("#")
    return f"{bucket.provider}/@{uuid}#{space}/{bucket.name}/{name}"


def bucket_defaults() -> dict[str, Any]:
    """Return the properties that new buckets have (a cluster's configuration holds them), as Go's client wants them."""
    never = {"compression": "never", "burst_buffer": 512, "bundle_multiplier": 2}
    rate = {"enabled": False, "interval": "1m", "max_tokens": 1000}
    checks = dict.fromkeys(("validate_cold_get", "validate_warm_get", "validate_obj_move", "enable_read_range"), False)
    return {
        "checksum": {"type": "xxhash2", **checks},
        "versioning": {"enabled": True, "validate_warm_get": False, "synchronize": False},
        "mirror": {"copies": 1, "burst_buffer": 512, "enabled": False},
        "ec": {**never, "enabled": False, "disk_only": False, "objsize_limit": 262144, "data_slices": 1,
               "parity_slices": 1},
        "lru": {"enabled": False, "dont_evict_time": "2h0m", "capacity_upd_time": "10m", "batch_size": 32768},
        "write_policy": {"data": "immediate", "md": "immediate"},
        "rate_limit": {"backend": {**rate, "num_retries": 3}, "frontend": {**rate, "burst_size": 375}},
        "chunks": {"objsize_limit": "0B", "max_monolithic_size": "1TiB", "chunk_size": "1GiB"},
    }  # fmt: skip


def bucket_properties(bucket: Bucket, created_ns: int, extra: dict[str, str]) -> dict[str, Any]:
    """Return the properties that a HEAD of the bucket carries, as Go's client parses them (int64 as text).

    Args:
        bucket: whose properties.
        created_ns: when it was made, nanoseconds since 1970.
        extra: for ``ht://`` buckets ``{"original_url": …}``; with properties that were chosen, under `CHOSEN` as JSON.
    """
    chosen = msgspec.json.decode(extra.get(CHOSEN, "{}"), type=dict[str, Any])
    web = {name: value for name, value in extra.items() if name != CHOSEN}
    sections = {
        name: section | chosen.get(name, {}) if isinstance(section, dict) else section
        for name, section in bucket_defaults().items()
    }
    return {
        **sections,
        "provider": bucket.provider,
        "access": chosen.get("access", ALL_ACCESS),
        "features": "0",
        "bid": "1",
        "created": str(created_ns),
        "extra": {"http": web} if web else {},
    }


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
