"""The objects of schema SFETL, made on first use.

Sources: docs.snowflake.com/en/sql-reference/sql/create-schema, …/create-stage, …/create-table. That last page
shows IF NOT EXISTS for CREATE TABLE but not in its synopsis of CREATE TABLE … AS SELECT: the combination, used for
the head table, is to be confirmed on a real account.
"""

from __future__ import annotations

from sfetl_provider.core.compute import leases
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import StatementError
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger import profiles, rejected_rows
from sfetl_provider.core.ledger.columns import ADDED_COLUMNS, COLUMNS
from sfetl_provider.core.plan.names import (
    SCHEMA,
    head_table,
    leases_table,
    ledger_table,
    profiles_table,
    quoted_table,
    rejected_rows_table,
    stage_name,
)
from sfetl_provider.core.ports import Warehouse

_DOES_NOT_EXIST = 2003
CHAIN_ROW = "*"
"""MONTH of the head table's row that holds the chain's end: GENERATION its last sequence number."""


def prepare(warehouse: Warehouse, config: FeedConfig) -> None:
    """Make what schema SFETL needs for a feed where it is missing, and what an older ledger lacks; safe to repeat.

    One question when all is there: then a role needs no privilege to create a schema or a stage. Raises
    StatementError when the role may not create what is missing.
    """
    database = config.table.database
    columns = _ledger_columns(warehouse, database, config.feed)
    if columns is None:
        for statement in preparing_statements(database, config.feed):
            warehouse.query(statement)
        columns = warehouse.query(f"SELECT * FROM {quoted_table(ledger_table(database))} WHERE 1 = 0").columns
    for name in ADDED_COLUMNS:
        if name not in columns:
            warehouse.query(add_column_statement(database, name))


def _ledger_columns(warehouse: Warehouse, database: str, feed: str) -> tuple[str, ...] | None:
    """Give the ledger's columns, None when one of the tables is missing or not to be seen."""
    try:
        return warehouse.query(presence_statement(database, feed)).columns
    except StatementError as error:
        if error.code != _DOES_NOT_EXIST:
            raise
        return None


def presence_statement(database: str, feed: str) -> str:
    """Give a query that reads no row and fails unless all tables of schema SFETL are there."""
    others = (
        profiles_table(database),
        rejected_rows_table(database),
        leases_table(database),
        head_table(database, feed),
    )
    joined = "".join(f"\nCROSS JOIN {quoted_table(table)}" for table in others)
    return f"SELECT l.*\nFROM {quoted_table(ledger_table(database))} AS l{joined}\nWHERE 1 = 0"


def preparing_statements(database: str, feed: str) -> tuple[str, ...]:
    """Give the DDL in the order in which it must run; each statement leaves what exists as it is."""
    return (
        *place_statements(database),
        _create_ledger(database),
        _create_head(database, feed),
        profiles.create_statement(database),
        rejected_rows.create_statement(database),
        leases.create_statement(database),
    )


def place_statements(database: str) -> tuple[str, str]:
    """Give the DDL of our schema and of the stage in it, where they are missing."""
    schema = f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(database)}.{quote_identifier(SCHEMA)}"
    return schema, _create_stage(database)


def add_column_statement(database: str, name: str) -> str:
    """Give the DDL that brings a ledger of an earlier version a column; safe for two tasks at once.

    Source: docs.snowflake.com/en/sql-reference/sql/alter-table (with IF NOT EXISTS there can be no DEFAULT).
    """
    column = f"{quote_identifier(name)} {COLUMNS[name]}"
    return f"ALTER TABLE {quoted_table(ledger_table(database))} ADD COLUMN IF NOT EXISTS {column}"


def _create_stage(database: str) -> str:
    # Without SNOWFLAKE_SSE the client writes an encrypted copy of every chunk to disk before sending it.
    return f"CREATE STAGE IF NOT EXISTS {stage_name(database)} ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')"


def _create_ledger(database: str) -> str:
    columns = ",\n  ".join(f"{quote_identifier(name)} {kind}" for name, kind in COLUMNS.items())
    return f"CREATE TABLE IF NOT EXISTS {quoted_table(ledger_table(database))} (\n  {columns}\n)"


def _create_head(database: str, feed: str) -> str:
    # One statement makes the table and its first row: two could leave a head without a chain's end, or,
    # run by two tasks at once, with two of them (Snowflake does not enforce UNIQUE).
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted_table(head_table(database, feed))} AS\n"
        f"SELECT CAST('{CHAIN_ROW}' AS VARCHAR(7)) AS \"MONTH\", "
        'CAST(0 AS NUMBER(18,0)) AS "GENERATION", CAST(\'\' AS VARCHAR(64)) AS "CHAIN_HASH"'
    )
