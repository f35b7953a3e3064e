"""A target table in a local warehouse, and what loads and drops of it need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import zstandard

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.statement import create_load_table
from sfetl_provider.core.drop.preview import Recovery, preview_month
from sfetl_provider.core.drop.records import DropRequest
from sfetl_provider.core.errors import WarehouseUnavailableError
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import chunk_name, load_table, quoted_table, stage_folder
from sfetl_provider.core.ports import Bind, QueryResult
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.core.load_samples import (
    PASSED,
    TABLE,
    sample_config,
    sample_outcome,
    sample_plan,
    sample_staged_file,
)
from tests.statement_words import mentions

# These tests replace months by a row more or less.
CONFIG = sample_config(publish={"max_shrink": "100%"})
CLOCK = SystemClock()
TARGET = quoted_table(TABLE)


class DyingSession(SnowflakeSession):
    """A session whose connection is lost once: before a statement that holds some words, or right after it."""

    def lose_connection(self, words: str, *, is_after: bool = False) -> None:
        self._words, self._is_after = words, is_after

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        is_deadly = mentions(statement, self._words)
        if is_deadly and not self._is_after:
            raise WarehouseUnavailableError("connection reset")
        result = super().query(statement, binds)
        if is_deadly:
            raise WarehouseUnavailableError("connection reset")
        return result


class EndedSession(SnowflakeSession):
    """A session whose transaction another one ends, once, before a statement that holds some words."""

    def end_transaction(self, words: str, other: SnowflakeSession) -> None:
        self._words, self._other = words, other

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        if self._words and mentions(statement, self._words):
            self._words = ""
            ((own,),) = super().query("SELECT CURRENT_TRANSACTION()").rows
            self._other.query(f"SELECT SYSTEM$ABORT_TRANSACTION({own})")
        return super().query(statement, binds)


def make_target(session: SnowflakeSession) -> None:
    """Make the target table and our schema beside it."""
    session.query('CREATE DATABASE IF NOT EXISTS "DEMO"')
    session.query('CREATE SCHEMA IF NOT EXISTS "DEMO"."PUBLIC"')
    columns = '"DISTANCE" NUMBER(9,0), "FLIGHT_DATE" DATE, "CARRIER" VARCHAR(5)'
    session.query(f"CREATE TABLE {TARGET} ({columns})")
    prepare(session, CONFIG)


def open_session(running: RunningWarehouse) -> SnowflakeSession:
    """Log in."""
    return SnowflakeSession(open_connection(running.connection_parameters()))


def open_dying_session(running: RunningWarehouse, words: str, *, is_after: bool = False) -> DyingSession:
    """Log in with a connection that will be lost at a statement."""
    session = DyingSession(open_connection(running.connection_parameters()))
    session.lose_connection(words, is_after=is_after)
    return session


def planned(session: SnowflakeSession, run_id: str, month: str = "2013-01") -> MonthPlan:
    """Plan a run: the generation is the one seen now."""
    generation = read_generation(session, TABLE.database, CONFIG.feed, month)
    return sample_plan(run_id=run_id, month=month, generation=generation)


def loaded_job(
    session: SnowflakeSession, plan: MonthPlan, rows: int, config: FeedConfig = CONFIG
) -> PublishJob:
    """Fill the run's load table, as a COPY of one chunk would have: one row a day from the month's first."""
    table = load_table(plan, 1)
    session.query(create_load_table(table, plan.table, CONFIG))
    values = ", ".join(f"('{plan.month}-{day:02}', 'AA', {day})" for day in range(1, rows + 1))
    session.query(f"INSERT INTO {quoted_table(table)} VALUES {values}")
    return PublishJob(plan, config, (sample_staged_file((rows,)),), sample_outcome(plan, rows), PASSED)


def stage_chunks(
    session: SnowflakeSession, plan: MonthPlan, texts: Sequence[str], scratch: Path
) -> StagedFile:
    """Put chunks on the run's stage folder."""
    staged = sample_staged_file(tuple(text.count("\n") for text in texts))
    for number, text in enumerate(texts, start=1):
        chunk = scratch / chunk_name(number, "zstd")
        chunk.write_bytes(zstandard.ZstdCompressor().compress(text.encode()))
        session.upload(chunk, stage_folder(plan, staged.key))
    return staged


def drop_request(session: SnowflakeSession, run_key: str, recoverable_days: int = 0) -> DropRequest:
    """Preview the drop of 2013-01 and ask for it."""
    recovery = Recovery(days=recoverable_days, today=CLOCK.now().date())
    preview = preview_month(session, CONFIG, Month(2013, 1), recovery)
    return DropRequest(
        feed=preview.feed,
        month=preview.month,
        generation=preview.generation,
        rows=preview.rows,
        keep_until=preview.keep_until,
        dag_id="drop_month",
        run_id=f"manual__{run_key}",
        run_key=run_key,
        actor="ada",
        approver="grace",
        reason="sent twice",
    )


def month_rows(session: SnowflakeSession, month: str = "2013-01") -> int:
    """Count the target's rows of a month."""
    statement = f'SELECT COUNT(*) FROM {TARGET} WHERE CAST("FLIGHT_DATE" AS VARCHAR) LIKE ?'
    return int(str(session.query(statement, (f"{month}-%",)).scalar()))
