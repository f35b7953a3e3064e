"""Every change of a table that keeps history, recorded in the DuckDB transaction of the change itself.

A change that only adds rows records how many; every other one keeps a copy of the rows before it. DuckDB keeps
rows in the order in which they were inserted, also over deletes, checkpoints and restarts, so the rows before an
addition are the first so many of what comes next. Changes lie in the order of their commits, as the rows do.
"""

from __future__ import annotations

import contextlib
import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from local.warehouse.clock import Clock
from local.warehouse.sql_names import hidden, quoted_table
from local.warehouse.tables import table_catalog
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.transactions.table_locks import TableName

_CHANGES = "_local_warehouse_changes"
CREATED, ADDED, REPLACED = "created", "added", "replaced"
_FIRST_OF_TRANSACTION = 2**60  # DuckDB numbers rows that its transaction has not committed from here on


@dataclass(frozen=True)
class Change:
    """One statement's effect on one table; `position` orders the changes of a database.

    `added` counts the rows that came. When more than adding was done, `storage` holds the rows before it,
    `last_seen` is the newest change of the table that they contain, and `remaining` counts those of them that the
    change has left in the table, where they lie before all that others have added meanwhile.
    """

    position: int
    id: str
    transaction: str
    changed_at: datetime.datetime
    kind: str
    added: int
    storage: str | None
    last_seen: str | None
    remaining: int | None


def prepare(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the log of a database if it is not there."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {hidden(database, _CHANGES)} (id VARCHAR, table_id VARCHAR, transaction_id "
        "VARCHAR, query_id VARCHAR, changed_at TIMESTAMPTZ, kind VARCHAR, added BIGINT, storage VARCHAR, "
        "last_seen VARCHAR, remaining BIGINT)"
    )


class ChangeLog:
    """Writes the changes of one session; used under the lock of that session."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._life = uuid.uuid4().hex[:8]
        self._uncommitted: list[tuple[str, str]] = []

    def start(self, is_in_transaction: bool) -> None:
        """A statement of the session begins."""
        if not is_in_transaction:
            self._uncommitted.clear()

    def created(self, table: TableName, table_id: str, query_id: str) -> None:
        """A table that has just been made."""
        self._record(table[0], table_id, query_id, CREATED)

    def added(self, table: TableName, count: int, query_id: str) -> None:
        """Rows that have just been added, none perhaps; nothing else may have been done to the table."""
        record = table_catalog.find(self._connection, table)
        if record is not None and record.days > 0:
            self._record(table[0], record.id, query_id, ADDED, count)

    @contextlib.contextmanager
    def replacing(self, record: TableRecord, query_id: str) -> Iterator[None]:
        """Rows are changed or deleted in this block: keep all as they were. Costs a copy of the table."""
        newest = changes_of(self._connection, record)[-1:]
        storage = f"_local_warehouse_rows_{uuid.uuid4().hex}"
        database = record.name[0]
        self._connection.execute(
            f"CREATE TABLE {hidden(database, storage)} AS SELECT * FROM {quoted_table(record.name)}"
        )
        last_seen = newest[0].id if newest else None
        change_id = self._record(database, record.id, query_id, REPLACED, 0, storage, last_seen)
        yield
        left = f"SELECT count(*) FROM {quoted_table(record.name)} WHERE rowid < {_FIRST_OF_TRANSACTION}"
        self._connection.execute(
            f"UPDATE {hidden(database, _CHANGES)} SET remaining = ({left}) WHERE id = ?", [change_id]
        )

    def _record(
        self,
        database: str,
        table_id: str,
        query_id: str,
        kind: str,
        added: int = 0,
        storage: str | None = None,
        last_seen: str | None = None,
    ) -> str:
        change_id = str(uuid.uuid4())
        values = [
            change_id,
            table_id,
            self._life,
            query_id,
            self._clock.now(),
            kind,
            added,
            storage,
            last_seen,
        ]
        self._connection.execute(
            f"INSERT INTO {hidden(database, _CHANGES)} "
            "VALUES (?, ?, ? || '-' || txid_current(), ?, ?, ?, ?, ?, ?, NULL)",
            values,
        )
        self._uncommitted.append((database, change_id))
        return change_id

    @contextlib.contextmanager
    def transaction(self, is_open: bool) -> Iterator[None]:
        """DuckDB's transaction that is open, or one for this statement alone."""
        if is_open:
            yield
            return
        self._connection.begin()
        try:
            yield
            self._connection.commit()
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                self._connection.rollback()
            raise

    def before_commit(self) -> None:
        """What a transaction has changed counts from its commit on; call it inside, just before."""
        for database in {database for database, _ in self._uncommitted}:
            ids = [change_id for of, change_id in self._uncommitted if of == database]
            marks = ", ".join("?" * len(ids))
            self._connection.execute(
                f"UPDATE {hidden(database, _CHANGES)} SET changed_at = ? WHERE id IN ({marks})",
                [self._clock.now(), *ids],
            )
        self._uncommitted.clear()


def changes_of(connection: duckdb.DuckDBPyConnection, record: TableRecord) -> list[Change]:
    """The recorded changes of a table, in the order of their commits."""
    query = (
        f"SELECT rowid, id, transaction_id, changed_at, kind, added, storage, last_seen, remaining "
        f"FROM {hidden(record.name[0], _CHANGES)} WHERE table_id = ? ORDER BY rowid"
    )
    return [Change(*row) for row in connection.execute(query, [record.id]).fetchall()]


def statement_positions(
    connection: duckdb.DuckDBPyConnection, database: str, query_id: str
) -> tuple[int, int, datetime.datetime] | None:
    """Where in a database's log a statement's first and last change lie, and when; None if it has none there."""
    query = (
        f"SELECT min(rowid), max(rowid), max(changed_at) FROM {hidden(database, _CHANGES)} WHERE query_id = ?"
    )
    row = connection.execute(query, [query_id]).fetchone()
    return (row[0], row[1], row[2]) if row and row[0] is not None else None


def storages_of(connection: duckdb.DuckDBPyConnection, record: TableRecord) -> list[str]:
    """Names of the hidden tables that hold rows of the past of a table."""
    return [change.storage for change in changes_of(connection, record) if change.storage]


def forget(
    connection: duckdb.DuckDBPyConnection, record: TableRecord, until: datetime.datetime | None = None
) -> int:
    """Delete the changes of a table, up to a time, with the rows that they keep; gives their number."""
    old = [c for c in changes_of(connection, record) if until is None or c.changed_at <= until]
    database = record.name[0]
    for change in old:
        if change.storage:
            connection.execute(f"DROP TABLE IF EXISTS {hidden(database, change.storage)}")
        connection.execute(f"DELETE FROM {hidden(database, _CHANGES)} WHERE id = ?", [change.id])
    return len(old)
