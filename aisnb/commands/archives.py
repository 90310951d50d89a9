"""``archive ls`` and ``archive get``: what is inside shards, without unpacking them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from aisnb.archives import MODES, is_archive
from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.following import read_headers
from aisnb.commands.handing import first_rows, handed_over, one_more
from aisnb.commands.options import HEADER, NEVER_ASKED, TEMPLATE, UNITS
from aisnb.commands.results import Content, Message
from aisnb.errors import UsageError
from aisnb.units import human_size, plural
from aisnb.uris import parse_uri

if TYPE_CHECKING:
    from pandas import DataFrame

    from aisnb.commands.context import Context
    from aisnb.explore.interactive import InteractiveTable

_PLACE = Argument(
    "bucket, bucket/shard, bucket/shard/directory, template; web directory, link or template of links",
    completes=("bucket", "object", "link"),
)
_PREFIX = Option("shards whose names begin so; may go on inside a shard", completes=("object",))
_REGEX = Option("members in whose shard/name this regular expression is found")
_LIMIT = Option("at most so many rows; 0 for all", metavar="N")
_SAMPLES = Option("a row per sample, as WebDataset names them: 000017.jpg and 000017.cls are one")
_STRICT = Option("fail if a shard cannot be read, for notebooks that run unattended")
_TO = Option("write the table to this file, .parquet, .csv or .arrow", metavar="FILE", completes=("path",))


@command("archive ls")
def archive_ls(
    context: Context,
    place: Annotated[str, _PLACE],
    *,
    prefix: Annotated[str, _PREFIX] = "",
    template: Annotated[str, TEMPLATE] = "",
    regex: Annotated[str, _REGEX] = "",
    name_only: Annotated[bool, Option("only shards and members")] = False,
    count_only: Annotated[bool, Option("only how many there are")] = False,
    samples: Annotated[bool, _SAMPLES] = False,
    limit: Annotated[int, _LIMIT] = 0,
    strict: Annotated[bool, _STRICT] = False,
    header: Annotated[tuple[str, ...], HEADER] = (),
    units: Annotated[str, UNITS] = "iec",
    to: Annotated[str, _TO] = "",
    interactive: Annotated[bool, Option("a table to sort, search and page through; in notebooks")] = False,
) -> DataFrame | Message | InteractiveTable:
    """List what is inside shards (tar, tgz, zip), as a DataFrame: shard, member, size, offset.

    Nothing is unpacked, and of shards on the web, or on a cluster, only headers come; a tgz is read to its end, and so
    is what comes from a server that sends no parts of files. The offset is where a member's data begins in its shard
    (in a tgz: in what it unpacks to). A shard that cannot be read is left out with a warning.

    With --samples a row per sample: shard, key, extensions, size, members.

    Example:
        %ais archive ls ais://abc
        df = %ais archive ls ais://abc/shard-001.tar
        %ais archive ls http://localhost:51061/shard-{001..010}.tar --samples
    """
    most = 0 if samples and limit > 0 else limit
    if template:
        bucket, rest = parse_uri(place)
        if rest:
            raise UsageError(f"'{rest}' and '--template {template}' both choose shards. Say one of them.")
        place = bucket / template
    found = members_of(context, place, prefix, regex=regex, limit=most, strict=strict, header=header)
    if samples:
        found = first_rows(context, _samples(context, found), limit)
    if count_only:
        return Message(f"Listed {len(found):,} names", value=len(found))
    shown = found[["shard", "key" if samples else "member"]] if name_only else found
    return handed_over(shown, units, to, interactive=interactive)


def members_of(
    context: Context,
    place: str,
    prefix: str = "",
    *,
    regex: str = "",
    limit: int = 0,
    strict: bool = False,
    header: tuple[str, ...] = (),
) -> DataFrame:
    """Return the members of the shards at `place`, as ``archive ls`` chooses them."""
    from aisnb.explore.listing import compile_regex
    from aisnb.transfer.links import without_secret

    if limit < 0:
        raise UsageError(f"'--limit {limit}' makes no sense. Say how many rows, or 0 for all.")
    pattern = compile_regex(regex) if regex else None
    most = one_more(limit) if limit and pattern is None else None
    found = context.client().members(place, prefix=prefix, limit=most, strict=strict, headers=read_headers(header))
    if not found.attrs["shards"]:
        context.note(
            f"No shards (.tar, .tgz, .tar.gz, .zip) in {without_secret(place)}"
            + (f" that begin with '{prefix}'" * bool(prefix))
        )
    if pattern is not None:
        names = zip(found["shard"], found["member"], strict=True)
        found = found.loc[[pattern.search(f"{shard}/{member}") is not None for shard, member in names]]
    return first_rows(context, found, limit).reset_index(drop=True)


def _samples(context: Context, listing: DataFrame) -> DataFrame:
    from aisnb.explore.members import samples

    found = samples(listing)
    if left := len(listing) - int(found["members"].sum()):
        context.note(f"{plural(left, 'member')} without an extension left out: WebDataset makes no samples of them.")
    if scattered := found.attrs["scattered"]:
        context.warn(f"The members of {plural(scattered, 'sample')} do not follow each other: WebDataset parts them.")
    return found


_SHARD = Argument("bucket/shard, bucket/shard/member, or the link of a shard", completes=("object", "bucket", "link"))
_DESTINATION = Argument("file, or directory; '-' shows the bytes of a member; default: here", completes=("path",))
ARCHPATH = Option("the one member to read", metavar="MEMBER")
ARCHREGX = Option("the members to read, see --archmode", metavar="PATTERN")
ARCHMODE = Option("how --archregx is read", choices=MODES)


class Choice(NamedTuple):
    """Members of a shard: one by its name, several by a pattern, all without either."""

    member: str = ""
    pattern: str = ""
    mode: str = "regexp"


@command("archive get")
def archive_get(
    context: Context,
    shard: Annotated[str, _SHARD],
    destination: Annotated[str, _DESTINATION] = ".",
    *,
    archpath: Annotated[str, ARCHPATH] = "",
    archregx: Annotated[str, ARCHREGX] = "",
    archmode: Annotated[str, ARCHMODE] = "regexp",
    extract: Annotated[bool, Option("all of it, which is the default", flags=("--extract", "-x"))] = False,
    no_clobber: Annotated[bool, Option("refuse to replace a file")] = False,
    header: Annotated[tuple[str, ...], HEADER] = (),
    yes: Annotated[bool, NEVER_ASKED] = False,
) -> Message | Content:
    """Read members of a shard into files here, or one into a value; without a choice, all.

    One member goes to a file; several go below a directory, by their names in the shard. Of the shard only what is
    needed comes.

    Example:
        %ais archive get ais://abc/shard-001.tar/000017.jpg
        label = %ais archive get ais://abc/shard-001.tar/000017.cls -
        %ais archive get ais://abc/shard-001.tar sample/ --archregx 000017 --archmode wdskey
        %ais archive get http://localhost:51061/shard-001.tar all/
    """
    chosen = Choice(archpath, archregx, archmode)
    return read_members(context, shard, destination, chosen, header=header, clobber=not no_clobber)


def read_members(
    context: Context, shard: str, destination: str, chosen: Choice, *, header: tuple[str, ...] = (), clobber: bool
) -> Message | Content:
    """Read what is chosen of a shard, as ``archive get`` does."""
    from aisnb.transfer.links import without_secret

    if chosen.member and chosen.pattern:
        raise UsageError("'--archpath' and '--archregx' both choose members. Say one of them.")
    shard, inside = _parted(shard)
    if inside and (chosen.member or chosen.pattern):
        raise UsageError(f"'{inside}' names a member already. Leave out --archpath and --archregx.")
    client, headers = context.client(), read_headers(header)
    member = chosen.member or inside
    if member and destination == "-":
        content = client.member(shard, member, headers=headers)
        return Content(content if isinstance(content, bytes) else b"")
    if destination == "-":
        raise UsageError("'-' shows the bytes of one member. Name it: SHARD/MEMBER.")
    shown = without_secret(shard)
    if member:
        path = Path(str(client.member(shard, member, destination, clobber=clobber, headers=headers)))
        return Message(f"GET {member} from {shown} as {path} ({human_size(path.stat().st_size)})", path=path)
    written = client.extract(
        shard, destination, pattern=chosen.pattern, mode=chosen.mode, clobber=clobber, headers=headers
    )
    size = human_size(sum(path.stat().st_size for path in written))
    where = Path(destination).expanduser()
    return Message(f"GET {plural(len(written), 'member')} from {shown} into {where}/ (total size {size})", path=where)


def _parted(place: str) -> tuple[str, str]:
    """Return the shard and the member that ``ais://abc/shard.tar/train/cat.jpg`` names, "" for the latter if none."""
    begin = place.find("://") + 3
    for end in (position for position, letter in enumerate(place) if letter == "/" and position > begin):
        if is_archive(place[:end]):
            return place[:end], place[end + 1 :]
    return place, ""
