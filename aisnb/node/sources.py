"""What a job was asked for, and which files that stands for: each found by its number, never all of them listed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from aisnb.errors import NameInvalid, ObjectNotFound, TemplateError, Unsupported, UsageError
from aisnb.node.tasks import ArchiveTask, CopyTask  # noqa: TC001  # msgspec looks them up
from aisnb.protocol.downloads import BACKEND, DIRECTORY, MULTI, RANGE, SINGLE, Limits
from aisnb.protocol.relay import Cluster  # noqa: TC001  # msgspec looks it up
from aisnb.templates import MAX_NAMES, Template, bounded
from aisnb.transfer import Index
from aisnb.transfer.links import open_secret, without_secret
from aisnb.units import parse_duration
from aisnb.uris import check_link, check_object_name, join_link, link_name, parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aisnb.protocol.downloads import DownloadRequest
    from aisnb.protocol.messages import Selection
    from aisnb.store.jobs import JobTable
    from aisnb.transfer.index_pages import IndexEntry
    from aisnb.uris import Bucket

_ITEMS_AT_ONCE = 256


class Spec(msgspec.Struct, omit_defaults=True):
    """What a job was asked for, as it is kept with the job. Holds no secret.

    Attributes:
        bucket: URI of the bucket.
        source: where the files come from, for people.
        destination: where a download puts them, as it is asked for; "" for links that are listed.
        template: stands for links (downloads) or object names; "" if the job has a list of items.
        subdir: what the object names of a download begin with, without its trailing slash.
        directory: the link that the objects of an ``ht://`` bucket lie under.
        prefix: what the names begin with of the objects to be removed; None if they are listed otherwise.
        limits: connections and bytes per hour.
        timeout: seconds for one attempt, 0 for no limit.
        force: fetch unchanged files, too.
        durable: each file is on the disk itself before it counts.
        credentials: the source was asked with headers that are not kept.
        cluster: where the files go, None if they stay here.
        wants_token: that cluster was asked with a token that is not kept.
        copy: how objects that are here are to be copied.
        archive: into what objects that are here are to be packed.
    """

    bucket: str
    source: str = ""
    destination: str = ""
    template: str = ""
    subdir: str = ""
    directory: str = ""
    prefix: str | None = None
    limits: Limits = msgspec.field(default_factory=Limits)
    timeout: float = 0.0
    force: bool = False
    durable: bool = False
    credentials: bool = False
    cluster: Cluster | None = None
    wants_token: bool = False
    copy: CopyTask | None = None
    archive: ArchiveTask | None = None

    def encode(self) -> bytes:
        """Return the spec as it is kept."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, kept: bytes) -> Spec:
        """Return the spec that `encode` wrote."""
        return msgspec.json.decode(kept, type=cls)


class Plan(NamedTuple):
    """A job that can be begun.

    Attributes:
        spec: what to keep of it.
        total: number of files; -1 if it is that of its items.
        description: one line for people.
        items: object names and links to be listed with the job, if the spec has no template for them.
        headers: what to send to the source.
        total_bytes: of all files, None if unknown.
        sizes: object names and bytes of those files; read once, if at all.
    """

    spec: Spec
    total: int
    description: str
    items: Iterable[tuple[str, str]] = ()
    headers: dict[str, str] = {}  # noqa: RUF012  # a NamedTuple's default; nobody writes to it
    total_bytes: int | None = None
    sizes: Iterable[tuple[str, int]] = ()


class Item(NamedTuple):
    """One file of a job; `fault` says why it cannot be had, "" if it can."""

    name: str
    url: str
    fault: str = ""


class Files(Protocol):
    """The files of a job, by their numbers from 0."""

    def item(self, index: int) -> Item:
        """Return the file at `index`."""


class RangeFiles:
    """A template's links."""

    def __init__(self, spec: Spec) -> None:
        self._template = Template(spec.template, braces_only=True)
        self._subdir = spec.subdir

    def item(self, index: int) -> Item:
        """Return the file at `index`."""
        return _item("", self._template[index], self._subdir)


class DirectoryFiles:
    """A template's names, under one link."""

    def __init__(self, spec: Spec) -> None:
        self._template = Template(spec.template)
        self._directory = spec.directory

    def item(self, index: int) -> Item:
        """Return the file at `index`."""
        name = self._template[index]
        return _item(name, join_link(self._directory, name))


class ListedFiles:
    """The items that are listed with the job, read a slice at a time."""

    def __init__(self, table: JobTable, job: str) -> None:
        self._table = table
        self._job = job
        self._start = 0
        self._slice: list[tuple[str, str]] = []

    def item(self, index: int) -> Item:
        """Return the file at `index`."""
        if not self._start <= index < self._start + len(self._slice):
            self._start = index
            self._slice = self._table.items(self._job, index, _ITEMS_AT_ONCE)
        return _item(*self._slice[index - self._start])


def files_of(spec: Spec, table: JobTable, job: str) -> Files:
    """Return the files that a job is to bring."""
    if not spec.template:
        return ListedFiles(table, job)
    return DirectoryFiles(spec) if spec.directory else RangeFiles(spec)


def _item(name: str, url: str, subdir: str = "") -> Item:
    try:
        name = name or _under(subdir, link_name(url))
        return Item(check_object_name(name), url)
    except NameInvalid as exc:
        return Item(name or url, url, str(exc))


def _under(subdir: str, name: str) -> str:
    return f"{subdir}/{name}" if subdir else name


def directory_of(request: DownloadRequest) -> tuple[str, dict[str, str]]:
    """Return the directory whose index a request wants to be read, and what to send to its source."""
    link, secret = open_secret(check_link(_link(request.link)))
    return link, _headers(request) | secret


def plan_download(request: DownloadRequest, index: Index | None = None) -> Plan:
    """Return what a request for a download stands for.

    Args:
        request: what was asked.
        index: of the directory, if it asks for one.

    Raises:
        UsageError: something in it cannot be (TemplateError, NameInvalid: what).
        Unsupported: it wants what only a cluster with a cloud behind it can.
    """
    bucket = request.bucket.bucket()
    if bucket.provider != "ais":
        raise UsageError(
            f"A download into '{bucket}' is not possible: files go into ais:// buckets only. Name an ais:// bucket."
        )
    if request.limits.connections < 0 or request.limits.bytes_per_hour < 0:
        raise UsageError(
            f"Limits of {request.limits.connections} connections and {request.limits.bytes_per_hour} bytes per hour "
            "make no sense. Use numbers above 0, or 0 for no limit."
        )
    spec = Spec(
        str(parse_bucket(str(bucket))),
        limits=request.limits,
        timeout=parse_duration(request.timeout) if request.timeout else 0.0,
        force=request.force,
        durable=request.durable,
    )
    kinds = {SINGLE: _plan_single, RANGE: _plan_range, MULTI: _plan_list}
    if index is not None:
        kinds[DIRECTORY] = partial(_plan_directory, index)
    if request.type == BACKEND:
        raise Unsupported("A download of the type 'backend' needs a cluster with a cloud behind it. Name the links.")
    if request.type not in kinds:
        raise UsageError(f"'{request.type}' is not a type of download. Use one of: {', '.join(kinds)}.")
    plan = kinds[request.type](request, spec, bucket)
    headers = _headers(request) | plan.headers
    spec.credentials = bool(headers)
    return plan._replace(headers=headers, description=(request.description or plan.description) + _left_out(index))


def _plan_single(request: DownloadRequest, spec: Spec, bucket: Bucket) -> Plan:
    link, headers = open_secret(_link(request.link))
    check_link(link)
    name = check_object_name(request.object_name or link_name(link))
    spec.source, spec.destination = link, bucket / name
    return Plan(spec, 1, _described(spec), [(name, link)], headers)


def _plan_range(request: DownloadRequest, spec: Spec, bucket: Bucket) -> Plan:
    text, headers = open_secret(_link(request.template))
    template = Template(text, braces_only=True)
    if not template.is_range:
        raise TemplateError(f"'{text}' is not a 'bash' template: it has no range. Write it like s-{{001..999}}.tar.")
    total = bounded(template)
    check_link(template[0])
    _refuse_one_name_for_many(text, total)
    spec.source = spec.template = text
    _go_below(request, spec, bucket)
    return Plan(spec, total, _described(spec), (), headers)


def _plan_directory(index: Index, request: DownloadRequest, spec: Spec, bucket: Bucket) -> Plan:
    link, headers = open_secret(_link(request.link))
    spec.source = link
    _go_below(request, spec, bucket)
    items = ((_listed_name(entry, spec.subdir), index.link(entry)) for entry in index.entries)
    return Plan(spec, len(index), _described(spec), items, headers, index.size(), _sizes(index, spec.subdir))


def _go_below(request: DownloadRequest, spec: Spec, bucket: Bucket) -> None:
    """Write down the directory of the bucket that several files go into."""
    if request.subdir.strip("/"):
        spec.subdir = check_object_name(request.subdir.strip("/"))
    spec.destination = bucket / spec.subdir if spec.subdir else str(bucket)


def _described(spec: Spec) -> str:
    return f"{spec.source} -> {spec.destination}"


def _left_out(index: Index | None) -> str:
    """Return what a job's description says of directories that nobody may expect to be left out."""
    return f" (directories left out: {index.directories:,})" if index is not None and index.directories else ""


def _listed_name(entry: IndexEntry, subdir: str = "") -> str:
    """Return what a file of an index is to be called; "" if its name is no text, which its item then says."""
    return "" if "\ufffd" in entry.name and entry.href else _under(subdir, entry.name)


def _sizes(index: Index, subdir: str = "") -> Iterator[tuple[str, int]]:
    return ((_under(subdir, entry.name), entry.size or 0) for entry in index.entries)


def _plan_list(request: DownloadRequest, spec: Spec, bucket: Bucket) -> Plan:
    objects = request.objects
    if not objects:
        raise UsageError("A download of the type 'multi' has no objects. Give a list of links, or names with links.")
    if len(objects) > MAX_NAMES:
        raise UsageError(f"A list of {len(objects):,} links is too long; a job takes {MAX_NAMES:,}. Split it.")
    if isinstance(objects, dict):
        pairs = [(name, _link(link)) for name, link in objects.items()]
    else:
        pairs = [(item.name, item.url) for item in (_item("", _link(link)) for link in objects)]
    seen: dict[str, str] = {}
    for name, link in pairs:
        if link != without_secret(link):
            raise UsageError(
                f"'{without_secret(link)}' in a list of links came with a password, which would be kept on disk. "
                "Give it as a header: Authorization."
            )
        if seen.setdefault(name, link) is not link:
            raise UsageError(
                f"'{seen[name]}' and '{link}' would both become '{bucket / name}'. Give them names: a map of object "
                "name to link."
            )
    if len(pairs) == 1:
        spec.source, spec.destination = pairs[0][1], bucket / pairs[0][0]
    else:
        spec.source = f"{len(pairs):,} links"
    return Plan(spec, len(pairs), f"multi-download -> {bucket}", pairs)


def wants_all(selection: Selection) -> bool:
    """Return whether a selection means all of a bucket, or all that begin so: what its source lists."""
    return selection.names is None and selection.template in ("", "*")


def plan_prefetch(bucket: Bucket, directory: str, selection: Selection, index: Index | None = None) -> Plan:
    """Return what a prefetch of some objects of an ``ht://`` bucket stands for.

    Args:
        bucket: the bucket.
        directory: the link that its objects lie under.
        selection: by template, by names, or all.
        index: of that directory, if all are meant.

    Raises:
        UsageError: nothing is selected.
        ObjectNotFound: no name in the index begins so.
        TemplateError: the template cannot be expanded, or to too many names.
    """
    spec = Spec(str(bucket), source=str(bucket), directory=directory)
    if index is not None:
        return _plan_listed(bucket, spec, selection.prefix, index)
    if selection.template:
        spec.template = selection.template
        total = bounded(Template(selection.template))
        return Plan(spec, total, f'prefetch "{selection.template}" from {bucket}')
    if not selection.names:
        raise UsageError(
            f"The prefetch from '{bucket}' names no objects. Give names (--list), a --template, or neither for all "
            "that its source lists."
        )
    names = list(dict.fromkeys(selection.names))
    items = ((name, join_link(directory, name)) for name in names)
    shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
    return Plan(spec, len(names), f'prefetch "{shown}" from {bucket}', items)


def _plan_listed(bucket: Bucket, spec: Spec, prefix: str, index: Index) -> Plan:
    chosen = Index(index.place, index.select(prefix))
    if prefix and not chosen:
        raise ObjectNotFound(f"{bucket / prefix} does not exist: '{spec.directory}' lists no name that begins so.")
    items = ((_listed_name(entry), _listed_link(spec.directory, index, entry)) for entry in chosen.entries)
    description = (
        f'prefetch "{prefix}*" from {bucket}' if prefix else f"prefetch entire bucket {bucket}{_left_out(index)}"
    )
    return Plan(spec, len(chosen), description, items, total_bytes=chosen.size(), sizes=_sizes(chosen))


def _listed_link(directory: str, index: Index, entry: IndexEntry) -> str:
    """Return the link that an object of the bucket always has, wherever the index came from in the end."""
    return join_link(directory, entry.name) if _listed_name(entry) else index.link(entry)


def plan_removal(bucket: Bucket, selection: Selection, count: int) -> Plan:
    """Return what a removal of several objects stands for.

    Args:
        bucket: the bucket.
        selection: by names, by template, by prefix, or all.
        count: objects that begin with its `prefix_of`, if it has one.

    Raises:
        TemplateError: the template cannot be expanded, or to too many names.
    """
    spec = Spec(str(bucket), source=str(bucket))
    if selection.names is not None:
        names = list(dict.fromkeys(selection.names))
        return Plan(spec, len(names), f"remove {len(names):,} from {bucket}", [(name, "") for name in names])
    spec.prefix = prefix_of(selection)
    if spec.prefix is not None:
        return Plan(spec, count, f"remove {bucket / spec.prefix}*")
    spec.template = selection.template
    return Plan(spec, bounded(Template(spec.template)), f'remove "{spec.template}" from {bucket}')


def prefix_of(selection: Selection) -> str | None:
    """Return what the names begin with that a selection means; None if it lists names, or has a range.

    A template without a range is a prefix, and none or ``*`` is everything, as for AIStore (``cmn/cos/template.go``).

    Raises:
        TemplateError: the template cannot be expanded.
    """
    if selection.names is not None:
        return None
    text = selection.template or selection.prefix
    if text in ("", "*"):
        return ""
    return text if not selection.template or not Template(text).is_range else None


def _headers(request: DownloadRequest) -> dict[str, str]:
    return {name: ", ".join(values) for name, values in request.headers.items()}


def _link(text: str) -> str:
    if not text.strip():
        raise UsageError("A download has no link. Say where the file is, like http://host/dir/file.")
    return text if "://" in text else f"http://{text}"


def _refuse_one_name_for_many(text: str, total: int) -> None:
    """Refuse a template whose ranges stand before the last slash: its files would overwrite one another."""
    path = text.split("://", 1)[-1].split("?", 1)[0].split("#", 1)[0]
    try:
        names = len(Template(path.rpartition("/")[2], braces_only=True))
    except TemplateError:  # a list with a slash in it, {a/x,b/y}: its names differ or not, nobody knows
        return
    if names < total:
        raise TemplateError(
            f"The template '{text}' stands for {total:,} links but only {names:,} object names, so files would "
            "overwrite one another. Start one download for each directory, each into its own."
        )
