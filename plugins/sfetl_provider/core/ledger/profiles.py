"""Profiles of published months: written with the ledger row, read to compare a new month with them.

Rows are only added, so that publications of different feeds do not wait for each other: an UPDATE or DELETE would
lock the whole table (docs.snowflake.com/en/sql-reference/transactions). Which of a month's profiles holds is said
by the month's generation in the feed's head table; after a drop, none does.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import Final

from sfetl_provider.core.errors import LedgerError
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger.canonical import canonical_json
from sfetl_provider.core.ledger.entry import LedgerFacts
from sfetl_provider.core.plan.names import head_table, profiles_table, quoted_table
from sfetl_provider.core.ports import Bind, Warehouse
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.qc.drift import MonthProfile

# PROFILE is text, as FILES of the ledger: what was written is what is read. PARSE_JSON takes it.
_COLUMNS: Final[dict[str, str]] = {
    "FEED": "VARCHAR NOT NULL",
    "MONTH": "VARCHAR(7) NOT NULL",
    "GENERATION": "NUMBER(18,0) NOT NULL",
    "RUN_KEY": "VARCHAR NOT NULL",
    "RECORDED_AT": "TIMESTAMP_NTZ(6) NOT NULL",
    "VERSION": "VARCHAR NOT NULL",
    "PROFILE": "VARCHAR NOT NULL",
}


def create_statement(database: str) -> str:
    """Give the DDL; it leaves a table that exists as it is."""
    columns = ",\n  ".join(f"{quote_identifier(name)} {kind}" for name, kind in _COLUMNS.items())
    return f"CREATE TABLE IF NOT EXISTS {quoted_table(profiles_table(database))} (\n  {columns}\n)"


def insert_statement(database: str) -> str:
    """Give the INSERT of one row, every value bound."""
    columns, marks = ", ".join(map(quote_identifier, _COLUMNS)), ", ".join("?" for _ in _COLUMNS)
    return f"INSERT INTO {quoted_table(profiles_table(database))} ({columns})\nVALUES ({marks})"


def earlier_statement(database: str, feed: str, months: int) -> str:
    """Give the query for the profiles of the newest published months before one; binds: feed, month."""
    return (
        'SELECT p."MONTH", p."PROFILE"\n'
        f"FROM {quoted_table(profiles_table(database))} AS p\n"
        f"JOIN {quoted_table(head_table(database, feed))} AS h\n"
        '  ON h."MONTH" = p."MONTH" AND h."GENERATION" = p."GENERATION"\n'
        'WHERE p."FEED" = ? AND p."MONTH" < ?\n'
        'ORDER BY p."MONTH" DESC\n'
        f"LIMIT {int(months)}"
    )


def append_profile(
    warehouse: Warehouse, database: str, facts: LedgerFacts, profile: tuple[ColumnProfile, ...]
) -> None:
    """Write the profile that a publication leaves, inside its transaction.

    Raises LedgerError when not exactly one row was written; the caller's transaction must then roll back.
    """
    result = warehouse.query(insert_statement(database), _binds(facts, profile))
    if result.row_count != 1:
        raise LedgerError(
            f"{result.row_count} rows were inserted into the profiles instead of one.",
            safe="The transaction is rolled back: table and ledger are as they were.",
            next_step="Clear this task; nothing but this package may write to schema SFETL.",
        )


def earlier_profiles(
    warehouse: Warehouse, database: str, feed: str, month: str, months: int
) -> tuple[MonthProfile, ...]:
    """Give the profiles of the newest `months` published months before a month, the newest first.

    One that another version wrote so that it cannot be read comes without columns.
    """
    rows = warehouse.query(earlier_statement(database, feed, months), (feed, month)).rows
    return tuple(_read(str(name), str(text)) for name, text in rows)


def _binds(facts: LedgerFacts, profile: tuple[ColumnProfile, ...]) -> tuple[Bind, ...]:
    return (
        facts.feed,
        facts.month,
        facts.generation,
        facts.run_key,
        facts.recorded_at.astimezone(UTC).replace(tzinfo=None),
        facts.version,
        canonical_json([column.to_json() for column in profile]),
    )


def _read(month: str, text: str) -> MonthProfile:
    try:
        return MonthProfile.from_json({"month": month, "columns": json.loads(text)})
    except ValueError:
        return MonthProfile(month=month, columns=())
