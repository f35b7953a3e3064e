"""The objects of schema SFETL, made on first use.

Sources: docs.snowflake.com/en/sql-reference/sql/create-schema, …/create-stage, …/create-table. That last page
shows IF NOT EXISTS for CREATE TABLE but not in its synopsis of CREATE TABLE … AS SELECT: the combination, used for
the head table, is to be confirmed on a real account.
"""

from __future__ import annotations

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger import profiles
from sfetl_provider.core.ledger.columns import COLUMNS
from sfetl_provider.core.plan.names import SCHEMA, head_table, ledger_table, quoted_table, stage_name
from sfetl_provider.core.ports import Warehouse

CHAIN_ROW = "*"
"""MONTH of the head table's row that holds the chain's end: GENERATION its last sequence number."""


def prepare(warehouse: Warehouse, config: FeedConfig) -> None:
    """Make schema, stage, ledger, profiles and the feed's head table where they are missing; safe to repeat.

    Raises StatementError when the role may not create them.
    """
    for statement in preparing_statements(config.table.database, config.feed):
        warehouse.query(statement)


def preparing_statements(database: str, feed: str) -> tuple[str, ...]:
    """Give the DDL in the order in which it must run; each statement leaves what exists as it is."""
    return (
        *place_statements(database),
        _create_ledger(database),
        _create_head(database, feed),
        profiles.create_statement(database),
    )


def place_statements(database: str) -> tuple[str, str]:
    """Give the DDL of our schema and of the stage in it, where they are missing."""
    schema = f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(database)}.{quote_identifier(SCHEMA)}"
    return schema, _create_stage(database)


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
