"""What a command is: a typed function with its words, its arguments and their help.

    @command("rmb", aliases=("bucket rm",), destructive=True)
    def remove_bucket(
        context: Context,
        buckets: Annotated[tuple[str, ...], Argument("the buckets to remove", completes=("bucket",))],
        *,
        yes: Annotated[bool, Option("do it even if a bucket is not empty", flags=("--yes", "-y"))] = False,
    ) -> Message:
        '''Remove buckets, with all objects in them.'''

The docstring is the help: its first line the summary, the rest the details. Parameters before the ``*`` are
arguments, those after it flags. Annotations are read when a command is first parsed or completed, not at import.
"""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from aisnb.settings import PREFERENCES

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a value can be completed from.
Completes = Literal["", "bucket", "object", "job", "path", "link", "directory", "command", "server"]


@dataclass(frozen=True, slots=True)
class Argument:
    """What help and completion say about a positional argument.

    Attributes:
        help: what it is, in a few words.
        metavar: how help calls it; default: the parameter's name in capitals.
        completes: what its values are completed from; several kinds, the likeliest first.
        choices: the only values it may have, if they can be listed.
        table: whether a DataFrame of the notebook may stand here, see `aisnb.commands.words.table_in`.
        usual: whether help and forms ask for it, although a rare flag makes it needless.
        usage: how the line of usage has it; default: `metavar`, in brackets if it may be left out, with dots behind it
            if there may be several.
        needless_with: the parameters that stand in its place; with one of them it is left out.
    """

    help: str
    metavar: str = ""
    completes: tuple[Completes, ...] = ()
    choices: tuple[str, ...] = ()
    table: bool = False
    usual: bool = False
    usage: str = ""
    needless_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """What help and completion say about a flag.

    Attributes:
        help: what it does, in a few words.
        flags: its spellings, the one that help shows first; default: the parameter's name with dashes.
        metavar: how help calls its value; default: the parameter's name in capitals.
        completes: what its values are completed from.
        choices: the only values it may have, if they can be listed.
        convert: makes the value from its text; default: the annotated type.
        preference: the one of `aisnb.settings.Preferences` that stands for the value where it is not given.
        secret: the variable that stands for the value in lines that are shown, where nobody is to read the value.
    """

    help: str
    flags: tuple[str, ...] = ()
    metavar: str = ""
    completes: tuple[Completes, ...] = ()
    choices: tuple[str, ...] = ()
    convert: Callable[[str], Any] | None = None
    preference: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument or flag of a command, as read from the function's signature.

    Attributes:
        name: the function's parameter.
        type: ``str``, ``int``, ``float`` or ``bool``; of one element where `many`.
        many: whether it takes several values (``tuple[str, ...]``).
        required: whether it must be given.
        default: its value otherwise.
        about: the `Argument` or `Option` of its annotation.
    """

    name: str
    type: type
    many: bool
    required: bool
    default: Any
    about: Argument | Option

    @property
    def flags(self) -> tuple[str, ...]:
        """Return the flag's spellings, the shown one first; empty for a positional argument."""
        if isinstance(self.about, Argument):
            return ()
        return self.about.flags or ("--" + self.name.replace("_", "-"),)

    @property
    def wanted(self) -> bool:
        """Return whether help and forms ask for it."""
        return self.required or (isinstance(self.about, Argument) and self.about.usual)

    @property
    def otherwise(self) -> Any:
        """Return the value where none is given: what the user prefers now, or the default."""
        preference = self.about.preference if isinstance(self.about, Option) else ""
        return getattr(PREFERENCES, preference) if preference else self.default

    @property
    def secret(self) -> str:
        """Return the variable that stands for the value in lines that are shown; "" where the value does itself."""
        return self.about.secret if isinstance(self.about, Option) else ""

    @property
    def usage(self) -> str:
        """Return how the line of usage has the argument."""
        if isinstance(self.about, Argument) and self.about.usage:
            return self.about.usage
        shown = self.metavar + ("..." if self.many else "")
        return shown if self.wanted else f"[{shown}]"

    @property
    def metavar(self) -> str:
        """Return what help calls the value; "" for a flag without one."""
        if self.flags and self.type is bool:
            return ""
        return self.about.metavar or self.name.upper()


@dataclass(frozen=True)
class Command:
    """A command of the tree.

    Attributes:
        words: its name, ``("start", "download")``.
        aliases: other names that mean the same.
        function: what it does; called with the context and the parsed arguments by name.
        destructive: whether it can destroy what is not empty (and then wants ``-y``).
    """

    words: tuple[str, ...]
    aliases: tuple[tuple[str, ...], ...]
    function: Callable[..., Any]
    destructive: bool = False

    @property
    def name(self) -> str:
        """Return the words as one text."""
        return " ".join(self.words)

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Return all names of the command, its own first."""
        return (self.words, *self.aliases)

    @property
    def summary(self) -> str:
        """Return one line on what it does."""
        return inspect.getdoc(self.function).partition("\n")[0]  # type: ignore[union-attr]  # all have a docstring

    @property
    def details(self) -> str:
        """Return the rest of the help: rules and examples."""
        return inspect.getdoc(self.function).partition("\n")[2].strip()  # type: ignore[union-attr]  # as above

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the arguments and flags, in the order of the signature."""
        _, *declared = inspect.signature(self.function).parameters.values()  # the first is the context
        written = types.SimpleNamespace(__annotations__={each.name: each.annotation for each in declared})
        hints = get_type_hints(written, globalns=self.function.__globals__, include_extras=True)
        return tuple(_parameter(each, hints[each.name]) for each in declared)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """Return the positional arguments."""
        return tuple(each for each in self.parameters if not each.flags)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """Return the flags."""
        return tuple(each for each in self.parameters if each.flags)


def command(
    name: str, *, aliases: tuple[str, ...] = (), destructive: bool = False
) -> Callable[[Callable[..., Any]], Command]:
    """Make a `Command` of the function below.

    Args:
        name: its words, with spaces between.
        aliases: other names that mean the same.
        destructive: whether it can destroy what is not empty.
    """

    def define(function: Callable[..., Any]) -> Command:
        return Command(tuple(name.split()), tuple(tuple(alias.split()) for alias in aliases), function, destructive)

    return define


def _parameter(declared: inspect.Parameter, hint: Any) -> Parameter:
    annotated, about = get_args(hint)
    plain = next((each for each in get_args(annotated) if each is not types.NoneType), annotated)
    many = get_origin(annotated) is tuple
    required = declared.default is inspect.Parameter.empty
    return Parameter(declared.name, plain, many, required, None if required else declared.default, about)
