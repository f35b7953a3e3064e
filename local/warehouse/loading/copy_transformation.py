"""COPY INTO … FROM (SELECT $1, METADATA$FILENAME, … FROM @stage): the expressions, made into DuckDB's.

https://docs.snowflake.com/en/user-guide/data-load-transform
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from fakesnow.dialect import parse_one
from sqlglot import Expr, exp

from local.warehouse.errors import SqlError, unsupported
from local.warehouse.loading.copy_selection import Selection, not_simple
from local.warehouse.loading.copy_statement import CopyStatement
from local.warehouse.loading.csv_columns import TargetColumn
from local.warehouse.loading.exact_load import SOURCE, RowPlan
from local.warehouse.sessions.sessions import Session
from local.warehouse.stages.stages import StagedFile
from local.warehouse.statements.context_functions import replace_context_functions
from local.warehouse.statements.functions import mentions_functions, rewrite_functions

_NOT_SIMPLE = (exp.AggFunc, exp.Window, exp.Subquery, exp.Star, exp.Lateral, exp.Distinct)


def selecting_plan(
    session: Session,
    selection: Selection,
    columns: list[TargetColumn],
    statement: CopyStatement,
    now: datetime,
) -> RowPlan:
    """The plan of a COPY with a SELECT; raises SqlError where Snowflake would refuse it."""
    select = _parsed(selection, session)
    if len(select.expressions) != len(columns):
        message = f"Insert value list does not match column list expecting {len(columns)} but got "
        raise SqlError(2020, "21S01", f"SQL compilation error:\n{message}{len(select.expressions)}")
    field_count = max((int(mark.name) for mark in select.find_all(exp.Parameter)), default=1)
    _name_fields(select, selection.alias)
    plan = RowPlan(
        statement.table[-1],
        columns,
        statement.file_format,
        field_count,
        counts_columns=False,
        select=_sql_maker(session, select, now),
    )
    return replace(plan, columns=_with_kinds(session, plan))


def _parsed(selection: Selection, session: Session) -> exp.Select:
    select = parse_one(f"SELECT {selection.expressions}")
    if not isinstance(select, exp.Select) or any(select.find_all(*_NOT_SIMPLE)):
        raise not_simple()
    roles = frozenset({session.role})
    made = replace_context_functions(select, session, selection.expressions, roles, roles)
    if mentions_functions(selection.expressions):
        made = rewrite_functions(made)
    if not isinstance(made, exp.Select):
        raise not_simple()
    return made


def _name_fields(select: exp.Select, alias: str | None) -> None:
    """`$3` and `t.$3` become f3, in place; other names are refused but those of the metadata."""
    for column in list(select.find_all(exp.Column)):
        known = {None, "", (alias or "").upper()}
        if column.table.upper() not in known:
            raise SqlError(
                904, "42000", f"SQL compilation error: error line 1\ninvalid identifier '{column.sql()}'"
            )
        if isinstance(column.this, exp.Parameter):
            column.replace(exp.column(f"f{column.this.name}"))
        elif not column.name.upper().startswith("METADATA$"):
            raise SqlError(
                904, "42000", f"SQL compilation error: error line 1\ninvalid identifier '{column.name}'"
            )
    for mark in list(select.find_all(exp.Parameter)):
        mark.replace(exp.column(f"f{mark.name}"))


def _sql_maker(session: Session, select: exp.Select, now: datetime) -> Callable[[StagedFile], str]:
    def sql(staged: StagedFile) -> str:
        made = select.copy()
        for column in list(made.find_all(exp.Column)):
            column.replace(_metadata(column, staged, now))
        named = [
            exp.alias_(expression.unalias(), f"c{number}")
            for number, expression in enumerate(made.expressions, start=1)
        ]
        made.set("expressions", [exp.column("place"), exp.column("row_number"), *named])
        query = made.from_(exp.to_table(SOURCE))
        return str(session.connection.cursor()._transform(query, []).sql(dialect="duckdb"))

    return sql


def _metadata(node: exp.Column, staged: StagedFile, now: datetime) -> Expr:
    """https://docs.snowflake.com/en/user-guide/querying-metadata"""
    name = node.name.upper()
    if not name.startswith("METADATA$"):
        return node
    if name == "METADATA$FILENAME":
        return exp.Literal.string(staged.path)
    if name == "METADATA$FILE_ROW_NUMBER":
        return exp.column("row_number")
    if name == "METADATA$FILE_CONTENT_KEY":
        return exp.Literal.string(staged.md5)
    if name == "METADATA$FILE_LAST_MODIFIED":
        changed = parsedate_to_datetime(staged.last_modified).astimezone(UTC)
        return exp.cast(
            exp.Literal.string(changed.strftime("%Y-%m-%d %H:%M:%S")), "TIMESTAMP", dialect="duckdb"
        )
    if name == "METADATA$START_SCAN_TIME":
        return exp.cast(exp.Literal.string(now.isoformat()), "TIMESTAMPTZ", dialect="duckdb")
    raise unsupported(name)


def _with_kinds(session: Session, plan: RowPlan) -> list[TargetColumn]:
    """The columns, marked where what comes for them is no text; also finds what DuckDB refuses to compile."""
    nothing = StagedFile("", 0, "", "Thu, 01 Jan 1970 00:00:00 GMT", Path())
    fields = "".join(f", CAST(NULL AS VARCHAR) AS f{number}" for number in range(1, plan.field_count + 1))
    empty = f"SELECT 0::BIGINT AS place, 0::BIGINT AS row_number{fields} WHERE false"
    query = plan.texts_sql(nothing).replace("FROM local_warehouse_batch", f"FROM ({empty})", 1)
    with session.duck.cursor() as connection:
        described = connection.execute(f"DESCRIBE {query}").fetchall()
    kinds = {name.lower(): kind for name, kind, *_ in described}
    return [
        replace(column, is_typed=kinds[column.raw] not in ("VARCHAR", '"NULL"')) for column in plan.columns
    ]
