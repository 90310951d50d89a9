"""Public calls look at their arguments first: what does not fit is told in a sentence, not found out deep inside."""

from __future__ import annotations

import functools
import os
import re
import reprlib
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Protocol, TypeVar, runtime_checkable

from aisnb.errors import ArgumentInvalid, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


@runtime_checkable
class _Table(Protocol):
    """What a DataFrame is known by; pandas is not loaded for this."""

    columns: Any


#: What we look at, by the words of annotations: the types that fit, and what a person calls them.
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "text"),
    "Path": ((os.PathLike,), "a path"),
    "int": ((int, Integral), "a whole number"),
    "float": ((float, int, Real), "a number"),
    "Iterable": ((Iterable,), "a list"),
    "Sequence": ((Iterable,), "a list"),
    "Mapping": ((Mapping,), "a dict"),
    "DataFrame": ((_Table,), "a DataFrame"),
    "None": ((NoneType,), "None"),
}
#: Flags of commands, and what calls call them.
_FLAGS = {
    "max_conns": "connections",
    "limit_connections": "connections",
    "limit_bph": "bytes_per_hour",
    "limit_bytes_per_hour": "bytes_per_hour",
    "download_timeout": "timeout",
    "desc": "description",
    "header": "headers",
    "object_list": "object_names",
    "list": "names",
    "host": "hosts",
    "num_workers": "workers",
    "y": "yes",
}
_TEXTS = (str, bytes, bytearray)
_INNER = re.compile(r"\[[^\[\]]*\]")
#: Arguments that may hold credentials: their values are not repeated.
_SECRETS = frozenset(("token", "headers"))


class _Wanted(NamedTuple):
    """What an argument takes: a value of `types`, but of none that is `refused`; `words` are for people."""

    types: tuple[type, ...]
    refused: tuple[type, ...]
    words: str


def checked(work: Callable[P, T]) -> Callable[P, T]:
    """Return the function, which then refuses arguments that do not fit its annotations; those of other kinds pass.

    So does None where an argument may be left out.

    Raises:
        ArgumentInvalid: (when it is called) with what was given, and what its docstring says of that argument.

    Example:
        @checked
        def serve(directory: str | Path, *, port: int = 0) -> FileServer: ...
    """
    code = work.__code__
    names = code.co_varnames[: code.co_argcount]
    needed = frozenset(names[: len(names) - len(work.__defaults__ or ())])
    wanted = {name: found for name, text in work.__annotations__.items() if (found := _wanted(text, name in needed))}

    @functools.wraps(work)
    def checking(*args: P.args, **kwargs: P.kwargs) -> T:
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            found = wanted.get(name)
            if found and (not isinstance(value, found.types) or isinstance(value, found.refused)):
                raise ArgumentInvalid(_wrong_value(work, name, value, found.words))
        try:
            return work(*args, **kwargs)
        except TypeError as exc:
            if isinstance(exc, ArgumentInvalid) or (reason := _wrong_words(work, args, kwargs)) is None:
                raise
            raise ArgumentInvalid(reason) from exc

    return checking


@functools.cache  # a few dozen annotations stand in hundreds of places
def _wanted(annotation: str, needed: bool) -> _Wanted | None:  # of one caller, right above
    """Return what an annotation wants, None if one of its words is nothing that we look at."""
    while (bare := _INNER.sub("", annotation)) != annotation:
        annotation = bare
    kinds = [word.strip().rpartition(".")[2] for word in annotation.split("|")]
    if not all(kind in _KINDS for kind in kinds):
        return None
    types = tuple(each for kind in kinds for each in _KINDS[kind][0])
    words = list(dict.fromkeys(_KINDS[kind][1] for kind in kinds))
    shown = " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    refused: tuple[type, ...] = tuple(each for each in _TEXTS if each not in types) if Iterable in types else ()
    if int in types:
        refused += (bool,)  # which Python counts among the whole numbers
    return _Wanted(types if needed else (*types, NoneType), refused, shown)


def _wrong_value(work: Callable[..., Any], name: str, value: object, wanted: str) -> str:
    """Return what to say of a value that does not fit: the value, and what the docstring says of it."""
    shown = "a value" if name in _SECRETS else reprlib.repr(value)
    kind = "" if value is None else f" ({type(value).__name__})"
    told = re.search(rf"^( +){name}: (.*(?:\n\1    .*)*)", work.__doc__ or "", re.MULTILINE)
    meaning = re.sub(r"\s+", " ", f": {told[2]}").replace("`", "").rstrip(".") if told else ""
    return f"{_called(work)}() was given {shown}{kind} as '{name}'. It takes {wanted}{meaning}."


def _wrong_words(work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """Return what to say of arguments that the function does not have, or lacks; None if that is not what is wrong."""
    import inspect

    signature = inspect.signature(work)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as exc:
        plain = [each.replace(annotation=each.empty) for each in signature.parameters.values() if each.name != "self"]
        unknown = next((name for name in kwargs if name not in signature.parameters), "")
        hint = did_you_mean(_FLAGS.get(unknown, unknown), [each.name for each in plain]) if unknown else ""
        shown = signature.replace(parameters=plain, return_annotation=signature.empty)
        return f"{_called(work)}() was called wrongly: {exc}.{hint} It is called as {_called(work)}{shown}."
    return None


def _called(work: Callable[..., Any]) -> str:
    """Return what a caller wrote: a class for its ``__init__``, the public name of a coroutine ``_name``."""
    if work.__name__ == "__init__":
        return work.__qualname__.split(".")[-2]
    return work.__name__.removeprefix("_")
