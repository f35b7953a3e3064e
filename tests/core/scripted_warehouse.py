"""A warehouse that answers by the statement's words and keeps what it was asked, for tests of branches.

It knows no SQL: an answer belongs to a piece of statement text. What no answer was given for is an error, except
statements that answer nothing (DDL, session, transaction). Each statement is parsed in Snowflake's dialect.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import sqlglot
from sqlglot import exp

from sfetl_provider.core.ports import (
    Bind,
    JsonValue,
    QueryResult,
    QueryState,
    QueryStatus,
    RowBatches,
    StagedEntry,
)
from tests.core.load_samples import NOW
from tests.statement_words import mentions

_SILENT = ("ALTER SESSION", "BEGIN", "COMMIT", "ROLLBACK", "CREATE", "DROP")
_TRANSACTION = "SELECT CURRENT_TRANSACTION()"
Answer = QueryResult | BaseException


def rows_of(*rows: tuple[object, ...], columns: tuple[str, ...] = ()) -> QueryResult:
    """Give a result of rows."""
    return QueryResult(columns, rows, "", len(rows))


def changed(row_count: int) -> QueryResult:
    """Give the result of DML that changed so many rows."""
    return QueryResult(("number of rows",), ((row_count,),), "", row_count)


@functools.cache
def require_parsable(statement: str) -> None:
    """Fail unless the text is one statement that Snowflake's dialect knows as more than loose words."""
    (parsed,) = sqlglot.parse(statement, dialect="snowflake")
    assert parsed is not None
    # sqlglot has neither; tests/integration runs ours.
    assert not isinstance(parsed, exp.Command) or statement.startswith(("ALTER WAREHOUSE ", "REMOVE ")), (
        statement
    )


class ScriptedWarehouse:
    """Implements the BulkWarehouse port; `statements` are all texts in order, submitted ones included."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.binds: list[tuple[Bind, ...]] = []
        self.submitted: list[str] = []
        self.cancelled: list[str] = []
        self.statuses: dict[str, QueryStatus] = {}
        self.results: dict[str, Answer] = {}
        self.submit_error: BaseException | None = None
        self._answers: list[tuple[str, str, list[Answer]]] = []
        self.answer(_TRANSACTION, rows_of(("1700000000001",)))

    def answer(self, words: str, *answers: Answer, after: str = "") -> None:
        """Answer statements that hold `words`: one answer after the other, the last for ever.

        What was said last about a statement counts, and only after the statement `after` where one is given.
        """
        self._answers.insert(0, (words, after, list(answers)))

    @property
    def transaction_words(self) -> list[str]:
        """The first words of the statements from BEGIN to COMMIT or ROLLBACK; [] without a transaction."""
        asked = [statement for statement in self.statements if statement != _TRANSACTION]
        if "BEGIN" not in asked:
            return []
        end = next(place for place, text in enumerate(asked) if text in ("COMMIT", "ROLLBACK"))
        return [statement.split()[0] for statement in asked[asked.index("BEGIN") : end + 1]]

    def asked(self, words: str) -> list[str]:
        """Give the statements that hold `words`."""
        return [statement for statement in self.statements if mentions(statement, words)]

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        require_parsable(statement)
        assert statement.count("?") == len(binds), statement
        self.statements.append(statement)
        self.binds.append(tuple(binds))
        return self._result(statement)

    def read_rows(self, statement: str, binds: Sequence[Bind] = (), batch_rows: int = 10_000) -> RowBatches:
        result = self.query(statement, binds)
        return RowBatches(result.row_count, iter([result.rows]))

    def _result(self, statement: str) -> QueryResult:
        for words, after, answers in self._answers:
            if mentions(statement, words) and (not after or after in self.statements):
                found = answers.pop(0) if len(answers) > 1 else answers[0]
                if isinstance(found, BaseException):
                    raise found
                return QueryResult(found.columns, found.rows, f"q{len(self.statements)}", found.row_count)
        assert statement.startswith(_SILENT), f"no answer for: {statement}"
        return QueryResult((), (), f"q{len(self.statements)}", 0)

    def submit(self, statement: str) -> str:
        require_parsable(statement)
        self.statements.append(statement)
        if self.submit_error is not None:
            raise self.submit_error
        self.submitted.append(statement)
        query_id = f"copy-{len(self.submitted)}"
        self.statuses.setdefault(query_id, QueryStatus(QueryState.RUNNING))
        return query_id

    def query_status(self, query_id: str) -> QueryStatus:
        return self.statuses[query_id]

    def fetch(self, query_id: str) -> QueryResult:
        found = self.results[query_id]
        if isinstance(found, BaseException):
            raise found
        return found

    def cancel(self, query_id: str) -> None:
        self.cancelled.append(query_id)

    def upload(self, source: Path, stage_folder: str) -> None:
        raise AssertionError("nothing is uploaded here")

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        raise AssertionError("nothing is listed here")


class MemoryCheckpoints:
    """Implements the CheckpointStore port; values pass through JSON, as they do in the real one."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def get(self, key: str) -> JsonValue:
        value: JsonValue = json.loads(self._texts.get(key, "null"))
        return value

    def set(self, key: str, value: JsonValue) -> None:
        self._texts[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        self._texts.pop(key, None)


class ManualClock:
    """Implements the Clock port; time stands still until `pass_time`."""

    def __init__(self) -> None:
        self._now = NOW

    def pass_time(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - NOW).total_seconds()
