"""Which objects a command means: one, a template, a prefix, a list, all of a bucket."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from aisnb.archives.formats import is_archive
from aisnb.errors import AisnbError, ObjectNotFound, UsageError
from aisnb.templates import Template
from aisnb.uris import is_link, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        directory: the prefix is a directory that was named, so that there should be something.
    """

    bucket: Bucket
    name: str = ""
    template: str = ""
    prefix: str | None = None
    listed: tuple[str, ...] = ()
    flat: bool = False
    directory: bool = False

    def names(self, client: Client) -> list[str]:
        """Return the names; those of a prefix or template as far as they are in the bucket now.

        Raises:
            BucketNotFound: there is no such bucket.
            ObjectNotFound: there is nothing in the directory that was named.
        """
        from aisnb.explore.listing import matching

        if self.name or self.listed:
            return [self.name] if self.name else list(self.listed)
        if not self.template:
            names = self._here(client, self.prefix or "")
            if self.directory and not names:
                raise nothing_in(str(self.bucket), str(self.prefix))
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
    if Template(rest, braces_only=True).is_range:
        return Selection(bucket, template=rest)
    if rest.endswith("/"):
        return Selection(bucket, prefix=rest, flat=flat, directory=True)
    return Selection(bucket, name=rest)


def directory_of(place: str) -> tuple[str, str]:
    """Return the bucket and the directory that ``BUCKET/DIRECTORY/`` names; `place` itself and "" if it names none."""
    if is_link(place) or not place.endswith("/"):
        return place, ""
    bucket, rest = parse_uri(place)
    return (str(bucket), rest) if rest and not Template(rest, braces_only=True).is_range else (place, "")


def nothing_in(bucket: str, directory: str) -> ObjectNotFound:
    """Return what to say of a directory that was named, and in which there is nothing."""
    return ObjectNotFound(
        f"'{directory}' not found in {bucket}: no name begins so. '%ais ls {bucket}' shows all names."
    )


@contextmanager
def pointing_out_directory(client: Client, place: str, way: str) -> Iterator[None]:
    """Say of an object that is not there if it is a directory whose slash was left out, and what `way` is right.

    Raises:
        ObjectNotFound: that.
    """
    try:
        yield
    except ObjectNotFound as exc:
        if is_link(place) or not _is_directory(client, place):
            raise
        raise ObjectNotFound(f"{place} is no object but a directory: {way}.") from exc


@contextmanager
def pointing_out_member(place: str) -> Iterator[None]:
    """Say of an object that is not there how to read a member of a shard, if its name looks like one.

    Raises:
        ObjectNotFound: that.
    """
    try:
        yield
    except ObjectNotFound as exc:
        if not any(is_archive(parent) for parent in accumulate(place.split("/")[:-1], "{}/{}".format)):
            raise
        raise ObjectNotFound(f"{place} is no object. '%ais archive get {place}' reads a member of a shard.") from exc


def _is_directory(client: Client, place: str) -> bool:
    bucket, name = parse_uri(place)
    try:
        return bool(name) and not client.ls(str(bucket), prefix=f"{name}/", limit=1).empty
    except AisnbError:  # what is said already has to do
        return False


_WAYS = "BUCKET/OBJECT, BUCKET/DIRECTORY/, BUCKET/TEMPLATE, --template, --prefix, --list or --all"
