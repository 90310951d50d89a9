"""``archive put`` and ``archive gen-shards``: shards are made on this machine, or get further members."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from aisnb.archives import ArchiveWriter, archive_format
from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import ALWAYS_WAITS, LIST, NEVER_ASKED, TEMPLATE, YES
from aisnb.commands.parallel import for_each
from aisnb.commands.results import Message
from aisnb.commands.writing import named_files, would_come
from aisnb.errors import ConfirmationNeeded, DirectoryNotFound, UsageError
from aisnb.templates import Template, bounded
from aisnb.units import human_size, parse_size, plural
from aisnb.uris import check_object_name, parse_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

    from aisnb.client import Client
    from aisnb.commands.context import Context

_SOURCES = Argument("files, directories or patterns like 'images/*.jpg'", metavar="PATH", completes=("path",))
_SHARD = Argument("bucket/shard.tar, .tgz or .zip", completes=("bucket", "object"))
_ARCHPATH = Option("the member's name; of several files what their names begin with", metavar="NAME")
_APPEND = Option("add to the shard, which must be there")
_APPEND_OR_PUT = Option("add to the shard if it is there, else make it")
_FORMATS = ("Unknown", "USTAR", "PAX", "GNU")
_DEFAULT_EXTENSION = ".test"


@command("archive put")
def archive_put(
    context: Context,
    sources: Annotated[tuple[str, ...], _SOURCES],
    shard: Annotated[str, _SHARD],
    *,
    archpath: Annotated[str, _ARCHPATH] = "",
    append: Annotated[bool, _APPEND] = False,
    append_or_put: Annotated[bool, _APPEND_OR_PUT] = False,
    recursive: Annotated[bool, Option("directories with all that is below", flags=("--recursive", "-r"))] = False,
    template: Annotated[str, TEMPLATE] = "",
    names: Annotated[str, LIST] = "",
    include_src_dir: Annotated[bool, Option("names begin with that of the directory")] = False,
    dry_run: Annotated[bool, Option("only say what would be packed, as a DataFrame")] = False,
    cont_on_err: Annotated[bool, Option("accepted for the ais CLI's sake: a shard is whole, or not made")] = False,
    yes: Annotated[bool, NEVER_ASKED] = False,
    wait: Annotated[bool, ALWAYS_WAITS] = False,
) -> Message | DataFrame:
    """Pack files of this machine into a shard of a bucket, which is made anew; or (--append) add them to one.

    Each file that is added writes the shard again: pack many at once where you can.

    Example:
        %ais archive put images/ ais://abc/images.tar
        %ais archive put cat.jpg ais://abc/images.tar --append --archpath pets/cat.jpg
    """
    bucket, name = parse_object(shard)
    archive_format(check_object_name(name))
    chosen = [each.strip() for each in names.split(",") if each.strip()]
    files = named_files(sources, recursive=recursive, template=template, listed=chosen, with_own_name=include_src_dir)
    if not files:
        raise DirectoryNotFound(f"No file matches {' '.join(sources)}. Check the path; '-r' looks below it, too.")
    if archpath and len(files) == 1 and not archpath.endswith("/"):
        files = dict(zip([archpath], files.values(), strict=True))
    elif archpath:
        files = {f"{archpath.rstrip('/')}/{each}": path for each, path in files.items()}
    if dry_run:
        return would_come(files, bucket)
    client = context.client()
    if append or (append_or_put and _is_there(client, bucket / name)):
        for member, path in files.items():
            client.add_member(path, shard, member)
        return Message(f"APPEND {plural(len(files), 'file')} to {shard}", value=shard)
    client.put_shard(files, shard)
    total = human_size(sum(path.stat().st_size for path in files.values()))
    return Message(f"PUT {plural(len(files), 'file')} ({total}) as {shard}", value=shard)


@command("archive gen-shards", destructive=True)
def gen_shards(
    context: Context,
    shards: Annotated[str, Argument("bucket/template of shards, like ais://abc/shard-{001..010}.tar")],
    *,
    fcount: Annotated[int, Option("files in a shard", metavar="N")] = 5,
    fsize: Annotated[int, Option("bytes of a file", metavar="SIZE", convert=parse_size)] = 1024,
    fext: Annotated[str, Option("their extensions, with commas between; a file of each per key")] = _DEFAULT_EXTENSION,
    output_template: Annotated[str, Option("names of all files in a shard, instead of random ones")] = "",
    tform: Annotated[str, Option("accepted for the ais CLI's sake: tars are PAX", choices=_FORMATS)] = "Unknown",
    cleanup: Annotated[bool, Option("remove the bucket first, with all that is in it")] = False,
    yes: Annotated[bool, YES] = False,
) -> Message:
    """Write shards of random bytes into a bucket, which is made if need be: something to try with.

    Example:
        %ais archive gen-shards ais://abc/shard-{001..010}.tar --fcount 10 --fext .jpg,.cls
    """
    bucket, text = parse_object(shards)
    template = Template(text, braces_only=True)
    bounded(template)
    archive_format(template[0] if template.is_range else text)
    if fcount < 1 or fsize < 0:
        raise UsageError(
            f"'--fcount {fcount} --fsize {fsize}' makes no shard. Say at least one file, of 0 bytes or more."
        )
    client = context.client()
    if cleanup and str(bucket) in set(client.buckets(bucket.provider)["name"]):
        if not yes:
            raise ConfirmationNeeded(f"'--cleanup' would remove {bucket} with its objects. Say -y to do it.")
        client.remove(str(bucket), yes=True)
    client.create(str(bucket))
    extensions = ["." + each.strip().lstrip(".") for each in fext.split(",") if each.strip()]

    def write(name: str) -> None:
        with tempfile.NamedTemporaryFile(prefix="aisnb-", suffix=Path(name).suffix) as kept:
            writer = ArchiveWriter(kept.write, archive_format(name))
            for member in _member_names(fcount, extensions, output_template):
                writer.add(member, fsize, io.BytesIO(os.urandom(fsize)))
            writer.close()
            kept.flush()
            client.put(kept.name, bucket / name)

    count = for_each(context, "PUT", template if template.is_range else [text], write, progress="Shards created")
    return Message(
        f"Created {plural(count, 'shard')} of {plural(fcount * len(extensions), 'file')} in {bucket}", value=count
    )


def _member_names(count: int, extensions: list[str], template: str) -> Iterator[str]:
    """Yield the names of a shard's files, as the ``ais`` CLI makes them: random, or by a template.

    Raises:
        UsageError: the template stands for too few.
    """
    if template:
        wanted, needed = Template(template), count * len(extensions)
        if not wanted.unbounded and len(wanted) < needed:
            raise UsageError(f"'--output-template {template}' stands for {len(wanted)} names, and {needed} are needed.")
        yield from (wanted[number] for number in range(needed))
        return
    width = len(str(count))
    for number in range(count):
        key = os.urandom(10).hex()
        yield from (f"{key}-{number:0{width}d}{extension}" for extension in extensions)


def _is_there(client: Client, shard: str) -> bool:
    bucket, name = parse_object(shard)
    return name in set(client.ls(str(bucket), prefix=name, limit=1)["name"])
