"""Regular expressions of strangers, as AIStore reads them: RE2, whose searches take no longer than the text is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 1_000


def searcher(pattern: str) -> Callable[[str], bool]:
    r"""Return what tells whether a text has something in it that fits `pattern`.

    Python's own expressions can take years over one name, and nothing can interrupt them. These cannot, and mean what
    they mean on a cluster (https://github.com/google/re2/wiki/Syntax): no look-around, no back-references.

    Raises:
        UsageError: it is no regular expression, or too long.

    Example:
        searcher(r"\.jpe?g$")("cat.jpg")  # True
    """
    import re2  # not before there is a pattern: importing aisnb loads nothing that it may not need

    if len(pattern) > _LONGEST:
        raise UsageError(f"A regular expression of {len(pattern)} characters is too long; {_LONGEST} may be.")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as exc:
        told = exc.args[0]
        reason = told.decode(errors="replace") if isinstance(told, bytes) else exc
        raise UsageError(f"'{pattern}' is not a regular expression: {reason}. Write it like '\\.jpe?g$'.") from exc
    return lambda text: compiled.search(text) is not None
