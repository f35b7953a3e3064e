"""Where the rows lie that a table had at a point in the past.

https://docs.snowflake.com/en/user-guide/data-time-travel
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import duckdb

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError
from local.warehouse.sql_names import HIDDEN_SCHEMA, quoted_table
from local.warehouse.tables import change_log
from local.warehouse.tables.change_log import CREATED, Change
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.tables.time_points import TimePoint
from local.warehouse.transactions.table_locks import TableName


@dataclass(frozen=True)
class Piece:
    """Rows of a table in their order: `count` of them, all if None, after the first `skipped`."""

    source: TableName
    count: int | None = None
    skipped: int = 0

    def sql(self) -> str:
        """A query that gives them."""
        limit = "" if self.count is None else f" LIMIT {self.count}"
        offset = f" OFFSET {self.skipped}" if self.skipped else ""
        return f"SELECT * FROM {quoted_table(self.source)}{limit}{offset}"


@dataclass(frozen=True)
class PastState:
    """The rows of a table at a point, in pieces. Good until the DuckDB transaction ends."""

    pieces: tuple[Piece, ...]

    def sql(self) -> str:
        """A query that gives the rows."""
        if len(self.pieces) == 1:
            return self.pieces[0].sql()
        return " UNION ALL ".join(f"SELECT * FROM ({piece.sql()})" for piece in self.pieces)


def state_at(
    connection: duckdb.DuckDBPyConnection, record: TableRecord, point: TimePoint, clock: Clock
) -> PastState:
    """The state of a table at a point; raises SqlError 000707 when it is not known any more or was not yet.

    Call it in the DuckDB transaction that reads the rows: a change committed in between would spoil the answer.
    """
    changes = change_log.changes_of(connection, record)
    moment, count = _included(connection, record, changes, point)
    horizon = max(record.history_since, clock.now() - datetime.timedelta(days=record.days))
    was_there = moment > record.created_at or (point.query_id is not None and count > 0)
    if not was_there or _is_before_creation(changes, count) or moment < horizon or not record.days:
        raise _not_available(record)
    return _state_after(connection, record, changes, count)


def _included(
    connection: duckdb.DuckDBPyConnection, record: TableRecord, changes: list[Change], point: TimePoint
) -> tuple[datetime.datetime, int]:
    """The moment meant and how many of the changes had happened by then."""
    if point.query_id is not None:
        found = change_log.statement_positions(connection, record.name[0], point.query_id)
        if found is not None:
            first, last, moment = found
            if point.is_inclusive:
                return moment, sum(change.position <= last for change in changes)
            return moment, sum(change.position < first for change in changes)
    count = 0
    for number, change in enumerate(changes, start=1):
        if change.changed_at < point.moment or (point.is_inclusive and change.changed_at == point.moment):
            count = number
    return point.moment, count


def _is_before_creation(changes: list[Change], count: int) -> bool:
    return count == 0 and bool(changes) and changes[0].kind == CREATED


def _state_after(
    connection: duckdb.DuckDBPyConnection, record: TableRecord, changes: list[Change], count: int
) -> PastState:
    """The rows after the first so many changes: those that the next keeper of rows has, less what came later."""
    number = _next_keeper(changes, count)
    source = _source(record, changes, number)
    if number == len(changes):
        return PastState((_first_rows(connection, source, changes[count:]),))
    missing = [change for change in changes[:number] if not _is_contained(change, changes[number], changes)]
    later = [change for change in changes[count:number] if change not in missing]
    pieces = (_first_rows(connection, source, later),)
    added = sum(change.added for change in missing if change in changes[:count])
    return PastState(pieces + _missing_rows(record, changes, number, added) if added else pieces)


def _next_keeper(changes: list[Change], start: int) -> int:
    return next((number for number in range(start, len(changes)) if changes[number].storage), len(changes))


def _source(record: TableRecord, changes: list[Change], number: int) -> TableName:
    if number == len(changes):
        return record.name
    return record.name[0], HIDDEN_SCHEMA, str(changes[number].storage)


def _first_rows(connection: duckdb.DuckDBPyConnection, source: TableName, later: list[Change]) -> Piece:
    added = sum(change.added for change in later)
    if not added:
        return Piece(source)
    row = connection.execute(f"SELECT count(*) FROM {quoted_table(source)}").fetchone()
    return Piece(source, (row[0] if row else 0) - added)


def _is_contained(change: Change, keeper: Change, changes: list[Change]) -> bool:
    """Whether the kept rows have those of the change: not if it was committed while the keeper was under way."""
    if change.transaction == keeper.transaction or not change.added:
        return True
    seen = next((other.position for other in changes if other.id == keeper.last_seen), None)
    return seen is not None and change.position <= seen


def _missing_rows(record: TableRecord, changes: list[Change], number: int, added: int) -> tuple[Piece, ...]:
    """Rows that were committed while a keeper's transaction was open: they lie after what that has left."""
    transaction = changes[number].transaction
    last = max(n for n, change in enumerate(changes) if change.transaction == transaction and change.storage)
    following = _source(record, changes, _next_keeper(changes, last + 1))
    return (Piece(following, added, changes[last].remaining or 0),)


def _not_available(record: TableRecord) -> SqlError:
    return SqlError(
        707,
        "02000",
        f"Time travel data is not available for table {record.name[2]}. The requested time is either beyond the "
        "allowed time travel period or before the object creation time.",
    )


def purge(connection: duckdb.DuckDBPyConnection, record: TableRecord, now: datetime.datetime) -> bool:
    """Delete what is beyond the retention of an existing table; says whether anything was."""
    end = now - datetime.timedelta(days=record.days)
    return bool(change_log.forget(connection, record, until=end))
