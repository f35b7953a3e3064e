"""Which module runs a statement, decided by its first words."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from fakesnow.dialect import parse_one
from fakesnow.statement_type import TCL

from local.warehouse.access import show_visibility
from local.warehouse.access.account_statements import HANDLERS as ACCOUNT_HANDLERS
from local.warehouse.errors import canceled
from local.warehouse.loading.copy_statement import parse_copy
from local.warehouse.results import SUCCESS, Result, status_result, table_result
from local.warehouse.serving.binds import bound_rows
from local.warehouse.sessions import session_parameters
from local.warehouse.sessions.queries import Query
from local.warehouse.sessions.query_functions import mentions_queries, replace_query_functions
from local.warehouse.statements.statement import Handler, Statement
from local.warehouse.tables import retention
from local.warehouse.transactions import transaction_statements
from local.warehouse.transactions.replay_log import Write

if TYPE_CHECKING:
    from local.warehouse.warehouse import Warehouse

_COMMENTS = re.compile(r"^(\s+|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_CANCEL = re.compile(r"(?is)^\s*SELECT\s+SYSTEM\$CANCEL_QUERY\s*\(\s*('([^']*)'|\?)\s*\)\s*;?\s*$")
_RESULT_SCAN = re.compile(
    r"(?is)^\s*SELECT\s+\*\s+FROM\s+TABLE\s*\(\s*RESULT_SCAN\s*\(\s*'([^']+)'\s*\)\s*\)\s*;?\s*$"
)
_BEGIN = re.compile(
    r"(?i)^(BEGIN(\s+(WORK|TRANSACTION))?|START\s+TRANSACTION)(\s+NAME\s+(?P<name>\w+))?\s*;?\s*$"
)
_WAIT = re.compile(
    r"(?i)^(SELECT|CALL)\s+SYSTEM\$WAIT\s*\(\s*(?P<amount>\d{1,9})\s*"
    r"(,\s*'(?P<unit>MILLISECONDS|SECONDS|MINUTES|HOURS|DAYS)'\s*)?\)\s*;?\s*$"
)
_UNIT_SECONDS = {"MILLISECONDS": 0.001, "SECONDS": 1, "MINUTES": 60, "HOURS": 3_600, "DAYS": 86_400}
_CREATE_STAGE = re.compile(r"(?is)^CREATE\s+(OR\s+REPLACE\s+)?(TEMP(ORARY)?\s+)?STAGE\b")


def execute(warehouse: Warehouse, query: Query) -> Result:
    """Run a query to its end and give its answer; raises whatever it failed with.

    Whether a failure has ended the session's DuckDB transaction is found out here.
    """
    statement = Statement(warehouse, query, _COMMENTS.sub("", query.submission.text, count=1))
    handler = _handler(statement.text)
    if handler is _cancel or handler is _result_scan:
        return handler(statement)
    transaction = query.session.transaction
    query.session.change_log.start(transaction.is_open)
    try:
        with warehouse.access.permitted(query, statement.text):
            result = handler(statement)
    except BaseException:
        query.stop_interrupts()
        transaction.after_failure(query.session.parameters.is_true("TRANSACTION_ABORT_ON_ERROR"))
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
    return statement.warehouse.stages.create(statement.session, statement.text)


def _drop_stage(statement: Statement) -> Result:
    statement.session.transaction.commit()
    return statement.warehouse.stages.drop(statement.session, statement.text)


def _alter_stage(statement: Statement) -> Result:
    statement.session.transaction.commit()
    return statement.warehouse.stages.alter(statement.session, statement.text)


def _show_stages(statement: Statement) -> Result:
    return statement.warehouse.stages.show(statement.session, statement.text)


def _describe_stage(statement: Statement) -> Result:
    return statement.warehouse.stages.describe(statement.session, statement.text)


def _drop_container(statement: Statement) -> Result:
    result = _general(statement)
    statement.warehouse.stages.forget_orphans(statement.session)
    return result


def _replace_schema(statement: Statement) -> Result:
    result = _general(statement)
    statement.warehouse.stages.forget_replaced(statement.session, statement.text)
    return result


def _copy(statement: Statement) -> Result:
    copy = parse_copy(statement.text_without_binds)
    session = statement.session
    if not session.parameters.is_true("AUTOCOMMIT"):
        session.transaction.open()
    session.transaction.check_usable()
    table = session.qualify(copy.table)
    session.transaction.see({table})
    load = functools.partial(
        statement.warehouse.loader.load, session, copy, statement.query.id, statement.query.cancelled
    )
    return session.transaction.write(Write(load, table, size_bytes=len(statement.text)))


def _alter_session(statement: Statement) -> Result:
    was_autocommit = statement.session.parameters.is_true("AUTOCOMMIT")
    result = session_parameters.alter_session(statement.session.parameters, statement.text)
    if was_autocommit != statement.session.parameters.is_true("AUTOCOMMIT"):
        statement.session.transaction.commit()
    return result


def _alter_container(statement: Statement) -> Result:
    statement.session.transaction.commit()
    return statement.warehouse.retention.alter_container(statement.session, statement.text)


def _show_object_parameters(statement: Statement) -> Result:
    return retention.show_parameters(statement.session, statement.text)


def _begin(statement: Statement) -> Result:
    match = _BEGIN.match(statement.text)
    statement.session.transaction.open((match and match["name"]) or "")
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
    found = statement.warehouse.queries.kept_result(match[1] if match else "", statement.session.user)
    return Result(found.rowtype, found.table)


def _show_transactions(statement: Statement) -> Result:
    sessions = statement.warehouse.sessions.all()
    return transaction_statements.show_transactions(statement.text, statement.session, sessions)


def _show_locks(statement: Statement) -> Result:
    warehouse = statement.warehouse
    sessions, locks = warehouse.sessions.all(), warehouse.locks.all()
    return transaction_statements.show_locks(statement.text, statement.session, sessions, locks)


def _abort_transaction(statement: Statement) -> Result:
    wanted = transaction_statements.aborted_transaction(statement.text)
    is_aborted = statement.warehouse.expiry.abort_transaction(wanted, statement.session)
    return transaction_statements.abort_answer(wanted, is_aborted)


def _wait(statement: Statement) -> Result:
    """https://docs.snowflake.com/en/sql-reference/functions/system_wait"""
    match = _WAIT.match(statement.text)
    unit = ((match and match["unit"]) or "SECONDS").upper()
    amount = int(match["amount"]) if match else 0
    if statement.query.cancelled.wait(amount * _UNIT_SECONDS[unit]):
        raise canceled()
    return table_result({"SYSTEM$WAIT": "VARCHAR"}, [[f"waited {amount} {unit.lower()}"]])


def _general(statement: Statement) -> Result:
    statement.session.transaction.check_usable()
    text = statement.text
    if mentions_queries(text):
        asking, queries = statement.session, statement.warehouse.queries
        text = replace_query_functions(parse_one(text), asking, queries).sql(dialect="snowflake")
    if statement.query.submission.is_describe_only:
        described = statement.warehouse.general.describe(statement.session, text)
        if described is not None:
            return described
    rows = bound_rows(statement.query.submission.bindings)
    return statement.warehouse.general.run(statement.session, text, rows, statement.query.cancelled.is_set)


_HANDLERS: tuple[tuple[re.Pattern[str], Handler], ...] = (
    (_CANCEL, _cancel),
    (_RESULT_SCAN, _result_scan),
    (re.compile(r"(?i)^PUT\b"), _put),
    (re.compile(r"(?i)^(LIST|LS)\b"), _list),
    (re.compile(r"(?i)^(REMOVE|RM)\b"), _remove),
    (_CREATE_STAGE, _create_stage),
    (re.compile(r"(?i)^DROP\s+STAGE\b"), _drop_stage),
    (re.compile(r"(?i)^ALTER\s+STAGE\b"), _alter_stage),
    (re.compile(r"(?i)^SHOW\s+STAGES\b"), _show_stages),
    (re.compile(r"(?i)^DESC(RIBE)?\s+STAGE\b"), _describe_stage),
    (re.compile(r"(?i)^DROP\s+(SCHEMA|DATABASE)\b"), _drop_container),
    (re.compile(r"(?i)^CREATE\s+OR\s+REPLACE\s+(TRANSIENT\s+)?SCHEMA\b"), _replace_schema),
    (re.compile(r"(?i)^COPY\s+INTO\b"), _copy),
    (re.compile(r"(?i)^ALTER\s+SESSION\b"), _alter_session),
    (
        re.compile(r"(?is)^ALTER\s+(ACCOUNT|DATABASE|SCHEMA)\b.*\bDATA_RETENTION_TIME_IN_DAYS\b"),
        _alter_container,
    ),
    (
        re.compile(r"(?is)^SHOW\s+PARAMETERS\b.*\b(IN|FOR)\s+(TABLE|SCHEMA|DATABASE)\b"),
        _show_object_parameters,
    ),
    (
        re.compile(r"(?is)^SHOW\s+PARAMETERS\b.*\bDATA_RETENTION\w*\W.*\b(IN|FOR)\s+ACCOUNT\b"),
        _show_object_parameters,
    ),
    (_BEGIN, _begin),
    (_WAIT, _wait),
    (re.compile(r"(?i)^SHOW\s+TRANSACTIONS\b"), _show_transactions),
    (re.compile(r"(?i)^SHOW\s+LOCKS\b"), _show_locks),
    (re.compile(r"(?i)^SELECT\s+SYSTEM\$ABORT_TRANSACTION\b"), _abort_transaction),
    (re.compile(r"(?i)^COMMIT(\s+WORK)?\s*;?\s*$"), _commit),
    (re.compile(r"(?i)^ROLLBACK(\s+WORK)?\s*;?\s*$"), _rollback),
    *ACCOUNT_HANDLERS,
)
