"""Which module runs a statement, decided by its first words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakesnow.statement_type import TCL

from local.warehouse import session_parameters, show_visibility
from local.warehouse.account_statements import HANDLERS as ACCOUNT_HANDLERS
from local.warehouse.binds import bound_rows
from local.warehouse.copy_statement import parse_copy
from local.warehouse.errors import SqlError
from local.warehouse.queries import Query
from local.warehouse.results import SUCCESS, Result, status_result, table_result

if TYPE_CHECKING:
    from local.warehouse.sessions import Session
    from local.warehouse.warehouse import Warehouse

_COMMENTS = re.compile(r"^(\s+|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_CANCEL = re.compile(r"(?is)^\s*SELECT\s+SYSTEM\$CANCEL_QUERY\s*\(\s*('([^']*)'|\?)\s*\)\s*;?\s*$")
_RESULT_SCAN = re.compile(
    r"(?is)^\s*SELECT\s+\*\s+FROM\s+TABLE\s*\(\s*RESULT_SCAN\s*\(\s*'([^']+)'\s*\)\s*\)\s*;?\s*$"
)
_CREATE_STAGE = re.compile(r"(?is)^CREATE\s+(OR\s+REPLACE\s+)?(TEMP(ORARY)?\s+)?STAGE\b")


@dataclass(frozen=True)
class Statement:
    """A statement about to run: where, for which query, and its text without leading comments."""

    warehouse: Warehouse
    query: Query
    text: str

    @property
    def session(self) -> Session:
        """The session that sent it."""
        return self.query.session

    @property
    def text_without_binds(self) -> str:
        """The text of a statement that takes no bound values; raises SqlError 000002 if it came with some."""
        if self.query.submission.bindings:
            raise SqlError(2, "0A000", "The local warehouse takes no bound values in this statement.")
        return self.text


Handler = Callable[[Statement], Result]


def execute(warehouse: Warehouse, query: Query) -> Result:
    """Run a query to its end and give its answer; raises whatever it failed with.

    Whether a failure has ended the session's DuckDB transaction is found out here.
    """
    statement = Statement(warehouse, query, _COMMENTS.sub("", query.submission.text, count=1))
    handler = _handler(statement.text)
    if handler is _cancel or handler is _result_scan:
        return handler(statement)
    transaction = query.session.transaction
    try:
        with warehouse.access.permitted(query, statement.text):
            result = handler(statement)
    except BaseException:
        transaction.after_failure()
        raise
    transaction.after_statement()
    return show_visibility.seen(warehouse.access, query.session, statement.text, result)


def _handler(text: str) -> Handler:
    for pattern, handler in _HANDLERS:
        if pattern.match(text):
            return handler
    return _general


def _put(statement: Statement) -> Result:
    return statement.warehouse.stage_statements.put(statement.session, statement.text_without_binds)


def _list(statement: Statement) -> Result:
    return statement.warehouse.stage_statements.list(statement.session, statement.text)


def _remove(statement: Statement) -> Result:
    return statement.warehouse.stage_statements.remove(statement.session, statement.text)


def _create_stage(statement: Statement) -> Result:
    statement.session.transaction.commit()
    return statement.warehouse.stage_statements.create(statement.session, statement.text)


def _drop_stage(statement: Statement) -> Result:
    statement.session.transaction.commit()
    return statement.warehouse.stage_statements.drop(statement.session, statement.text)


def _copy(statement: Statement) -> Result:
    copy = parse_copy(statement.text_without_binds)
    return statement.warehouse.loader.load(statement.session, copy, statement.query.cancelled)


def _alter_session(statement: Statement) -> Result:
    was_autocommit = statement.session.parameters.is_true("AUTOCOMMIT")
    result = session_parameters.alter_session(statement.session.parameters, statement.text)
    if not was_autocommit and statement.session.parameters.is_true("AUTOCOMMIT"):
        statement.session.transaction.commit()
    return result


def _begin(statement: Statement) -> Result:
    statement.session.transaction.open()
    return status_result(SUCCESS, TCL)


def _commit(statement: Statement) -> Result:
    statement.session.transaction.commit()
    return status_result(SUCCESS, TCL)


def _rollback(statement: Statement) -> Result:
    statement.session.transaction.rollback()
    return status_result(SUCCESS, TCL)


def _cancel(statement: Statement) -> Result:
    match = _CANCEL.match(statement.text)
    bound = bound_rows(statement.query.submission.bindings)[0]
    target = match[2] if match and match[2] is not None else str(bound[0]) if bound else ""
    said = (
        f"query [{target}] terminated."
        if statement.warehouse.queries.cancel(target)
        else (f"Identified SQL statement is not currently executing: {target}")
    )
    return table_result({"SYSTEM$CANCEL_QUERY": "VARCHAR"}, [[said]])


def _result_scan(statement: Statement) -> Result:
    match = _RESULT_SCAN.match(statement.text)
    wanted = statement.warehouse.queries.get(match[1]) if match else None
    if wanted is None or wanted.result is None:
        raise SqlError(709, "02000", f"Statement {match[1] if match else ''} not found")
    found = wanted.result
    return Result(found.rowtype, found.table)


def _general(statement: Statement) -> Result:
    statement.session.transaction.check_usable()
    if statement.query.submission.is_describe_only:
        described = statement.warehouse.general.describe(statement.session, statement.text)
        if described is not None:
            return described
    rows = bound_rows(statement.query.submission.bindings)
    return statement.warehouse.general.run(
        statement.session, statement.text, rows, statement.query.cancelled.is_set
    )


_HANDLERS: tuple[tuple[re.Pattern[str], Handler], ...] = (
    (_CANCEL, _cancel),
    (_RESULT_SCAN, _result_scan),
    (re.compile(r"(?i)^PUT\b"), _put),
    (re.compile(r"(?i)^(LIST|LS)\b"), _list),
    (re.compile(r"(?i)^(REMOVE|RM)\b"), _remove),
    (_CREATE_STAGE, _create_stage),
    (re.compile(r"(?i)^DROP\s+STAGE\b"), _drop_stage),
    (re.compile(r"(?i)^COPY\s+INTO\b"), _copy),
    (re.compile(r"(?i)^ALTER\s+SESSION\b"), _alter_session),
    (
        re.compile(r"(?i)^(BEGIN(\s+(WORK|TRANSACTION))?(\s+NAME\s+\w+)?|START\s+TRANSACTION)\s*;?\s*$"),
        _begin,
    ),
    (re.compile(r"(?i)^COMMIT(\s+WORK)?\s*;?\s*$"), _commit),
    (re.compile(r"(?i)^ROLLBACK(\s+WORK)?\s*;?\s*$"), _rollback),
    *ACCOUNT_HANDLERS,
)
