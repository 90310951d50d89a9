"""Which objects a command means: one, a template, a prefix, a list, all of a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisnb.errors import UsageError
from aisnb.templates import Template
from aisnb.uris import parse_uri

if TYPE_CHECKING:
    from aisnb.client import Client
    from aisnb.uris import Bucket


@dataclass(frozen=True, slots=True)
class Selection:
    """Objects of one bucket.

    Attributes:
        bucket: where they are.
        name: the one object, if it is one that was named.
        template: the template that was given, else "".
        prefix: what names begin with, if that was given; "" is every object, None is no prefix.
        listed: names that were given one by one.
        flat: of a prefix only what is right below it.
    """

    bucket: Bucket
    name: str = ""
    template: str = ""
    prefix: str | None = None
    listed: tuple[str, ...] = ()
    flat: bool = False

    def names(self, client: Client) -> list[str]:
        """Return the names; those of a prefix or template as far as they are in the bucket now.

        Raises:
            BucketNotFound: there is no such bucket.
        """
        from aisnb.explore.listing import matching

        if self.name or self.listed:
            return [self.name] if self.name else list(self.listed)
        if not self.template:
            names = self._here(client, self.prefix or "")
            return [name for name in names if not self.flat or "/" not in name[len(self.prefix or "") :]]
        template = Template(self.template)
        return sorted(matching(template, self._here(client, template.prefix)))

    def _here(self, client: Client, prefix: str) -> list[str]:
        cached = None if self.bucket.provider == "ais" else True
        names: list[str] = client.ls(str(self.bucket), prefix=prefix, cached=cached)["name"].tolist()
        return names


def select_objects(
    place: str,
    *,
    template: str = "",
    prefix: str | None = None,
    names: str = "",
    everything: bool = False,
    flat: bool = False,
) -> Selection:
    """Return what ``BUCKET[/OBJECT|TEMPLATE]`` and the flags of a command choose together.

    Raises:
        UsageError: they choose nothing, or in two ways.
    """
    bucket, rest = parse_uri(place)
    ways = [bool(rest), bool(template), prefix is not None, bool(names), everything]
    if sum(ways) > 1:
        raise UsageError(f"Objects of {bucket} were chosen in two ways. Name them in one: {_WAYS}.")
    if not any(ways):
        raise UsageError(f"'{place}' does not say which objects. Name them: {_WAYS}.")
    if everything:
        return Selection(bucket, prefix="", flat=flat)
    if prefix is not None:
        return Selection(bucket, prefix=prefix, flat=flat)
    if names:
        return Selection(bucket, listed=tuple(name.strip() for name in names.split(",") if name.strip()))
    if template:
        return (
            Selection(bucket, template=template) if Template(template).is_range else Selection(bucket, prefix=template)
        )
    return (
        Selection(bucket, template=rest) if Template(rest, braces_only=True).is_range else Selection(bucket, name=rest)
    )


_WAYS = "BUCKET/OBJECT, BUCKET/TEMPLATE, --template, --prefix, --list or --all"
