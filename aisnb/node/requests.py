"""What a request names: a bucket, an object, an action. Paths are decoded once, from what came over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec

from aisnb.errors import BucketNotFound, NameInvalid, UsageError
from aisnb.protocol import headers as ais
from aisnb.protocol.messages import Action
from aisnb.uris import PROVIDERS, Bucket, check_bucket_name, check_object_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

T = TypeVar("T")

#: Providers whose buckets live in this node.
LOCAL_PROVIDERS = ("ais", "ht")

#: Longest body of a control call in bytes: a list of a million names is one.
MAX_BODY = 64 << 20


def path_parts(request: web.Request) -> list[str]:
    """Return the parts of the request's path, each decoded once; ``/v1/objects/b/a%2Fb`` gives the name ``a/b`` whole.

    The raw path is read, because aiohttp's URLs resolve ``..`` and decode by rules of their own.

    Raises:
        NameInvalid: a part is ``.`` or ``..``, or no text once decoded.
    """
    raw = request.raw_path.split("?", 1)[0]
    if not raw.startswith("/"):  # the absolute form, as proxies send it (RFC 9112 section 3.2.2)
        raw = "/" + raw.split("://", 1)[-1].partition("/")[2]
    try:
        parts = [unquote_to_bytes(part).decode() for part in raw.split("/")[1:]]
    except UnicodeError as exc:
        raise NameInvalid(f"The path {raw!a} is not valid text (UTF-8) once decoded. Encode names as UTF-8.") from exc
    if any(step in (".", "..") for part in parts for step in part.split("/")):
        raise NameInvalid(f"The path '{raw}' has a '.' or '..' component and could leave its bucket. Spell it out.")
    return parts


def provider_of(request: web.Request) -> str:
    """Return the provider that the request asks for, "" if it asks for none.

    Raises:
        UsageError: there is no such provider.
    """
    text = request.query.get(ais.PROVIDER, "")
    provider = PROVIDERS.get(text.lower(), "")
    if text and not provider:
        known = " ".join(sorted(set(PROVIDERS.values())))
        raise UsageError(f'invalid backend provider "{text}": must be one of [{known}]')
    return provider


def bucket_of(request: web.Request, at: int = 2) -> Bucket:
    """Return the bucket that the path ``/v1/buckets/BUCKET`` or ``/v1/objects/BUCKET/…`` and the query name.

    Args:
        request: whose path.
        at: which part of the path it is, from 0.

    Raises:
        NameInvalid: no bucket can be called that.
        UsageError: there is no such provider.
        BucketNotFound: it is a cloud's, and the embedded node reaches no cloud.
    """
    bucket = Bucket(provider_of(request) or "ais", path_parts(request)[at], request.query.get(ais.NAMESPACE, ""))
    check_bucket_name(bucket.name)
    if bucket.provider not in LOCAL_PROVIDERS:
        raise BucketNotFound(
            f'{bucket.provider} bucket "{bucket}" does not exist: the embedded node reaches no cloud. '
            "Set AIS_ENDPOINT to a cluster that has it."
        )
    return bucket


def object_of(request: web.Request) -> tuple[Bucket, str]:
    """Return the bucket and the object that the path ``/v1/objects/BUCKET/OBJECT`` names.

    Raises:
        NameInvalid: no object can be called that.
        UsageError: there is no such provider.
        BucketNotFound: as for `bucket_of`.
    """
    return bucket_of(request), check_object_name("/".join(path_parts(request)[3:]))


def parse_bucket_uname(text: str) -> Bucket:
    """Return the bucket that AIStore's unique name ``ais/@#/BUCKET/`` stands for.

    Raises:
        UsageError: it is none.
        NameInvalid: no bucket can be called that.
    """
    bucket, rest = _parse_uname(text)
    if rest:
        raise UsageError(f"'{text}' names an object, and a bucket is expected: write '{bucket.provider}/@#/BUCKET/'.")
    return bucket


def parse_object_uname(text: str) -> tuple[Bucket, str]:
    """Return the bucket and the object that AIStore's unique name ``ais/@#/BUCKET/OBJECT`` stands for.

    Raises:
        UsageError: it is none.
        NameInvalid: bucket or object cannot be called that.
    """
    bucket, name = _parse_uname(text)
    return bucket, check_object_name(name)


def _parse_uname(text: str) -> tuple[Bucket, str]:
    provider, _, rest = text.partition("/")
    namespace, _, rest = rest.partition("/")
    name, _, rest = rest.partition("/")
    if PROVIDERS.get(provider) is None or not namespace.startswith("@"):
        raise UsageError(f"'{text}' is not a unique name of AIStore's. Write it like 'ais/@#/BUCKET/OBJECT'.")
    space = "" if namespace == "@#" else namespace
    return Bucket(PROVIDERS[provider], check_bucket_name(name, text), space), rest


def refuse_web(bucket: Bucket, name: str) -> None:
    """Raise an error if the bucket is a web server's.

    Raises:
        UsageError: it is.
    """
    if bucket.provider == "ht":
        raise UsageError(
            f"'{bucket / name}' cannot be changed: 'ht://' buckets are read-only. Use an 'ais://' bucket, "
            "or evict what is not wanted here any more."
        )


async def read_action(request: web.Request) -> Action:
    """Return the action in the request's body; an empty body is an empty action.

    Raises:
        UsageError: the body is not an action.
    """
    body = await request.read()
    return decode_body(body, Action) if body else Action()


def decode_body(body: bytes, kind: type[T]) -> T:
    """Return what a control call's body says. Its content type is not looked at: SDKs send any.

    Raises:
        UsageError: it is not JSON, or not of this shape.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise UsageError(f"The body of the request is not a valid {kind.__name__}: {exc}. Send it as JSON.") from exc


def decode_query(query: Mapping[str, str], kind: type[T]) -> T:
    """Return what a request's query says; names that `kind` does not have are passed over.

    Raises:
        UsageError: a value is not of its kind.
    """
    try:
        return msgspec.convert(dict(query), kind, strict=False)
    except msgspec.ValidationError as exc:
        raise UsageError(f"The query of the request is not a valid {kind.__name__}: {exc}.") from exc


def convert(value: Any, kind: type[T]) -> T:
    """Return an action's `value` as what it stands for; null is the default of every field.

    Raises:
        UsageError: it is not of this shape.
    """
    try:
        return msgspec.convert({} if value is None else value, kind, strict=False)
    except msgspec.ValidationError as exc:
        raise UsageError(f"The value of the action is not a valid {kind.__name__}: {exc}.") from exc
