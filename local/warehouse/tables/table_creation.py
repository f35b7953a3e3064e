"""CREATE TABLE: plain, AS SELECT, LIKE, CLONE, OR REPLACE.

https://docs.snowflake.com/en/sql-reference/sql/create-table
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlglot import Expr, exp

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, does_not_exist, unsupported
from local.warehouse.loading import load_history
from local.warehouse.results import Result, status_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.sql_names import HIDDEN_SCHEMA, quoted_table
from local.warehouse.tables import column_limits, dropped_tables, table_catalog, table_definitions
from local.warehouse.tables.past_states import PastState, Piece
from local.warehouse.tables.retention import Retention, taken_property
from local.warehouse.tables.table_catalog import Key, TableRecord
from local.warehouse.tables.table_definitions import taken_comments
from local.warehouse.tables.table_keys import declared_keys
from local.warehouse.tables.table_shapes import TableShape, comment_on_column, set_comment, shape_of
from local.warehouse.tables.time_travel import Rows, TimeTravel
from local.warehouse.transactions.table_locks import TableName

Run = Callable[[Session, str, Expr, Rows], Result]


@dataclass(frozen=True)
class _New:
    """What a CREATE TABLE says about the table beyond its columns."""

    table: TableName
    kind: str
    own_days: int | None
    keys: tuple[Key, ...]


class TableCreation:
    """Makes tables; the caller lets one definition run at a time."""

    def __init__(self, clock: Clock, retention: Retention, travel: TimeTravel, run: Run) -> None:
        self._clock = clock
        self._retention = retention
        self._travel = travel
        self._run = run

    def create(self, session: Session, create: exp.Create, rows: Rows) -> Result:
        """Execute one CREATE TABLE."""
        table = table_definitions.created_table(create, session)
        is_temporary = create.find(exp.TemporaryProperty) is not None
        copied = table_definitions.copied_table(create, session)
        if table is None or (is_temporary and copied is None):
            table_definitions.without_keys(create)
            return self._run(session, create.sql(dialect="snowflake"), create, rows)
        is_there = bool(column_limits.columns_of(session.duck, table))
        if is_there and create.args.get("exists"):
            return status_result(f"{table[2]} already exists, statement succeeded.")
        if is_there and not create.args.get("replace"):
            raise SqlError(2002, "42710", f"SQL compilation error:\nObject '{table[2]}' already exists.")
        new = self._new(create, table)
        if copied is not None:
            return self._copy(session, create, new, copied, is_temporary, rows)
        return self._define(session, create, new, rows)

    def _new(self, create: exp.Create, table: TableName) -> _New:
        is_transient = create.find(exp.TransientProperty) is not None
        days = taken_property(create)
        own_days = None if days is None else self._retention.checked(days, is_transient)
        keys = declared_keys(create.this) if isinstance(create.this, exp.Schema) else []
        return _New(table, "TRANSIENT" if is_transient else "TABLE", own_days, tuple(keys))

    def _define(self, session: Session, create: exp.Create, new: _New, rows: Rows) -> Result:
        """Let fakesnow make it; what is replaced is put aside before and taken back if that fails."""
        duck, table = session.duck, new.table
        create, rows = self._travel.rewritten(session, create, rows)  # type: ignore[assignment]
        limits = table_definitions.inherited_limits(create, session)
        comments = taken_comments(create)
        table_definitions.without_keys(create)
        with session.change_log.transaction(is_open=False):
            kept = dropped_tables.keep(duck, table, self._clock.now())
        old_limits = column_limits.limits_of(duck, table)
        column_limits.forget(duck, table)
        try:
            result = self._run(session, create.sql(dialect="snowflake"), create, rows)
        except BaseException:
            self._take_back(session, table, kept, old_limits)
            raise
        with session.change_log.transaction(is_open=False):
            self._record(session, new)
            for column, text in comments.items():
                comment_on_column(duck, table, column, text)
        column_limits.remember(duck, table, limits)
        if create.find(exp.SchemaCommentProperty) is None:
            set_comment(duck, table, None)
        return result

    def _take_back(
        self, session: Session, table: TableName, kept: TableRecord | None, limits: dict[str, int]
    ) -> None:
        column_limits.remember(session.duck, table, limits)
        if kept is not None:
            with session.change_log.transaction(is_open=False):
                dropped_tables.take_back(session.duck, kept)

    def _record(self, session: Session, new: _New) -> None:
        now = self._clock.now()
        table_id = table_catalog.add(session.duck, new.table, new.kind, new.own_days, now, new.keys)
        session.change_log.created(new.table, table_id, session.query_id)
        load_history.forget(session.duck, new.table)

    def _copy(
        self,
        session: Session,
        create: exp.Create,
        new: _New,
        source: TableName,
        is_temporary: bool,
        rows: Rows,
    ) -> Result:
        """LIKE and CLONE, in one transaction: shape and keys of the source, for CLONE rows and retention too."""
        if is_temporary:
            raise unsupported("CREATE TEMPORARY TABLE … CLONE or LIKE")
        duck, clone = session.duck, create.find(exp.Clone)
        shape, record = shape_of(duck, source), table_catalog.find(duck, source)
        if not shape.columns:
            raise does_not_exist("Table", ".".join(source))
        if clone is not None and record is not None and record.is_transient and new.kind != "TRANSIENT":
            message = "SQL compilation error:\nTransient object cannot be cloned to a permanent object."
            raise SqlError(2120, "0A000", message)
        if record is not None:
            own_days = record.own_days if clone is not None and new.own_days is None else new.own_days
            new = replace(new, keys=record.keys, own_days=self._allowed(own_days, new.kind))
        with session.change_log.transaction(is_open=False):
            state = self._cloned_rows(session, clone, source, rows) if clone is not None else None
            self._replace(session, new, shape, state)
        shape.describe(duck, new.table, with_comment=clone is not None)
        return status_result(f"Table {new.table[2]} successfully created.")

    def _allowed(self, days: int | None, kind: str) -> int | None:
        """A transient clone keeps no longer than a transient table can."""
        return min(days, table_catalog.TRANSIENT_DAYS) if days is not None and kind == "TRANSIENT" else days

    def _cloned_rows(self, session: Session, clone: exp.Clone, source: TableName, rows: Rows) -> PastState:
        if not clone.this.args.get("when"):
            return PastState((Piece(source),))
        marks = clone.this.find_all(exp.Placeholder, bfs=False)
        values = {id(mark): value for mark, value in zip(marks, rows[0] if rows else (), strict=False)}
        return self._travel.state(session, clone.this, values)

    def _replace(self, session: Session, new: _New, shape: TableShape, state: PastState | None) -> None:
        duck, table = session.duck, new.table
        interim = (table[0], HIDDEN_SCHEMA, f"_local_warehouse_interim_{uuid.uuid4().hex}")
        is_its_own = state is not None and table in [piece.source for piece in state.pieces]
        if state is not None and is_its_own:
            duck.execute(f"CREATE TABLE {quoted_table(interim)} AS {state.sql()}")
            state = PastState((Piece(interim),))
        dropped_tables.keep(duck, table, self._clock.now())
        shape.create(duck, table, or_replace=True)
        if state is not None:
            duck.execute(f"INSERT INTO {quoted_table(table)} {state.sql()}")
        if is_its_own:
            duck.execute(f"DROP TABLE {quoted_table(interim)}")
        self._record(session, new)
