"""Templates: many names written as one, by the cluster's rules. Pure.

Three forms, tried in this order (AIStore: ``cmn/cos/template.go``):

    shard-{001..999}.tar   a range with an optional step ``{0..100..2}``; several multiply
    shard-@999.tar         0 to 999, padded to the digits typed
    shard-%03d.tar         0, 1, 2 … without end

and one of ours: comma lists ``{train,val}``. The rules are the cluster's, not the shell's: the padding is that of
the *shorter* end (``{01..100}`` starts at ``01``), numbers only, ascending, no escape character. A text without any
range is one name: itself.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aisnb.arguments import checked
from aisnb.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: More names than this are refused where a job would visit each (AIStore's own limit).
MAX_NAMES = 10_000_000

_MAX_COUNT = 2**63 - 1
_THOUSAND = 1_000
_MAX_DIGITS = 1_000  # padding included; Python refuses to read some thousands, as that takes quadratic time
_UNBOUNDED_END = _MAX_COUNT - 1
_GLOB = re.compile(r"\*|\[[^\[\]]+\]|\?")
_EXAMPLE = "Write it like shard-{001..999}.tar, or {0..100..2} with a step."


class _Part(Protocol):
    """One place in a template that takes several values."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> str: ...

    def __iter__(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class _Range:
    start: int
    end: int
    step: int
    width: int

    def __len__(self) -> int:
        return (self.end - self.start) // self.step + 1

    def __getitem__(self, index: int) -> str:
        return f"{self.start + index * self.step:0{self.width}d}"

    def __iter__(self) -> Iterator[str]:
        return self.around("", "")

    def around(self, head: str, tail: str) -> Iterator[str]:
        """Yield all values with text before and behind them.

        Of many, the last three digits and what is behind are made once: a name is then one concatenation.
        """
        if self.step > 1 or len(self) < _THOUSAND:
            return map(self._make(head, tail).__mod__, range(self.start, self.end + 1, self.step))
        endings = [f"{number:03d}{tail}" for number in range(_THOUSAND)]
        thousands = range(self.start // _THOUSAND, self.end // _THOUSAND + 1)
        return itertools.chain.from_iterable(self._of_thousand(each, head, tail, endings) for each in thousands)

    def _of_thousand(self, thousand: int, head: str, tail: str, endings: list[str]) -> Iterator[str]:
        first = max(self.start - thousand * _THOUSAND, 0)
        last = min(self.end - thousand * _THOUSAND, _THOUSAND - 1)
        if not thousand:  # these may be shorter than three digits
            return map(self._make(head, tail).__mod__, range(first, last + 1))
        beginning = f"{head}{thousand:0{max(self.width - 3, 0)}d}"
        return map(beginning.__add__, endings[first : last + 1])

    def _make(self, head: str, tail: str) -> str:
        return f"{head.replace('%', '%%')}%0{self.width}d{tail.replace('%', '%%')}"


class Template:
    """Many names written as one; iterating it is lazy, and costs nothing before.

    Args:
        text: the template. In a URL (anything with ``://``) only braces count, so that ``%20`` and ``user@host``
            stay what they are.
        braces_only: treat `text` that way, URL or not; object names in commands are read so.

    Raises:
        TemplateError: the text is not a template, with the reason.

    Example:
        template = Template("shard-{001..999}.tar")
        len(template)        # 999
        next(iter(template)) # "shard-001.tar"
        missing, extra = template.check(os.listdir("shards"))
    """

    __slots__ = ("_count", "_gaps", "_parts", "_steps", "text", "unbounded")

    @checked
    def __init__(self, text: str, *, braces_only: bool = False) -> None:
        self.text = text
        self.unbounded = False
        gaps, parts = _parse_braces(text)
        if not parts and not braces_only and "://" not in text:
            gaps, parts = _parse_at(text)
            if not parts:
                gaps, parts = _parse_percent(text)
                self.unbounded = bool(parts)
        self._gaps: list[str] = gaps
        self._parts: list[_Part] = parts
        self._steps: list[tuple[str, _Part, int]] = []  # from the last, which changes fastest, to the first
        self._count = 1
        for gap, part in zip(gaps, parts, strict=False):
            self._steps.insert(0, (gap, part, len(part)))
            self._count *= len(part)
            if self._count > _MAX_COUNT:
                raise TemplateError(f"The template '{text}' stands for more names than can be counted. Split it.")

    @property
    def is_range(self) -> bool:
        """Whether the text has a range or list at all; if not, it stands for itself."""
        return bool(self._parts)

    @property
    def prefix(self) -> str:
        """What all names begin with."""
        return self._gaps[0]

    def __len__(self) -> int:
        if self.unbounded:
            raise TemplateError(
                f"The template '{self.text}' has no end. Use a range that ends, like '{self.prefix}{{000..999}}'."
            )
        return self._count

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> str:
        """Return the name at `index` (from 0), in the order of iteration."""
        if index < 0 or (not self.unbounded and index >= self._count):
            raise IndexError(f"The template '{self.text}' has no name number {index}.")
        name = self._gaps[-1]
        for gap, part, length in self._steps:
            index, here = divmod(index, length)
            name = gap + part[here] + name
        return name

    def __iter__(self) -> Iterator[str]:
        if not self._parts:
            return iter((self._gaps[0],))
        *outer, last = self._parts
        tail = self._gaps[-1]
        if not outer:
            return _around(last, self._gaps[0], tail)
        return self._iterate(outer, last, tail)

    def _iterate(self, outer: list[_Part], last: _Part, tail: str) -> Iterator[str]:
        for values in _product(outer):
            head = "".join(itertools.chain(*zip(self._gaps, values, strict=False))) + self._gaps[len(outer)]
            yield from _around(last, head, tail)

    @checked
    def check(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Hold `names` against the template.

        Args:
            names: those that are there.

        Returns:
            ``(missing, extra)``: names of the template that are not in `names`, in the template's order, and names
            that the template does not stand for, in the order given.

        Raises:
            TemplateError: the template has no end.
        """
        len(self)
        given = dict.fromkeys(names, False)
        missing = []
        for name in self:
            if name in given:
                given[name] = True
            else:
                missing.append(name)
        return missing, [name for name, seen in given.items() if not seen]

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Template):
            return NotImplemented
        return (self._gaps, self._parts, self.unbounded) == (other._gaps, other._parts, other.unbounded)

    def __hash__(self) -> int:
        return hash((tuple(self._gaps), self.unbounded))


def bounded(template: Template) -> int:
    """Return how many names a job would have to visit.

    Raises:
        TemplateError: there are more than `MAX_NAMES`, or no end.
    """
    count = len(template)
    if count > MAX_NAMES:
        raise TemplateError(
            f"The template '{template.text}' stands for {count:,} names; a job takes at most {MAX_NAMES:,}. Split it."
        )
    return count


def _around(part: _Part, head: str, tail: str) -> Iterator[str]:
    """Yield all values of a part with text before and behind them."""
    return part.around(head, tail) if isinstance(part, _Range) else (head + value + tail for value in part)


def _product(parts: list[_Part]) -> Iterator[tuple[str, ...]]:
    """Do what itertools.product does, without holding any part's values."""
    if not parts:
        yield ()
        return
    for value in parts[0]:
        for rest in _product(parts[1:]):
            yield (value, *rest)


def glob_in(text: str) -> tuple[str, str] | None:
    """Return the first ``*``, ``?`` or ``[…]`` in the last part of `text`, and that part; None if there is none.

    For a shell these are patterns; in templates they stand for themselves. A query, ``?key=value``, is none.

    Example:
        glob_in("http://h/shard-00?.tar")  # ("?", "shard-00?.tar")
    """
    path = text.partition("://")[2].partition("/")[2] if "://" in text else text
    before, _, query = path.partition("?")
    last = (before if "=" in query else path).rpartition("/")[2]
    found = _GLOB.search(last)
    return (found[0], last) if found else None


def _parse_braces(text: str) -> tuple[list[str], list[_Part]]:
    left, right = text.find("{"), text.rfind("}")
    if left < 0 or right < 0:
        return [text], []
    if right < left:
        raise TemplateError(f"The template '{text}' closes a brace that it never opened. {_EXAMPLE}")
    gaps, parts, start = [], list[_Part](), 0
    while (left := text.find("{", start)) >= 0:
        right = text.find("}", left)
        if right < 0 or text.find("{", left + 1, right) >= 0:
            raise TemplateError(f"The template '{text}' has a brace that is not closed before the next. {_EXAMPLE}")
        if text.find("}", start, left) >= 0:
            raise TemplateError(f"The template '{text}' closes a brace that it never opened. {_EXAMPLE}")
        gaps.append(text[start:left])
        parts.append(_brace(text[left + 1 : right], text))
        start = right + 1
    return [*gaps, text[start:]], parts


def _brace(inside: str, text: str) -> _Part:
    if "," in inside and ".." not in inside:
        return tuple(inside.split(","))
    pieces = inside.split("..")
    if len(pieces) not in (2, 3):
        raise TemplateError(f"'{{{inside}}}' in the template '{text}' is neither a range nor a list. {_EXAMPLE}")
    numbers = [_number(piece, inside, text) for piece in pieces]
    return _range(numbers, min(len(pieces[0]), len(pieces[1])), f"{{{inside}}}", text)


def _number(piece: str, inside: str, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", piece):
        raise TemplateError(
            f"'{piece}' in '{{{inside}}}' of the template '{text}' is not a whole number; "
            f"ranges count numbers, not letters. {_EXAMPLE}"
        )
    return _whole(piece)


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise TemplateError(f"A range in the template has a number of {len(digits):,} digits. Use smaller numbers.")
    return int(digits)


def _range(numbers: list[int], width: int, shown: str, text: str) -> _Range:
    start, end, step = numbers if len(numbers) == 3 else (*numbers, 1)
    if start < 0 or end < 0:
        raise TemplateError(f"'{shown}' in the template '{text}' has a negative end. Ranges start at 0 or above.")
    if start > end:
        raise TemplateError(f"'{shown}' in the template '{text}' starts after its end. Ranges only ascend: swap them.")
    if step <= 0:
        raise TemplateError(f"'{shown}' in the template '{text}' has a step of {step}. A step is 1 or more.")
    if end >= _MAX_COUNT:
        raise TemplateError(f"'{shown}' in the template '{text}' goes beyond {_MAX_COUNT - 1}. Use smaller numbers.")
    return _Range(start, end, step, width)


def _parse_at(text: str) -> tuple[list[str], list[_Part]]:
    first, *others = text.split("@")
    gaps, parts = [first], list[_Part]()
    for other in others:
        digits = re.match(r"[0-9]*", other)[0]  # type: ignore[index]  # matches the empty text too
        if not digits:
            raise TemplateError(
                f"'@' in the template '{text}' is not followed by digits. Write it like shard-@999.tar; "
                "a name that has '@' in it goes without --template."
            )
        parts.append(_range([0, _whole(digits)], len(digits), f"@{digits}", text))
        gaps.append(other[len(digits) :])
    return gaps, parts


def _parse_percent(text: str) -> tuple[list[str], list[_Part]]:
    if text.count("%") != 1:
        return [text], []
    match = re.search(r"%(0[0-9]+)?d", text)
    if match is None:
        raise TemplateError(
            f"'%' in the template '{text}' is not a counter. Write it like shard-%06d.tar or shard-%d.tar."
        )
    width = _whole(match[1] or "0")
    if width > _MAX_DIGITS:
        raise TemplateError(f"'{match[0]}' in the template '{text}' asks for too many digits. Write it like %06d.")
    return [text[: match.start()], text[match.end() :]], [_Range(0, _UNBOUNDED_END, 1, width)]
