"""What the doctor does in Snowflake: as a load does, with one small file.

A transient table, not a temporary one: that needs the privilege which load tables need. Sources:
docs.snowflake.com/en/sql-reference/sql/create-table, …/copy-into-table, …/remove.
"""

from __future__ import annotations

from sfetl_provider.core.identifiers import quote_literal
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table

SESSION = "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE()"
CONTENT = b"1\n2\n"
RECORDS = 2


def create_table(table: TableName) -> str:
    """Give the DDL of the table for the doctor's file."""
    return f'CREATE TRANSIENT TABLE {quoted_table(table)} ("N" NUMBER(9,0)) DATA_RETENTION_TIME_IN_DAYS = 0'


def copy_file(table: TableName, folder: str, name: str) -> str:
    """Give the COPY of the doctor's file."""
    return (
        f"COPY INTO {quoted_table(table)} FROM {quote_literal(folder)} FILES = ({quote_literal(name)})"
        " FILE_FORMAT = (TYPE = CSV COMPRESSION = NONE) ON_ERROR = ABORT_STATEMENT"
    )


def drop_table(table: TableName) -> str:
    """Give the DDL that removes the table if it is there."""
    return f"DROP TABLE IF EXISTS {quoted_table(table)}"
