"""CREATE TABLE as Snowflake means it: keys that are not enforced, limits that copies inherit.

https://docs.snowflake.com/en/sql-reference/constraints-overview
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import Expr, exp

from local.warehouse.sessions.sessions import Session
from local.warehouse.tables import column_limits
from local.warehouse.transactions.table_locks import TableName

_KEYS = (
    exp.PrimaryKey,
    exp.UniqueColumnConstraint,
    exp.ForeignKey,
    exp.PrimaryKeyColumnConstraint,
    exp.Reference,
)


def without_keys(create: exp.Create) -> bool:
    """Take all keys out, in place; primary key columns become NOT NULL, as in Snowflake.

    Says whether anything was changed.
    """
    schema = create.this
    if not isinstance(schema, exp.Schema) or not any(schema.find_all(*_KEYS)):
        return False
    primary = {column_limits.identifier_name(node) for node in _table_key_columns(schema)}
    kept = [node for node in schema.expressions if isinstance(node, exp.ColumnDef)]
    schema.set("expressions", kept)
    for column in kept:
        _drop_column_keys(column, column_limits.identifier_name(column.this) in primary)
    return True


def _table_key_columns(schema: exp.Schema) -> Iterator[Expr]:
    for key in schema.find_all(exp.PrimaryKey):
        for part in key.expressions:
            yield from part.find_all(exp.Identifier)


def _drop_column_keys(column: exp.ColumnDef, is_primary: bool) -> None:
    kept = []
    for constraint in column.constraints:
        is_primary = is_primary or isinstance(constraint.kind, exp.PrimaryKeyColumnConstraint)
        if not isinstance(constraint.kind, _KEYS):
            kept.append(constraint)
    has_not_null = any(isinstance(constraint.kind, exp.NotNullColumnConstraint) for constraint in kept)
    if is_primary and not has_not_null:
        kept.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
    column.set("constraints", kept)


def created_table(create: exp.Create, session: Session) -> TableName | None:
    """The table that a CREATE TABLE statement names."""
    if str(create.args.get("kind")).upper() != "TABLE":
        return None
    return column_limits.written_table(create, session)


def inherited_limits(create: exp.Create, session: Session) -> dict[str, int]:
    """Limits of the columns that LIKE, CLONE or a plain column of a SELECT takes over.

    A cast to VARCHAR(n) is recorded by fakesnow; other expressions have no limit, as their length is not known.
    """
    copied = copied_table(create, session)
    if copied is not None:
        return column_limits.limits_of(session.duck, copied)
    query = create.expression
    if isinstance(query, exp.Subquery):
        query = query.unnest()
    return _query_limits(query, session) if isinstance(query, exp.Select) else {}


def copied_table(create: exp.Create, session: Session) -> TableName | None:
    """The table whose definition LIKE or CLONE copies."""
    source = create.find(exp.Clone, exp.LikeProperty)
    if source is None or not isinstance(source.this, exp.Table):
        return None
    return column_limits.table_name(source.this, session)


def taken_comments(create: exp.Create) -> dict[str, str]:
    """The comments on columns, which the statement loses: DuckDB takes them only after the table is made."""
    found = {}
    columns = create.this.expressions if isinstance(create.this, exp.Schema) else []
    for column in columns:
        if isinstance(column, exp.ColumnDef):
            comment = taken_comment(column)
            if comment:
                found[column_limits.identifier_name(column.this)] = comment
    return found


def taken_comment(column: exp.ColumnDef) -> str | None:
    """The comment of one column definition, which loses it."""
    comments = [c for c in column.constraints if isinstance(c.kind, exp.CommentColumnConstraint)]
    column.set("constraints", [c for c in column.constraints if c not in comments])
    return str(comments[0].kind.this.name) if comments else None


def _query_limits(query: exp.Select, session: Session) -> dict[str, int]:
    known = _source_limits(query, session)
    found: dict[str, int] = {}
    for projection in query.expressions:
        column = projection.unalias()
        if isinstance(projection, exp.Star) or (
            isinstance(column, exp.Column) and isinstance(column.this, exp.Star)
        ):
            found.update(known)
        elif isinstance(column, exp.Column):
            name = column_limits.identifier_name(column.this)
            alias = projection.args.get("alias")
            if name in known:
                found[column_limits.identifier_name(alias) if alias else name] = known[name]
    return found


def _source_limits(query: exp.Select, session: Session) -> dict[str, int]:
    """Limits by column name over all tables of the FROM; where two tables share a name the wider one counts."""
    merged: dict[str, int] = {}
    for table in query.find_all(exp.Table):
        for column, limit in column_limits.limits_of(
            session.duck, column_limits.table_name(table, session)
        ).items():
            merged[column] = max(limit, merged.get(column, 0))
    return merged
