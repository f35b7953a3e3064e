"""COPY_HISTORY: what COPY statements have done to a table in the last 14 days.

https://docs.snowflake.com/en/sql-reference/functions/copy_history
"""

from __future__ import annotations

import datetime
from typing import Any

import pyarrow.lib as pa
from sqlglot import exp

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, does_not_exist
from local.warehouse.loading import load_history
from local.warehouse.loading.csv_columns import target_columns
from local.warehouse.loading.load_history import LoadedFile
from local.warehouse.statements.table_functions import Call
from local.warehouse.tokens import Tokens
from local.warehouse.transactions.table_locks import TableName

REACH = datetime.timedelta(days=14)
_ARGUMENTS = ("TABLE_NAME", "START_TIME", "END_TIME")
_MOMENT = pa.timestamp("us", tz="UTC")
_TYPES = {
    "FILE_NAME": pa.string(),
    "STAGE_LOCATION": pa.string(),
    "LAST_LOAD_TIME": _MOMENT,
    "ROW_COUNT": pa.int64(),
    "ROW_PARSED": pa.int64(),
    "FILE_SIZE": pa.int64(),
    "FIRST_ERROR_MESSAGE": pa.string(),
    "FIRST_ERROR_LINE_NUMBER": pa.int64(),
    "FIRST_ERROR_CHARACTER_POS": pa.int64(),
    "FIRST_ERROR_COLUMN_NAME": pa.string(),
    "ERROR_COUNT": pa.int64(),
    "ERROR_LIMIT": pa.int64(),
    "STATUS": pa.string(),
    "TABLE_CATALOG_NAME": pa.string(),
    "TABLE_SCHEMA_NAME": pa.string(),
    "TABLE_NAME": pa.string(),
    "PIPE_CATALOG_NAME": pa.string(),
    "PIPE_SCHEMA_NAME": pa.string(),
    "PIPE_NAME": pa.string(),
    "PIPE_RECEIVED_TIME": _MOMENT,
}
_STATUSES = {"LOADED": "Loaded", "PARTIALLY_LOADED": "Partially loaded", "LOAD_FAILED": "Load failed"}


class CopyHistory:
    """Answers COPY_HISTORY(TABLE_NAME => '…', START_TIME => … [, END_TIME => …])."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def answer(self, call: Call) -> pa.Table:
        """Raises SqlError for arguments that are missing or unknown, and for a table that is not there."""
        for name in call.named:
            if name not in _ARGUMENTS:
                raise call.unexpected(name)
        for name in _ARGUMENTS[:2]:
            if name not in call.named:
                raise SqlError(
                    939, "22023", f"SQL compilation error:\nmissing argument '{name}' of {call.name}"
                )
        tokens = Tokens(str(call.value(call.named["TABLE_NAME"])))
        table = call.session.qualify(tokens.name())
        if not target_columns(call.session.duck, table):
            raise does_not_exist("Table", ".".join(table))
        now = self._clock.now()
        start = max(self._moment(call, "START_TIME", now), now - REACH)
        end = self._moment(call, "END_TIME", now) if "END_TIME" in call.named else now
        rows = [_row(table, loaded) for loaded in load_history.loads_of(call.session.duck, table, start, end)]
        return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in _TYPES.items()})

    def _moment(self, call: Call, name: str, now: datetime.datetime) -> datetime.datetime:
        """The argument's value, with the warehouse's time for CURRENT_TIMESTAMP."""
        expression = call.named[name]
        literal = exp.cast(exp.Literal.string(now.isoformat()), "TIMESTAMPTZ")
        if isinstance(expression, exp.CurrentTimestamp):
            return now
        for node in list(expression.find_all(exp.CurrentTimestamp)):
            node.replace(literal.copy())
        value = call.value(expression)
        if isinstance(value, str):
            value = _parsed(value)
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            value = datetime.datetime.combine(value, datetime.time())
        if not isinstance(value, datetime.datetime):
            raise SqlError(1015, "22023", f"Invalid value [{value}] for parameter {name} of {call.name}")
        return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)


def _parsed(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def _row(table: TableName, loaded: LoadedFile) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_TYPES)
    return row | {
        "FILE_NAME": loaded.path,
        "STAGE_LOCATION": loaded.stage,
        "LAST_LOAD_TIME": loaded.loaded_at,
        "ROW_COUNT": loaded.rows_loaded,
        "ROW_PARSED": loaded.rows_parsed,
        "FILE_SIZE": loaded.size,
        "FIRST_ERROR_MESSAGE": loaded.first_error,
        "FIRST_ERROR_LINE_NUMBER": loaded.first_error_line,
        "FIRST_ERROR_CHARACTER_POS": loaded.first_error_character,
        "FIRST_ERROR_COLUMN_NAME": loaded.first_error_column,
        "ERROR_COUNT": loaded.error_count,
        "ERROR_LIMIT": loaded.error_limit,
        "STATUS": _STATUSES[loaded.status],
        "TABLE_CATALOG_NAME": table[0],
        "TABLE_SCHEMA_NAME": table[1],
        "TABLE_NAME": table[2],
    }
