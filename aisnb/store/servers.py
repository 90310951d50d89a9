"""Directories that are served: their ports and secrets, to be used again at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from aisnb.store.records import ServerRecord

if TYPE_CHECKING:
    from aisnb.store.database import Database
    from aisnb.store.writer import Writer


class ServerTable:
    """The file servers that should run, or ran once. Safe in any thread.

    Args:
        database: where they are kept.
        writer: makes the changes.
    """

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    def list(self) -> list[ServerRecord]:
        """Return all of them, sorted by directory."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT directory, port, bind, secret, hosts, serving FROM servers ORDER BY directory"
            ).fetchall()
        return [
            ServerRecord(directory, port, bind, secret, msgspec.json.decode(hosts, type=list[str]), bool(serving))
            for directory, port, bind, secret, hosts, serving in rows
        ]

    def save(self, record: ServerRecord) -> None:
        """Write `record` in the place of the one of the same directory."""
        hosts = msgspec.json.encode(record.hosts).decode()
        self._execute(
            "INSERT OR REPLACE INTO servers VALUES (?,?,?,?,?,?)",
            (record.directory, record.port, record.bind, record.secret, hosts, record.serving),
        )

    def forget(self, directory: str) -> None:
        """Remove the record of `directory`, if there is one."""
        self._execute("DELETE FROM servers WHERE directory=?", (directory,))

    def _execute(self, sql: str, values: tuple[str | int, ...]) -> None:
        self._writer.transact(lambda connection: connection.execute(sql, values))
