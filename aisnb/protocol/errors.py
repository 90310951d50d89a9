"""AIStore's error body, and what our errors are on the wire.

The official SDK tells bucket from object errors by the URI in the message, so messages keep AIStore's wording.
A 5xx would make that SDK try again for 90 seconds; what is our fault is therefore a 400 too, with its reason.
"""

from __future__ import annotations

import re

import msgspec

from aisnb import errors


class ErrorBody(msgspec.Struct):
    """``{"message": …, "status": …}`` and who said it."""

    message: str = ""
    status: int = 0
    tcode: str = ""
    method: str = ""
    url_path: str = ""
    remote_addr: str = ""
    caller: str = ""
    node: str = ""


_STATUS: list[tuple[type[Exception], int, str]] = [
    (errors.BucketNotFound, 404, "ErrBckNotFound"),
    (errors.ObjectNotFound, 404, "ErrObjNotFound"),
    (errors.JobNotFound, 404, "ErrJobNotFound"),
    (errors.ServerNotFound, 404, "ErrServerNotFound"),
    (errors.DirectoryNotFound, 404, "ErrDirectoryNotFound"),
    (errors.NotFound, 404, ""),
    (errors.AlreadyExists, 409, "ErrAlreadyExists"),
    (errors.NotAllowed, 401, "ErrNotAllowed"),
    (errors.DiskFull, 507, "ErrDiskFull"),
    (errors.Unsupported, 501, "ErrUnsupported"),
    (errors.PortInUse, 409, "ErrPortInUse"),
    (errors.TemplateError, 400, "ErrTemplate"),
    (errors.NameInvalid, 400, "ErrName"),
    (errors.ArchiveInvalid, 400, "ErrArchive"),
    (errors.SourceRefused, 404, "ErrSource"),
    (errors.SourceError, 400, "ErrSource"),
]

_BY_CODE: dict[str, type[errors.AisnbError]] = {
    code: kind for kind, _, code in reversed(_STATUS) if issubclass(kind, errors.AisnbError)
} | {
    "ErrRemoteBckNotFound": errors.BucketNotFound,
    "ErrBucketAlreadyExists": errors.AlreadyExists,
    "ErrBckAlreadyExists": errors.AlreadyExists,
}

_ADVICE: dict[type[errors.AisnbError], str] = {
    errors.BucketNotFound: "'ls' lists the buckets; 'create' makes one.",
    errors.ObjectNotFound: "'ls' with its bucket lists the objects.",
    errors.JobNotFound: "'show job --all' (in Python: client.jobs) lists the jobs.",
}

_BUCKET_URI = re.compile(r"(?:ais|ht|aws|azure|gcp|oci|gs|s3)://[A-Za-z0-9@#._-]+(/?)")


def error_body(exc: Exception, method: str, path: str, node: str) -> ErrorBody:
    """Return what is said on the wire when `exc` ended a request."""
    status, code = next(((status, code) for kind, status, code in _STATUS if isinstance(exc, kind)), (400, ""))
    return ErrorBody(str(exc), status, code, method, path, node=node)


def error_of(status: int, body: ErrorBody, shown: str) -> errors.AisnbError:
    """Return the error of ours that an endpoint's answer stands for.

    Args:
        status: HTTP status.
        body: the error body; its message may be empty (HEAD).
        shown: what was tried, for a message where the endpoint gave none.
    """
    text = body.message or f"{shown}: the endpoint answered with HTTP status {status}."
    if body.tcode and (kind := _BY_CODE.get(body.tcode)):
        return kind(_advised(kind, text))
    if status in (401, 403):
        return errors.NotAllowed(f"{text.rstrip('.')}. Set AIS_AUTHN_TOKEN to a token that may do this.")
    if status == 404 and (uri := _BUCKET_URI.search(text)):
        kind = errors.ObjectNotFound if uri[1] else errors.BucketNotFound
        return kind(_advised(kind, text))
    if status == 404 and ("job" in text or "x-[" in text):  # AIStore's short for a job of any kind: x-KIND[ID]
        return errors.JobNotFound(_advised(errors.JobNotFound, text))
    if status == 409 and "already exists" in text:
        return errors.AlreadyExists(text)
    if status == 501:
        return errors.Unsupported(text)
    if status == 507:
        return errors.DiskFull(text)
    return errors.EndpointRefused(text, status)


def _advised(kind: type[errors.AisnbError], text: str) -> str:
    """Return AIStore's own words, and what to do now where they leave that out."""
    advice = _ADVICE.get(kind, "")
    uri = _BUCKET_URI.search(text) if kind is errors.BucketNotFound else None
    if uri and uri[0].startswith("ais://"):
        advice = f"'ls' lists the buckets. To make it (in Python: client.create): %ais create {uri[0]}"
    if uri and uri[0].startswith("ht://"):
        advice = (
            "'%ais ls ht://' lists those that there are. Nobody creates one: it is there once one of its directory's "
            "files was read by its link, '%ais get http://HOST/DIR/FILE' (in Python: client.get)."
        )
    return f"{text}. {advice}" if advice and not text.endswith(".") else text
