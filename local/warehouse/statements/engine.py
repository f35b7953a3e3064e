"""Statements that fakesnow runs: parsed, rewritten where the layer adds a rule, executed, answered."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template
from typing import Any

import pyarrow.lib as pa
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.rowtype import describe_as_rowtype
from fakesnow.statement_type import MERGE, statement_type_id
from fakesnow.transforms import transforms
from sqlglot import Expr, exp

from local.warehouse.results import Result, table_result
from local.warehouse.sessions.sessions import Session

_MERGE_VERBS: dict[str, type[Expr] | str] = {"INSERT": exp.Insert, "UPDATE": exp.Update, "DELETE": "DELETE"}
_MERGE_COLUMNS = {
    "INSERT": "number of rows inserted",
    "UPDATE": "number of rows updated",
    "DELETE": "number of rows deleted",
}
# fakesnow looks its view of columns up in the current database, which a session need not have.
transforms.SQL_DESCRIBE_TABLE = Template(
    transforms.SQL_DESCRIBE_TABLE.template.replace("FROM _fs_inf", "FROM _fs_global._fs_inf")
)

# fakesnow looks in the session's database only: without one, or for a table of another, it finds no columns.
transforms.SQL_DESCRIBE_TABLE = Template(
    transforms.SQL_DESCRIBE_TABLE.template.replace(
        "FROM _fs_information_schema.", "FROM _fs_global._fs_information_schema."
    )
)


def run_on_fakesnow(session: Session, sql: str, expression: Expr, rows: Sequence[tuple[Any, ...]]) -> Result:
    """Execute once per row of bound values; an array binding answers the sum of what was affected."""
    if isinstance(expression, exp.Merge):
        return _merge(session, expression, rows)
    cursor = session.connection.cursor()
    affected = 0
    for values in rows:
        cursor.execute(sql, binding_params=list(values) or None, server=True)
        affected += cursor.rowcount or 0
    result = _result(cursor, statement_type_id(expression), affected)
    if len(rows) > 1 and result.is_dml:
        total = pa.table({result.rowtype[0]["name"]: [affected]})
        return Result(result.rowtype[:1], total, result.type_id, affected)
    return result


def describe_on_fakesnow(session: Session, sql: str, expression: Expr) -> Result | None:
    """The columns of a statement without running it; None when only running it can tell."""
    described = session.connection.cursor()._describe_only(sql)
    if described is None:
        return None
    return Result(describe_as_rowtype(described), None, statement_type_id(expression))


def _merge(session: Session, merge: exp.Merge, rows: Sequence[tuple[Any, ...]]) -> Result:
    """MERGE by DuckDB's own: fakesnow's several statements are not atomic and fail in a transaction."""
    cursor = session.connection.cursor()
    cursor.check_db_and_schema(merge)
    verbs = [verb for verb, kind in _MERGE_VERBS.items() if _merges(merge, kind)]
    counts = dict.fromkeys(verbs, 0)
    for values in rows:
        sql = cursor._transform(merge.copy(), list(values)).sql(dialect="duckdb")
        for (verb,) in session.duck.execute(f"{sql} RETURNING merge_action", list(values) or None).fetchall():
            counts[verb] += 1
    columns = {_MERGE_COLUMNS[verb]: "BIGINT" for verb in verbs}
    answer = table_result(columns, [list(counts.values())], MERGE)
    return Result(answer.rowtype, answer.table, MERGE, sum(counts.values()))


def _merges(merge: exp.Merge, kind: type[Expr] | str) -> bool:
    for when in merge.find_all(exp.When):
        then = when.args["then"]
        if then.name.upper() == kind if isinstance(kind, str) else isinstance(then, kind):
            return True
    return False


def _result(cursor: FakeSnowflakeCursor, type_id: int, affected: int) -> Result:
    rowtype = describe_as_rowtype(cursor._describe_last_sql())
    return Result(rowtype, cursor._arrow_table, type_id, affected)
