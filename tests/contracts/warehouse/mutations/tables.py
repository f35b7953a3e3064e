"""Mutations of tables: their columns, their past, UNDROP, retention."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from tests.contracts.warehouse.mutations.mutation import Mutation, answering


def _keeping_nothing(_right: Any) -> Any:
    @contextlib.contextmanager
    def replacing(_self: Any, _record: Any, _query_id: str) -> Iterator[None]:
        yield

    return replacing


def _at(right: Any) -> Any:
    return lambda connection, record, point, clock: right(
        connection, record, dataclasses.replace(point, is_inclusive=True), clock
    )


def _without_end(right: Any) -> Any:
    def state(connection: Any, record: Any, point: Any, clock: Any) -> Any:
        return right(
            connection,
            dataclasses.replace(record, days=9999, history_since=record.created_at),
            point,
            clock,
        )

    return state


def _nullable(right: Any) -> Any:
    def created(create: Any, session: Any) -> Any:
        for column in list(create.find_all(exp.ColumnDef)):
            kept = [c for c in column.constraints if not isinstance(c.kind, exp.NotNullColumnConstraint)]
            column.set("constraints", kept)
        return right(create, session)

    return created


def _column_sql(_right: Any) -> Any:
    def sql(self: Any) -> str:
        return f'"{self.name}" {self.kind}' + (f" DEFAULT {self.default}" if self.default else "")

    return sql


MUTATIONS = (
    Mutation(
        "NOT NULL is not enforced",
        "tables.table_definitions:created_table",
        _nullable,
        ("NOT NULL is enforced", "COPY refuses: NULL in a NOT NULL column"),
    ),
    Mutation(
        "copies of a table lose NOT NULL",
        "tables.table_shapes:ColumnShape.sql",
        _column_sql,
        ("LIKE copies columns, defaults and NOT NULL, and no rows",),
    ),
    Mutation(
        "keys are enforced",
        "tables.table_definitions:without_keys",
        answering(False),
        ("not enforced: (A VARCHAR(5) UNIQUE, B VARCHAR(5))",),
    ),
    Mutation(
        "INSERT, UPDATE and MERGE do not check VARCHAR",
        "tables.column_limits:checked",
        answering(False),
        (
            "a text that is too long is refused by UPDATE T SET A = A || 'bcdef'",
            "a transaction stays open after a text too long",
        ),
    ),
    Mutation(
        "copies of a table lose the lengths of texts",
        "tables.table_definitions:inherited_limits",
        lambda _right: lambda _create, _session: {},
        ("limits are inherited by CREATE TABLE C AS SELECT *",),
    ),
    Mutation(
        "a text column can be made shorter",
        "tables.column_changes:ColumnChanges._change_type",
        answering(None),
        ("a text column cannot be made shorter",),
    ),
    Mutation(
        "BEFORE a statement is after it",
        "tables.past_states:state_at",
        _at,
        (
            "BEFORE a DELETE shows the rows that it deleted",
            "the state before the first statement of a publish undoes the publish",
        ),
    ),
    Mutation(
        "rows are not kept before a change",
        "tables.change_log:ChangeLog.replacing",
        _keeping_nothing,
        (
            "BEFORE a DELETE shows the rows that it deleted",
            "BEFORE an UPDATE shows the values that it changed",
        ),
    ),
    Mutation(
        "added rows are not recorded",
        "tables.change_log:ChangeLog.added",
        answering(None),
        ("BEFORE and AT an INSERT differ by its rows", "a COPY can be the point in time"),
    ),
    Mutation(
        "the past never ends",
        "tables.past_states:state_at",
        _without_end,
        ("the past ends with the retention", "without retention there is no past"),
    ),
    Mutation(
        "changes count from their statement",
        "tables.change_log:ChangeLog.before_commit",
        answering(None),
        ("what a transaction changes counts from its COMMIT on",),
    ),
    Mutation(
        "a dropped table never expires",
        "tables.dropped_tables:is_expired",
        answering(False),
        ("after the retention a dropped table is gone",),
    ),
    Mutation(
        "UNDROP brings back the oldest",
        "tables.table_catalog:dropped",
        lambda right: lambda *args: right(*args)[::-1],
        ("of several dropped tables of a name the newest comes first",),
    ),
    Mutation(
        "transient tables are permanent",
        "tables.table_catalog:TableRecord.is_transient",
        lambda _right: property(lambda _self: False),
        ("a transient table keeps one day at most",),
    ),
)
