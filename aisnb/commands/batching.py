"""``ml get-batch``: many objects and members of shards, as one archive on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from aisnb.commands.definition import Argument, Option, command
from aisnb.commands.options import LIST, NEVER_ASKED, PREFIX, TEMPLATE
from aisnb.commands.results import Message
from aisnb.errors import DirectoryNotFound, UsageError
from aisnb.templates import Template, bounded
from aisnb.units import human_size, plural
from aisnb.uris import parse_bucket, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aisnb.commands.context import Context
    from aisnb.protocol.batches import BatchItem

_WORDS = Argument(
    "bucket/object, bucket/shard/member, bucket/template; the archive to write last",
    metavar="PATH",
    completes=("object", "bucket", "path"),
)
_SPEC = Option("JSON, or a file of it, that says what is wanted as for AIStore", ("--spec", "-f"), "FILE", ("path",))
_ONLY_NAMES = Option("names in the archive without the bucket's", flags=("--omit-src-bck",))
_STREAMING = Option("accepted for the ais CLI's sake: it always streams")


@command("ml get-batch")
def get_batch(
    context: Context,
    words: Annotated[tuple[str, ...], _WORDS],
    *,
    template: Annotated[str, TEMPLATE] = "",
    names: Annotated[str, LIST] = "",
    prefix: Annotated[str | None, PREFIX] = None,
    spec: Annotated[str, _SPEC] = "",
    cont_on_err: Annotated[bool, Option("what is missing lies under __404__/, empty")] = False,
    omit_src_bck: Annotated[bool, _ONLY_NAMES] = False,
    streaming: Annotated[bool, _STREAMING] = False,
    yes: Annotated[bool, NEVER_ASKED] = False,
) -> Message:
    """Read many objects, and members of shards, into one archive here by one call: .tar, .tgz or .zip.

    They lie there in the order in which they were named. A cluster must be AIStore 4.0 or newer.

    Example:
        %ais ml get-batch ais://abc/image-{001..100}.png batch.tar
        %ais ml get-batch ais://abc/shard-001.tar/000017.jpg ais://abc/notes.txt batch.zip
        %ais ml get-batch ais://abc --list a.txt,b.txt batch.tar --omit-src-bck
    """
    *sources, archive = words
    client = context.client()
    wanted: list[str | BatchItem] = list(_read_spec(spec)) if spec else []
    if template or names or prefix is not None:
        if len(sources) != 1:
            raise UsageError("--template, --list and --prefix choose from one bucket. Name it before the archive.")
        bucket = parse_bucket(sources[0])
        if prefix is not None:
            chosen: Iterable[str] = client.ls(str(bucket), prefix=prefix)["name"].tolist()
        else:
            chosen = _expanded(template) if template else [name.strip() for name in names.split(",") if name.strip()]
        wanted += [bucket / name for name in chosen]
    else:
        for source in sources:
            bucket, rest = parse_uri(source)
            wanted += [bucket / name for name in _expanded(rest)]
    path = client.get_batch(wanted, archive, keep_going=cont_on_err, only_names=omit_src_bck)
    told = f"{plural(len(wanted), 'object')} ({human_size(path.stat().st_size)})"
    return Message(f"Created ML batch archive {path} with {told}", path=path)


def _expanded(text: str) -> list[str]:
    template = Template(text, braces_only=True)
    if not template.is_range:
        return [text]
    bounded(template)
    return list(template)


def _read_spec(text: str) -> list[BatchItem]:
    """Return the items of a specification: a file's name, or the JSON itself.

    Raises:
        DirectoryNotFound: there is no such file.
        UsageError: it is not as get-batch wants it.
    """
    import msgspec

    from aisnb.protocol.batches import BatchRequest

    content = text
    if not text.lstrip().startswith("{"):
        from aisnb.client.local_files import source_faults

        try:
            with source_faults(text):
                content = Path(text).expanduser().read_text(encoding="utf-8")
        except UnicodeDecodeError as exc:
            raise UsageError(f"'{text}' is no text, and so no specification of a batch. Check the path.") from exc
        except DirectoryNotFound as exc:
            raise DirectoryNotFound(f"There is no file '{text}' that says what is wanted. Check the path.") from exc
    try:
        return msgspec.json.decode(content, type=BatchRequest).items
    except msgspec.DecodeError as exc:
        example = '{"in": [{"objname": "a.txt", "bucket": "abc"}]}'
        raise UsageError(f"'{text[:100]}' is no specification of a batch: {exc}. Write it like {example}.") from exc
