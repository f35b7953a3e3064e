"""How many rows earlier months have in the target, as the ledger says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sfetl_provider.core.audit.history import PublishedMonth
from sfetl_provider.core.errors import ObjectMissingError, PrivilegeMissingError
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import head_table, ledger_table, quoted_table
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.record import Record

_ROWS_AFTER = 'l."ROWS_BEFORE" - l."ROWS_DELETED" + l."ROWS_INSERTED"'


class RecordedMonth(Record):
    """What the ledger says of a month now: its last change, by its row, and the rows that it left there.

    `actor` is who approved it, or who started it. QC's mode and verdict are those of a publication, else empty.
    """

    action: str
    sequence: int
    rows: int
    recorded_at: datetime
    actor: str
    qc_mode: str = ""
    qc_verdict: str = ""


def months_statement(database: str, feed: str, months: int) -> str:
    """Give the query for the rows of the newest months before one that stand in the target; binds: feed, month.

    Of a month's ledger rows the one of its generation in the head table holds. A month without rows, as after a
    drop, is left out.
    """
    return (
        f'SELECT l."MONTH", {_ROWS_AFTER}\n'
        f"FROM {quoted_table(ledger_table(database))} AS l\n"
        f"JOIN {quoted_table(head_table(database, feed))} AS h\n"
        '  ON h."MONTH" = l."MONTH" AND h."GENERATION" = l."GENERATION"\n'
        f'WHERE l."FEED" = ? AND l."MONTH" < ? AND {_ROWS_AFTER} > 0\n'
        'ORDER BY l."MONTH" DESC\n'
        f"LIMIT {int(months)}"
    )


def earlier_months(
    warehouse: Warehouse, database: str, feed: str, month: str, months: int
) -> tuple[PublishedMonth, ...]:
    """Give the newest `months` published months before a month, the newest first; asks nothing for 0."""
    if not months:
        return ()
    rows = warehouse.query(months_statement(database, feed, months), (feed, month)).rows
    return tuple(PublishedMonth(month=str(name), rows=int(str(count))) for name, count in rows)


def recorded_months_statement(database: str, feed: str) -> str:
    """Give the query for the last change of every month of a feed in one table; binds: feed, table's name.

    Of a month's ledger rows the one of its generation in the head table holds.
    """
    return (
        f'SELECT l."MONTH", l."ACTION", l."SEQUENCE", {_ROWS_AFTER},\n'
        '  l."RECORDED_AT", l."ACTOR", l."APPROVER", l."QC_MODE", l."QC_VERDICT"\n'
        f"FROM {quoted_table(ledger_table(database))} AS l\n"
        f"JOIN {quoted_table(head_table(database, feed))} AS h\n"
        '  ON h."MONTH" = l."MONTH" AND h."GENERATION" = l."GENERATION"\n'
        'WHERE l."FEED" = ? AND l."TABLE_NAME" = ?\n'
        'ORDER BY l."MONTH"'
    )


def recorded_months(warehouse: Warehouse, table: TableName, feed: str) -> dict[str, RecordedMonth] | None:
    """Give what the ledger says of each month of a feed in its table, in order; changes and makes nothing.

    None when the feed has no ledger, or none that the role may see.
    """
    statement = recorded_months_statement(table.database, feed)
    try:
        rows = warehouse.query(statement, (feed, quoted_table(table))).rows
    except (ObjectMissingError, PrivilegeMissingError):
        return None
    return {str(row[0]): _recorded(row[1:]) for row in rows}


def _recorded(values: Sequence[object]) -> RecordedMonth:
    action, sequence, rows, moment, actor, approver, qc_mode, qc_verdict = values
    return RecordedMonth(
        action=str(action),
        sequence=int(str(sequence)),
        rows=int(str(rows)),
        recorded_at=_in_utc(moment),
        actor=str(approver or actor),
        qc_mode=str(qc_mode),
        qc_verdict=str(qc_verdict),
    )


def _in_utc(moment: object) -> datetime:
    """Read a ledger's time, which is UTC without saying so."""
    read = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    return read if read.tzinfo else read.replace(tzinfo=UTC)
