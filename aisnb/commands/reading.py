"""``get`` and ``cat``: objects, and files on the web, become files or bytes here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from aisnb.commands.archives import ARCHMODE, ARCHPATH, ARCHREGX, Choice, read_members
from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import NEVER_ASKED, PREFIX
from aisnb.commands.parallel import for_each
from aisnb.commands.results import Content, Message
from aisnb.commands.selection import directory_of, nothing_in, pointing_out_directory, pointing_out_member
from aisnb.errors import NameInvalid, UsageError
from aisnb.templates import Template, bounded
from aisnb.units import human_size, parse_size, plural
from aisnb.uris import check_object_name, is_link, link_name, parse_bucket, parse_object, parse_uri, web_bucket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aisnb.commands.context import Context
    from aisnb.uris import Bucket

_ONE_SOURCE = Argument("bucket/object or link", completes=("object", "bucket", "link"))
_SOURCE = Argument(
    "bucket/object, bucket/directory/, bucket/template, link or template of links",
    completes=("object", "bucket", "link"),
)
_DESTINATION = Argument("file or directory; '-' shows the bytes; default: here, by its own name", completes=("path",))
_OFFSET = Option("begin at this byte", metavar="SIZE", convert=parse_size)
_LENGTH = Option("so many bytes at most", metavar="SIZE", convert=parse_size)


@command("get", aliases=("object get",))
def get(
    context: Context,
    source: Annotated[str, _SOURCE],
    destination: Annotated[str, _DESTINATION] = ".",
    *,
    offset: Annotated[int | None, _OFFSET] = None,
    length: Annotated[int | None, _LENGTH] = None,
    prefix: Annotated[str | None, PREFIX] = None,
    limit: Annotated[int, Option("with --prefix: at most so many objects; 0 for all", metavar="N")] = 0,
    cached: Annotated[bool, Option("with --prefix: only what is in the cluster")] = False,
    archpath: Annotated[str, ARCHPATH] = "",
    archregx: Annotated[str, ARCHREGX] = "",
    archmode: Annotated[str, ARCHMODE] = "regexp",
    extract: Annotated[bool, Option("unpack a shard, all of it", flags=("--extract", "-x"))] = False,
    progress: Annotated[bool, Option("of several objects show how many are here already")] = False,
    no_clobber: Annotated[bool, Option("refuse to replace a file")] = False,
    check_cached: Annotated[bool, Option("only say whether the object is in the cluster")] = False,
    yes: Annotated[bool, NEVER_ASKED] = False,
) -> Message | Content:
    """Read an object or a file on the web into a file here; a template, a prefix or a directory reads many.

    A file that is there is replaced when all bytes have come. A link makes an ``ht://`` bucket of its directory, and
    what was read through it stays in the cluster.

    Example:
        %ais get http://localhost:51061/abc/hello-world
        %ais get ais://abc/shard-{001..010}.tar shards/
        %ais get ais://abc/train/ here/
        data = %ais get ais://abc/notes.txt -
        %ais get ais://abc/shard-001.tar sample/ --archregx 000017 --archmode wdskey
    """
    if archpath or archregx or extract:
        chosen = Choice(archpath, archregx, archmode)
        if prefix is not None or check_cached or offset is not None or length is not None:
            raise UsageError("Members come whole, and of one shard. Leave out --prefix, --offset, --length ...")
        return read_members(context, source, destination, chosen, clobber=not no_clobber)
    directory = ""
    if prefix is None:
        source, directory = directory_of(source)
        prefix = directory or None
    many = prefix is not None or Template(source, braces_only=True).is_range
    if many and (check_cached or destination == "-" or offset is not None or length is not None):
        raise UsageError("'-', --offset, --length and --check-cached are for one object. Name one, without a template.")
    if many:
        sources = _sources(context, source, prefix, cached=cached, limit=limit)
        if directory and not sources:
            raise nothing_in(source, directory)
        where = Path(destination).expanduser()
        return _get_many(context, source, sources, prefix, where, clobber=not no_clobber, progress=progress)
    _refuse_whole_bucket(source)
    if check_cached:
        return _presence(context, source)
    if destination in ("-", "/dev/null"):
        content = _read(context, source, offset, length)
        size = human_size(len(content))
        return content if destination == "-" else Message(f"GET and discard {_of(source)} ({size})")
    from aisnb.client.local_files import local_path

    return _get_one(context, source, local_path(destination), offset, length, clobber=not no_clobber)


def _refuse_whole_bucket(source: str) -> None:
    if not is_link(source) and not parse_uri(source)[1]:
        bare = source.rstrip("/")
        raise NameInvalid(
            f"'{source}' is a whole bucket. '%ais get {bare} --prefix \"\"' reads all that is in it; "
            f"'%ais get {bare}/NAME' one object."
        )


@command("cat", aliases=("object cat",))
def cat(
    context: Context,
    source: Annotated[str, _ONE_SOURCE],
    *,
    offset: Annotated[int | None, _OFFSET] = None,
    length: Annotated[int | None, _LENGTH] = None,
    archpath: Annotated[str, ARCHPATH] = "",
) -> Content:
    """Return the bytes of an object, or of a member of a shard.

    Example:
        %ais cat ais://abc/notes.txt --length 1KiB
        %ais cat ais://abc/shard-001.tar --archpath 000017.cls
    """
    if archpath:
        content = context.client().member(source, archpath)
        begin = offset or 0
        whole = content if isinstance(content, bytes) else b""
        return Content(whole[begin:] if length is None else whole[begin : begin + length])
    return _read(context, source, offset, length)


def _read(context: Context, source: str, offset: int | None, length: int | None) -> Content:
    with pointing_out_member(source):
        content = context.client().get(source, offset=offset, length=length)
    return Content(content if isinstance(content, bytes) else b"")


def _get_one(
    context: Context, source: str, destination: Path, offset: int | None, length: int | None, *, clobber: bool
) -> Message:
    client = context.client()
    way = f"'%ais get {source}/' reads all that is in it"
    with pointing_out_member(source), pointing_out_directory(client, source, way):
        written = client.get(source, destination, offset=offset, length=length, clobber=clobber)
    path = Path(str(written))
    size = human_size(path.stat().st_size)
    if offset is None and length is None:
        return Message(f"GET {_of(source)} as {path} ({size})", path=path)
    return Message(f"Read range (length {size} at offset {offset or 0}) of {_of(source)} as {path} ({size})", path=path)


def _get_many(
    context: Context,
    source: str,
    sources: Iterable[str],
    prefix: str | None,
    directory: Path,
    *,
    clobber: bool,
    progress: bool,
) -> Message:
    """Read the objects into `directory`, each under its own name."""
    client = context.client()
    sizes = list[int]()

    def read(each: str) -> None:
        path = directory / (link_name(each) if is_link(each) else check_object_name(parse_uri(each)[1]))
        _make_directory(path.parent)
        client.get(each, path, clobber=clobber)
        sizes.append(path.stat().st_size)

    _make_directory(directory)
    count = for_each(context, "GET", sources, read, progress="Objects" * progress)
    where = web_bucket(source) if is_link(source) else parse_uri(source)[0]
    if not count:
        context.note(f"No objects in {where}" + (f" that begin with '{prefix}'" if prefix else ""))
    total = human_size(sum(sizes))
    return Message(f"GET {plural(count, 'object')} from {where} as {directory}/ (total size {total})", path=directory)


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UsageError(f"'{path}' cannot be the directory to read into: {exc.strerror}. Choose another.") from exc


def _sources(context: Context, source: str, prefix: str | None, *, cached: bool, limit: int) -> Iterable[str]:
    if prefix is None:
        template = Template(source, braces_only=True)
        bounded(template)
        return template
    bucket = parse_bucket(source)
    return [bucket / name for name in _listed(context, bucket, prefix, cached, limit)]


def _listed(context: Context, bucket: Bucket, prefix: str, cached: bool, limit: int) -> list[str]:
    found = context.client().ls(str(bucket), prefix=prefix, cached=cached or None, limit=limit or None)
    return list(found["name"])


def _presence(context: Context, source: str) -> Message:
    bucket, name = (web_bucket(source), link_name(source)) if is_link(source) else parse_object(source)
    found = context.client().ls(str(bucket), prefix=name, cached=None if bucket.provider == "ais" else True)
    here = name in set(found["name"])
    return Message(
        f"{bucket / name} is " + ("present (is cached)" if here else 'not present ("not cached") in cluster')
    )


def _of(source: str) -> str:
    """Return an object for a sentence: ``hello-world from ht://…``."""
    bucket, name = (web_bucket(source), link_name(source)) if is_link(source) else parse_object(source)
    return f"{name} from {bucket}"
