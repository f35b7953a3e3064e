"""The shape of a table: columns with types, limits, NOT NULL, defaults and comments, to be read and made again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import duckdb

from local.warehouse.sql_names import quoted, quoted_table
from local.warehouse.tables import column_limits
from local.warehouse.transactions.table_locks import TableName

_COMMENTS = "_fs_global._fs_information_schema._fs_tables_ext"


@dataclass(frozen=True)
class ColumnShape:
    """One column; `kind` and `default` are DuckDB's SQL, `limit` is in characters."""

    name: str
    kind: str
    default: str | None
    is_nullable: bool
    comment: str | None
    limit: int | None

    def sql(self) -> str:
        """Its definition for CREATE TABLE."""
        default = f" DEFAULT {self.default}" if self.default else ""
        return f"{quoted(self.name)} {self.kind}{default}{'' if self.is_nullable else ' NOT NULL'}"


@dataclass(frozen=True)
class TableShape:
    """A table without its rows."""

    columns: tuple[ColumnShape, ...]
    comment: str | None

    def to_json(self) -> str:
        """As it is kept of a dropped table."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> TableShape:
        """From what `to_json` gave."""
        known = json.loads(text)
        return TableShape(tuple(ColumnShape(**column) for column in known["columns"]), known["comment"])

    def create(
        self, connection: duckdb.DuckDBPyConnection, table: TableName, or_replace: bool = False
    ) -> None:
        """Make an empty table of this shape, in the transaction that is open; `describe` does the rest."""
        columns = ", ".join(column.sql() for column in self.columns)
        verb = "CREATE OR REPLACE" if or_replace else "CREATE"
        connection.execute(f"{verb} TABLE {quoted_table(table)} ({columns})")
        for column in self.columns:
            if column.comment:
                comment_on_column(connection, table, column.name, column.comment)

    def describe(
        self, connection: duckdb.DuckDBPyConnection, table: TableName, with_comment: bool = True
    ) -> None:
        """Record limits and comment of a table just made, outside of a transaction: another database has them."""
        column_limits.forget(connection, table)
        limits = {column.name: column.limit for column in self.columns if column.limit}
        column_limits.remember(connection, table, limits)
        set_comment(connection, table, self.comment if with_comment else None)


def shape_of(connection: duckdb.DuckDBPyConnection, table: TableName) -> TableShape:
    """The shape of an existing table; without columns when there is none."""
    limits = column_limits.limits_of(connection, table)
    query = (
        "SELECT column_name, data_type, column_default, is_nullable, comment FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index"
    )
    rows = connection.execute(query, list(table)).fetchall()
    columns = tuple(
        ColumnShape(name, kind, default, is_nullable, comment, limits.get(name))
        for name, kind, default, is_nullable, comment in rows
    )
    return TableShape(columns, comment_of(connection, table))


def comment_of(connection: duckdb.DuckDBPyConnection, table: TableName) -> str | None:
    """The comment of a table."""
    query = (
        f"SELECT comment FROM {_COMMENTS} WHERE ext_table_catalog = ? AND ext_table_schema = ? "
        "AND ext_table_name = ?"
    )
    row = connection.execute(query, list(table)).fetchone()
    return str(row[0]) if row and row[0] else None


def set_comment(connection: duckdb.DuckDBPyConnection, table: TableName, comment: str | None) -> None:
    """Replace the comment of a table."""
    of_table = "ext_table_catalog = ? AND ext_table_schema = ? AND ext_table_name = ?"
    connection.execute(f"DELETE FROM {_COMMENTS} WHERE {of_table}", list(table))
    if comment:
        connection.execute(f"INSERT INTO {_COMMENTS} VALUES (?, ?, ?, ?)", [*table, comment])


def comment_on_column(
    connection: duckdb.DuckDBPyConnection, table: TableName, column: str, comment: str | None
) -> None:
    """Replace the comment of a column."""
    text = "NULL" if comment is None else "'" + comment.replace("'", "''") + "'"
    connection.execute(f"COMMENT ON COLUMN {quoted_table(table)}.{quoted(column)} IS {text}")
