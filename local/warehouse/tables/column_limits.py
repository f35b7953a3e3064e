"""How long the texts of each column may be: remembered, inherited by copies of a table, and enforced.

DuckDB has no VARCHAR(n), and fakesnow only remembers what CREATE TABLE declared, for INFORMATION_SCHEMA. The layer
enforces it by wrapping each value that INSERT, UPDATE or MERGE writes to a limited column in a macro that fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
from sqlglot import Expr, exp

from local.warehouse.errors import TEXT_TOO_LONG_MARK, text_too_long
from local.warehouse.sessions.sessions import Session
from local.warehouse.transactions.table_locks import TableName

UNLIMITED = 16_777_216
_MACRO = "local_warehouse_checked_text"
_LIMITS = "_fs_global._fs_information_schema._fs_columns_ext"
_OF_TABLE = "ext_table_catalog = ? AND ext_table_schema = ? AND ext_table_name = ?"


def prepare_connection(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a new session the macro that the rewritten statements call."""
    connection.execute(
        f"CREATE TEMP MACRO {_MACRO}(value, column_limit) AS CASE WHEN length(value::VARCHAR) > column_limit "
        f"THEN error('{TEXT_TOO_LONG_MARK}' || column_limit || ':' || value::VARCHAR) ELSE value::VARCHAR END"
    )


def limits_of(connection: duckdb.DuckDBPyConnection, table: TableName) -> dict[str, int]:
    """Character limits by column, only of columns that have one."""
    query = f"SELECT ext_column_name, ext_character_maximum_length FROM {_LIMITS} WHERE {_OF_TABLE}"
    rows = connection.execute(query, list(table)).fetchall()
    return {name: limit for name, limit in rows if limit and limit < UNLIMITED}


def columns_of(connection: duckdb.DuckDBPyConnection, table: TableName) -> list[str]:
    """The columns of a table in its order; empty when there is no such table."""
    query = (
        "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ? "
        "ORDER BY column_index"
    )
    return [name for (name,) in connection.execute(query, list(table)).fetchall()]


def forget(connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    """Drop what is remembered of a table that is gone or replaced."""
    connection.execute(f"DELETE FROM {_LIMITS} WHERE {_OF_TABLE}", list(table))


def rename(connection: duckdb.DuckDBPyConnection, table: TableName, new: TableName) -> None:
    """A renamed table keeps its limits."""
    limits = limits_of(connection, table)
    forget(connection, new)
    remember(connection, new, limits)
    forget(connection, table)


def remember(connection: duckdb.DuckDBPyConnection, table: TableName, limits: Mapping[str, int]) -> None:
    """Record limits where fakesnow has not recorded a declared one."""
    for column, limit in limits.items():
        connection.execute(
            f"INSERT INTO {_LIMITS} VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [*table, column, limit, min(limit * 4, UNLIMITED)],
        )


def change(connection: duckdb.DuckDBPyConnection, table: TableName, limits: Mapping[str, int | None]) -> None:
    """Set the limits of some columns, None for a column that has none or is gone."""
    for column in limits:
        query = f"DELETE FROM {_LIMITS} WHERE {_OF_TABLE} AND ext_column_name = ?"
        connection.execute(query, [*table, column])
    remember(connection, table, {name: limit for name, limit in limits.items() if limit})


def checked(expression: Expr, session: Session) -> bool:
    """Wrap what a statement writes to limited columns, in place; says whether anything was wrapped."""
    target = written_table(expression, session)
    limits = limits_of(session.duck, target) if target else {}
    if not target or not limits:
        return False
    if isinstance(expression, exp.Insert):
        columns = columns_of(session.duck, target)
        _check_defaults(session.duck, target, _defaulted(expression, columns), limits)
        _check_insert(expression, columns, limits)
    elif isinstance(expression, exp.Update):
        _check_assignments(expression.expressions, limits)
    elif isinstance(expression, exp.Merge):
        _check_merge(expression, columns_of(session.duck, target), limits)
    return True


def written_table(expression: Expr, session: Session) -> TableName | None:
    """The table that a DML statement writes to."""
    found = expression.this
    if isinstance(found, exp.Schema):
        found = found.this
    return table_name(found, session) if isinstance(found, exp.Table) and found.name else None


def table_name(table: exp.Table, session: Session) -> TableName:
    """A table's full name as the catalog has it."""
    return session.qualify(tuple(identifier_name(part) for part in table.parts))


def identifier_name(node: Expr) -> str:
    """An identifier as the catalog has it: in upper case unless quoted."""
    name = node.name
    is_quoted = isinstance(node, exp.Identifier) and node.quoted
    return name if is_quoted else name.upper()


def _call(value: Expr, limit: int) -> Expr:
    return exp.Anonymous(this=_MACRO, expressions=[value.copy(), exp.Literal.number(limit)])


def _defaulted(insert: exp.Insert, all_columns: Sequence[str]) -> set[str]:
    """The columns that an INSERT leaves to their default."""
    named = (
        [identifier_name(column) for column in insert.this.expressions]
        if isinstance(insert.this, exp.Schema)
        else list(all_columns)
    )
    found = set(all_columns) - set(named)
    rows = insert.expression.expressions if isinstance(insert.expression, exp.Values) else []
    for row in rows:
        values = row.expressions if isinstance(row, exp.Tuple) else [row.this]
        found.update(
            column for column, value in zip(named, values, strict=False) if value.sql().upper() == "DEFAULT"
        )
    return found


def _check_defaults(
    connection: duckdb.DuckDBPyConnection, table: TableName, columns: set[str], limits: Mapping[str, int]
) -> None:
    """Raise SqlError 100078 for a default that is longer than its column, when it would be used."""
    query = (
        "SELECT column_name, column_default FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? "
        "AND table_name = ? AND column_default IS NOT NULL"
    )
    wanted = columns & limits.keys()
    for column, default in connection.execute(query, list(table)).fetchall() if wanted else []:
        row = (
            connection.execute(f"SELECT CAST(({default}) AS VARCHAR)").fetchone()
            if column in wanted
            else None
        )
        if row and row[0] is not None and len(row[0]) > limits[column]:
            raise text_too_long(limits[column], row[0])


def _check_insert(insert: exp.Insert, all_columns: Sequence[str], limits: Mapping[str, int]) -> None:
    schema = insert.this
    named = (
        [identifier_name(column) for column in schema.expressions] if isinstance(schema, exp.Schema) else []
    )
    columns = named or list(all_columns)
    source = insert.expression
    if isinstance(source, exp.Values):
        for row in source.expressions:
            _check_row(row, columns, limits)
    elif source is not None:
        insert.set("expression", _checked_query(source, columns, limits))


def _check_row(row: Expr, columns: Sequence[str], limits: Mapping[str, int]) -> None:
    values = row.expressions if isinstance(row, exp.Tuple) else [row.this]
    wrapped = [
        _call(value, limits[column]) if column in limits and value.sql().upper() != "DEFAULT" else value
        for column, value in zip(columns, values, strict=False)
    ]
    row.replace(exp.Tuple(expressions=wrapped))


def _checked_query(source: Expr, columns: Sequence[str], limits: Mapping[str, int]) -> Expr:
    names = [f"c{number}" for number in range(1, len(columns) + 1)]
    projections = [
        _call(exp.column(name), limits[column]) if column in limits else exp.column(name)
        for name, column in zip(names, columns, strict=True)
    ]
    alias = exp.TableAlias(
        this=exp.to_identifier("local_warehouse_source"), columns=[exp.to_identifier(name) for name in names]
    )
    inner = source.unnest() if isinstance(source, exp.Subquery) else source
    return exp.select(*projections).from_(exp.Subquery(this=inner.copy(), alias=alias))


def _check_assignments(assignments: Sequence[Expr], limits: Mapping[str, int]) -> None:
    for assignment in assignments:
        column = assignment.this
        name = identifier_name(column.this) if isinstance(column, exp.Column) else identifier_name(column)
        if name in limits:
            assignment.set("expression", _call(assignment.expression, limits[name]))


def _check_merge(merge: exp.Merge, all_columns: Sequence[str], limits: Mapping[str, int]) -> None:
    for when in merge.find_all(exp.When):
        then = when.args.get("then")
        if isinstance(then, exp.Update):
            _check_assignments(then.expressions, limits)
        elif isinstance(then, exp.Insert) and isinstance(then.expression, exp.Tuple):
            named = then.this.expressions if isinstance(then.this, exp.Tuple) else []
            columns = [identifier_name(c.this if isinstance(c, exp.Column) else c) for c in named]
            _check_row(then.expression, columns or list(all_columns), limits)
