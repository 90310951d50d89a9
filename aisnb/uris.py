"""Names of buckets and objects: ``ais://bucket/dir/object``, ``ht://HASH``, web links. Pure."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

import xxhash

from aisnb.errors import NameInvalid, SchemeMissing

#: AIStore's providers by every spelling that its tools accept.
PROVIDERS = {
    "ais": "ais", "ht": "ht", "aws": "aws", "s3": "aws", "gcp": "gcp", "gs": "gcp",
    "azure": "azure", "az": "azure", "oci": "oci", "oc": "oci",
}  # fmt: skip

HASH_SEED = 1103515245

_BUCKET_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ONE_SLASH = re.compile(rf"({'|'.join(PROVIDERS)}):/?([^/:].*)", re.IGNORECASE | re.DOTALL)
_PLAIN_LINK_NAME = re.compile(r"https?://[^/?#%]+/(?:[^?#%]*/)?([A-Za-z0-9_.~-]*)", re.ASCII)
_PLAIN_OBJECT_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}", re.ASCII)
#: A host that would end the line that it is sent in, or that others read otherwise (CWE-93).
_ODD_HOST = re.compile(r"[^:]*://[^/?#]*[\x00-\x20\x7f]")
_MAX_NAME_BYTES = 1024
#: How paths begin that can be nothing else.
_PATHS = ("/", "~/", "./", "../")
_MAX_COMPONENT_BYTES = 255


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """A bucket's identity.

    Attributes:
        provider: ``ais``, ``ht``, ``aws``, ``gcp``, ``azure`` or ``oci``.
        name: its name within the provider.
        namespace: ``@cluster#name``, or "" for the global one.
    """

    provider: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.provider}://{self.namespace + '/' if self.namespace else ''}{self.name}"

    def __truediv__(self, name: str) -> str:
        return f"{self}/{name}"


def is_link(text: str) -> bool:
    """Return whether `text` is a web link (``http://`` or ``https://``)."""
    return text[:8].lower().startswith(("http://", "https://"))


def parse_uri(text: str) -> tuple[Bucket, str]:
    """Return the bucket and the rest (object name, prefix or template; "" if none) that `text` names.

    A text without scheme is a bucket of the provider ``ais``, as for the ``ais`` CLI.

    Raises:
        NameInvalid: unknown provider, or a name that a bucket cannot have.

    Example:
        parse_uri("ais://abc/train/shard-001.tar")  # (Bucket("ais", "abc"), "train/shard-001.tar")
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        if short := _ONE_SLASH.fullmatch(text):
            raise NameInvalid(f"'{text}' wants two slashes: write '{short[1]}://{short[2]}'.")
        scheme, rest = "ais", text
    provider = PROVIDERS.get(scheme.lower())
    if provider is None:
        hint = "Web links stand where a source is expected." if is_link(text) else f"Use one of: {_spellings()}."
        raise NameInvalid(f"'{text}' does not name a bucket: '{scheme}://' is not a provider. {hint}")
    namespace = ""
    if rest.startswith(("@", "#")):
        namespace, _, rest = rest.partition("/")
    name, _, object_name = rest.partition("/")
    return Bucket(provider, check_bucket_name(name, text), namespace), object_name


def parse_bucket(text: str) -> Bucket:
    """Return the bucket that `text` names; a trailing slash is allowed, an object name is not.

    Raises:
        NameInvalid: `text` is not a bucket.
    """
    bucket, rest = parse_uri(text)
    if rest:
        raise NameInvalid(f"'{text}' names an object, and a bucket is expected here: say '{bucket}'.")
    return bucket


def parse_object(text: str) -> tuple[Bucket, str]:
    """Return the bucket and the object name that `text` names.

    Raises:
        NameInvalid: `text` has no object name, or one that cannot be.
    """
    bucket, name = parse_uri(text)
    if not name:
        raise NameInvalid(f"'{text}' names a bucket, and an object is expected here: say '{bucket}/NAME'.")
    if name.endswith("/"):
        raise NameInvalid(
            f"'{text}' names a directory, and an object is expected here: say '{text}NAME'. '%ais ls {text}' (in "
            f"Python: client.ls('{text}')) lists those in it."
        )
    return bucket, check_object_name(name)


def parse_provider(text: str) -> str | None:
    """Return the provider that ``ht``, ``ht:`` or ``ht://`` means, or None if `text` means something else."""
    return PROVIDERS.get(text.lower().removesuffix("//").removesuffix(":"))


def check_bucket_name(name: str, shown: str = "") -> str:
    """Return `name` if a bucket can have it (letters, digits, ``_ - .``, 1 to 64 of them; AIStore's rule).

    Raises:
        NameInvalid: it cannot.
    """
    if not name and shown:
        raise NameInvalid(
            f"'{shown}' does not say which bucket. Write it like ais://abc or ais://abc/name; paths of this machine "
            "stand where files are expected."
        )
    if not _BUCKET_NAME.fullmatch(name) or name in (".", ".."):
        where = f" in '{shown}'" if shown and shown != name else ""
        raise NameInvalid(
            f"'{name}'{where} is not a bucket name. Use 1 to 64 letters, digits, dashes, dots or underscores."
        )
    return name


def check_object_name(name: str) -> str:
    """Return `name` if an object can have it and a file tree can hold it.

    Refused: the empty name, a leading or trailing slash, empty, ``.`` and ``..`` components, NUL, text that is not
    UTF-8, more than 1024 bytes in all or 255 in one component.

    Raises:
        NameInvalid: with the reason.
    """
    if _PLAIN_OBJECT_NAME.fullmatch(name):  # nearly all are, and jobs of millions ask
        return name
    try:
        size = len(name.encode())
    except UnicodeEncodeError as exc:
        raise NameInvalid(f"The object name {name!r} is not valid text (UTF-8). Rename it.") from exc
    reason = _object_name_fault(name, size)
    if reason:
        raise NameInvalid(f"The object name {_short(name)!r} {reason}.")
    return name


def _object_name_fault(name: str, size: int) -> str:
    if not name:
        return "is empty; say which object"
    if "\0" in name:
        return "has a NUL character in it; rename it"
    if name.startswith("/") or name.endswith("/"):
        return "begins or ends with a slash; leave that slash out"
    components = name.split("/")
    if any(component in ("", ".", "..") for component in components):
        return "has an empty, '.' or '..' component and could leave its bucket; spell the path out"
    if size > _MAX_NAME_BYTES:
        return f"is {size} bytes long; {_MAX_NAME_BYTES} is the limit"
    if any(len(component.encode()) > _MAX_COMPONENT_BYTES for component in components):
        return f"has a component of more than {_MAX_COMPONENT_BYTES} bytes, which no file system holds"
    return ""


def _short(name: str) -> str:
    return name if len(name) <= 80 else name[:77] + "..."


def _spellings() -> str:
    return ", ".join(f"{spelling}://" for spelling in PROVIDERS)


def check_link(text: str) -> str:
    """Return `text` if it is a web link with a host.

    Raises:
        SchemeMissing: it has no ``http://``; the message names both spellings.
        NameInvalid: it has no host or a port that is none.
    """
    if text.startswith(_PATHS):
        raise SchemeMissing(
            f"'{text}' is a path of this machine, not a web link (http://…) or a bucket (ais://…). Serve the directory "
            "first, by '%ais serve' (in Python: aisnb.serve), and say its address; or copy without a server, by '%ais "
            "promote' or '%ais put' (in Python: client.promote, client.put)."
        )
    if not is_link(text):
        raise SchemeMissing(
            f"'{text}' does not say where it is. For a web server write 'http://{text}', for a bucket 'ais://{text}'."
            if "://" not in text
            else f"'{text}' is not a web link. Sources begin with http:// or https://."
        )
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError as exc:
        raise NameInvalid(f"'{text}' is not a web link: {exc}. Write it like http://host:port/dir/file.") from exc
    if not host:
        raise NameInvalid(f"'{text}' has no host. Write it like http://host:port/dir/file.")
    if _ODD_HOST.match(text):
        raise NameInvalid(f"{text!r} has a space or a control character in its host. Check its spelling.")
    return text


def link_name(link: str) -> str:
    """Return the object name that a link stands for: its last path element, decoded once, without query."""
    if match := _PLAIN_LINK_NAME.fullmatch(link):  # nearly all are, and jobs of millions ask
        return match[1]
    path = link.split("://", 1)[-1].split("#", 1)[0].split("?", 1)[0].partition("/")[2]
    return _decode(path.rsplit("/", 1)[-1], link)


def _decode(text: str, link: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as exc:
        raise NameInvalid(f"The name at the end of '{link}' is not valid text (UTF-8) once decoded.") from exc


def link_directory(link: str) -> str:
    """Return the directory part of a link, with its trailing slash and without query."""
    bare = link.split("#", 1)[0].split("?", 1)[0]
    scheme, _, rest = bare.partition("://")
    return f"{scheme}://{rest.rsplit('/', 1)[0] if '/' in rest else rest}/"


def web_bucket(link: str) -> Bucket:
    """Return the ``ht://`` bucket of the directory that `link` lies in.

    Its name is the unpadded URL-safe base64 of the lower-case hex of XXH64 over ``host:port/dir/``
    (AIStore 4.x, ``cmn/http.go``), so http and https share one bucket.

    Example:
        web_bucket("http://localhost:51061/abc/hello-world")  # Bucket("ht", "MzU3MTg4YTc1M2VlZTJhZA")
    """
    place = link_directory(link).split("://", 1)[1]
    digest = xxhash.xxh64(place.encode(), seed=HASH_SEED).intdigest()
    return Bucket("ht", base64.urlsafe_b64encode(b"%x" % digest).rstrip(b"=").decode())


def join_link(directory: str, name: str) -> str:
    """Return the link of the object `name` (decoded) under `directory` (a link that ends in a slash)."""
    return directory + quote(name, safe="/!$&'()*+,;=:@~")
