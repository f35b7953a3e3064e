"""COPY through the real connector: chunks on the stage become rows, and a lost COPY is found again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.audit.checks import check_load_table, require_passed
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.copy_into.outcome import CopyOutcome, CopyStep, Finished, Waiting
from sfetl_provider.core.copy_into.submission import CopyJob, CopyPorts, advance
from sfetl_provider.core.errors import AuditFailedError, CopyFailedError, StatementError
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import CLOCK, make_target, open_session, planned, stage_chunks

FIRST = "2013-01-01\tAA\t5\n2013-01-02\tAA\t\n\n2013-01-03\tB\\B\t7\n"
SECOND = "2013-01-04\tAA\t5\n2013-01-31\t'A\"\t6\n"
CONFIG = sample_config(load={"batch_files": 1})


@pytest.fixture
def session() -> Iterator[SnowflakeSession]:
    with running_warehouse() as running, open_session(running) as opened:
        make_target(opened)
        yield opened


class _ForgetfulCheckpoints(MemoryCheckpoints):
    """Dies once instead of storing the first query id."""

    has_died = False

    def set(self, key: str, value: object) -> None:
        current = value.get("current") if isinstance(value, dict) else None
        if current and current["query_id"] and not self.has_died:
            self.has_died = True
            raise KeyboardInterrupt
        super().set(key, value)  # type: ignore[arg-type]


@dataclass
class Load:
    """One load of 2013-01 in a session."""

    session: SnowflakeSession
    job: CopyJob
    checkpoints: MemoryCheckpoints

    def advance(self) -> CopyStep:
        return advance(self.job, CopyPorts(self.session, self.checkpoints, CLOCK))

    def finish(self) -> CopyOutcome:
        step = self.advance()
        while isinstance(step, Waiting):
            with contextlib.suppress(StatementError):  # a fetch blocks until the COPY has ended, well or not
                self.session.fetch(step.query_id)
            step = self.advance()
        assert isinstance(step, Finished)
        return step.outcome


def load(session: SnowflakeSession, texts: tuple[str, ...], scratch: Path) -> Load:
    plan = planned(session, "one")
    staged = stage_chunks(session, plan, texts, scratch)
    # An empty line of a file with several columns is no record, for staging and for COPY.
    records = tuple(sum(1 for line in text.splitlines() if line) for text in texts)
    staged = staged.model_copy(update={"chunk_records": records})
    return Load(session, CopyJob(plan, (staged,), CONFIG), MemoryCheckpoints())


def test_chunks_become_rows_and_pass_the_audit(session: SnowflakeSession, tmp_path: Path) -> None:
    run = load(session, (FIRST, SECOND), tmp_path)
    outcome = run.finish()
    assert (outcome.rows_copied, outcome.batches, outcome.attempt) == (5, 2, 1)
    report = check_load_table(AuditJob(run.job.plan, CONFIG, outcome), session, CLOCK)
    assert require_passed(report, run.job.plan).distinct_days == 5
    name = f'"DEMO"."SFETL"."{outcome.load_table.name}"'
    rows = session.query(f'SELECT "CARRIER", "DISTANCE" FROM {name} ORDER BY "FLIGHT_DATE"').rows
    assert rows == (("AA", 5), ("AA", None), ("B\\B", 7), ("AA", 5), ("'A\"", 6))


def test_copy_lost_between_submit_and_store_is_found_by_its_tag(
    session: SnowflakeSession, tmp_path: Path
) -> None:
    run = load(session, (FIRST, SECOND), tmp_path)
    run.checkpoints = _ForgetfulCheckpoints()
    with pytest.raises(KeyboardInterrupt):
        run.advance()
    outcome = run.finish()
    assert (outcome.rows_copied, outcome.attempt) == (5, 1)


def test_bad_value_is_named_by_source_line_and_the_next_attempt_has_its_own_table(
    session: SnowflakeSession, tmp_path: Path
) -> None:
    run = load(session, (FIRST, "2013-01-04\tAA\t5\n2013-01-05\tTOOLONG\t5\n"), tmp_path)
    with pytest.raises(CopyFailedError, match=r"flights_2013-01\.tsv line 102"):
        run.finish()
    again = run.advance()
    assert isinstance(again, Waiting)
    names = session.query(
        "SELECT TABLE_NAME FROM \"DEMO\".INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE 'LOAD%'"
    ).rows
    assert [str(name)[-3:] for (name,) in names] == ["_A2"]


def test_rows_of_another_month_do_not_pass_the_audit(session: SnowflakeSession, tmp_path: Path) -> None:
    run = load(session, (FIRST, "2013-02-01\tAA\t5\n"), tmp_path)
    outcome = run.finish()
    report = check_load_table(AuditJob(run.job.plan, CONFIG, outcome), session, CLOCK)
    with pytest.raises(AuditFailedError, match="1 rows lie outside 2013-01"):
        require_passed(report, run.job.plan)


def test_load_table_dropped_after_the_copy_is_filled_again(session: SnowflakeSession, tmp_path: Path) -> None:
    run = load(session, (FIRST, SECOND), tmp_path)
    first = run.finish()
    session.query(f'DROP TABLE "DEMO"."SFETL"."{first.load_table.name}"')
    second = run.finish()
    assert (second.attempt, second.rows_copied) == (2, 5)
