"""What most requests ask for: a file as it is, by a path with nothing to decode and no link in it.

No condition, no range, no index, no refusal: what is not that plain is left to `aisnb.fileserver.site`, which has an
answer to everything. Only the way to the file is shorter here: the file is opened and looked at anew for each request.
"""

from __future__ import annotations

import hmac
import os
import re
import stat
from typing import TYPE_CHECKING

from aisnb.fileserver.conditions import CONDITIONAL_HEADERS
from aisnb.fileserver.files import ANYTHING, look_at
from aisnb.fileserver.linkless import linkless_opener
from aisnb.fileserver.representation import SMALL_BYTES, file_head, read_small, represent_file
from aisnb.fileserver.responses import connection_field

if TYPE_CHECKING:
    from aisnb.fileserver.hosts import Hosts
    from aisnb.fileserver.requests import Request
    from aisnb.fileserver.responses import Answer

# Components of what RFC 3986 lets stand for itself in a path (section 3.3), none of them empty or with a leading dot.
_is_plain_path = re.compile(rb"(?:/[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@-]*+)++").fullmatch


class Shortcut:
    """Answers plain requests for the files of a directory.

    Args:
        root: absolute path of the directory.
        hosts: the host names to answer to.
        secret: everything lives below ``/SECRET/``; "" for no secret.
    """

    def __init__(self, root: bytes, hosts: Hosts, secret: bytes) -> None:
        self._root = root
        self._hosts = hosts
        self._prefix = b"/%b/" % secret if secret else b"/"
        self._open_linkless = linkless_opener(ANYTHING)

    def answer(self, request: Request) -> bytes | Answer | None:
        """Return what `request` gets, all of it at once if the file is small; None if this is not for here to say.

        Raises:
            OSError: the file cannot be read.
        """
        target, headers, prefix = request.target, request.headers, self._prefix
        if (
            self._open_linkless is None
            or request.fault
            or not request.keep_alive
            or request.method != b"GET"
            or not CONDITIONAL_HEADERS.isdisjoint(headers)
            or not self._hosts.allows(headers.get(b"host", b""))
            or not _is_plain_path(target)
            or not hmac.compare_digest(target[: len(prefix)], prefix)
        ):
            return None
        descriptor = self._open_linkless(self._root + target[len(prefix) - 1 :])
        if descriptor < 0:
            return None
        status = look_at(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            return None
        size, name = status.st_size, target.rpartition(b"/")[2]
        if size > SMALL_BYTES:
            return represent_file(request, descriptor, status, name)
        fields = connection_field(headers, keep_alive=True)
        return file_head(200, status, name, size, fields) + read_small(descriptor, 0, size)
