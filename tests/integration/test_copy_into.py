"""COPY through the real connector: chunks on the stage become rows, and a lost COPY is found again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from local.warehouse.serving.faults import Fault
from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.audit.checks import check_load_table, require_passed
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.copy_into.bad_row_list import ListPlace
from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.checkpoint import read_state, write_state
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyOutcome, CopyStep, Finished, Waiting
from sfetl_provider.core.copy_into.statement import copy_statement
from sfetl_provider.core.copy_into.submission import advance
from sfetl_provider.core.errors import (
    AuditFailedError,
    CopyFailedError,
    StatementError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.plan.names import stage_folder
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import CLOCK, make_target, open_session, planned, stage_chunks

FIRST = "2013-01-01\tAA\t5\n2013-01-02\tAA\t\n\n2013-01-03\tB\\B\t7\n"
SECOND = "2013-01-04\tAA\t5\n2013-01-31\t'A\"\t6\n"
CONFIG = sample_config(load={"batch_files": 1})


@pytest.fixture
def warehouse() -> Iterator[RunningWarehouse]:
    with running_warehouse() as running:
        yield running


@pytest.fixture
def session(warehouse: RunningWarehouse) -> Iterator[SnowflakeSession]:
    with open_session(warehouse) as opened:
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
    place = ListPlace(scratch / "rejects" / "copy.tsv", limit_bytes=1_000_000)
    return Load(session, CopyJob(plan, (staged,), CONFIG, place), MemoryCheckpoints())


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


@pytest.mark.parametrize(
    "fault",
    [
        Fault(statement="COPY INTO", drop_response_at=0),
        Fault(route="monitoring", drop_response_at=0),
        Fault(statement="RESULT_SCAN", drop_response_at=0),
    ],
    ids=["at submit", "while polling", "at fetch"],
)
def test_a_lost_connection_loads_every_row_once(
    warehouse: RunningWarehouse, session: SnowflakeSession, tmp_path: Path, fault: Fault
) -> None:
    run = load(session, (FIRST, SECOND), tmp_path)
    run.advance()
    warehouse.warehouse.faults.add(fault)
    outcome = None
    for _ in range(5):
        with contextlib.suppress(WarehouseUnavailableError), open_session(warehouse) as run.session:
            outcome = run.finish()
            break
    assert [active.struck for active in warehouse.warehouse.faults.all()] == [1]
    assert outcome is not None
    assert (outcome.rows_copied, outcome.batches) == (5, 2)
    name = f'"DEMO"."SFETL"."{outcome.load_table.name}"'
    assert session.query(f"SELECT COUNT(*) FROM {name}").scalar() == 5


BAD = "2013-01-04\tAA\t5\n2013-01-05\tTOOLONG\t5\n2013-01-06\tAA\tmany\n"


def test_every_bad_row_of_the_batch_is_named_by_source_line_and_the_next_attempt_has_its_own_table(
    session: SnowflakeSession, tmp_path: Path
) -> None:
    run = load(session, (FIRST, BAD, "2013-01-07\tTOO LONG!\t5\n", BAD, SECOND, SECOND), tmp_path)
    run.job = replace(run.job, config=sample_config(load={"batch_files": 4}))
    with pytest.raises(CopyFailedError) as raised:
        run.finish()

    message = str(raised.value)
    key = "flights_2013-01.tsv-00000001"
    assert "batch 1 of 2 was refused" in message
    assert f"3 bad rows in {key}/part-00002.tsv.zst, {key}/part-00003.tsv.zst (2 of 3 chunks)" in message
    assert "Chunks that were not looked at: 3 of later batches." in message
    assert "flights_2013-01.tsv line 102, column CARRIER: User character length limit (5)" in message
    assert "flights_2013-01.tsv line 103, column DISTANCE: Numeric value 'many'" in message
    assert 'ALTER TABLE "DEMO"."PUBLIC"."FLIGHTS" ALTER COLUMN "CARRIER" SET DATA TYPE VARCHAR(9);' in message
    listed = (tmp_path / "rejects" / "copy.tsv").read_text().splitlines()
    assert [line.split("\t")[1:3] for line in listed[1:]] == [["102", "2"], ["103", "3"], ["201", "2"]]
    assert listed[1].endswith("2013-01-05\\tTOOLONG\\t5")
    assert load_tables(session) == ["_A1"]
    again = run.advance()
    assert isinstance(again, Waiting)
    assert load_tables(session) == ["_A2"]


def load_tables(session: SnowflakeSession) -> list[str]:
    """The ends of the names of all load and scratch tables."""
    names = session.query(
        "SELECT TABLE_NAME FROM \"DEMO\".INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE 'LOAD%'"
    ).rows
    return [str(name)[-3:] for (name,) in names]


def test_rows_up_to_the_limit_are_left_out_and_listed(session: SnowflakeSession, tmp_path: Path) -> None:
    run = load(
        session, (FIRST, "2013-01-04\tTOOLONG\t5\n2013-01-05\tAA\t5\n2013-01-06\tAA\tmany\n"), tmp_path
    )
    config = sample_config(load={"on_error": "continue", "reject_limit": 2})
    run.job = replace(run.job, config=config)

    outcome = run.finish()

    assert (outcome.rows_copied, outcome.rows_rejected) == (4, 2)
    report = check_load_table(AuditJob(run.job.plan, config, outcome), session, CLOCK)
    assert require_passed(report, run.job.plan).rows == 4
    assert outcome.rejects is not None
    listed = Path(outcome.rejects.path).read_text().splitlines()
    assert [line.split("\t")[1] for line in listed[1:]] == ["101", "103"]


def test_chunks_that_were_loaded_by_the_same_request_carried_out_twice_are_explained_by_the_history(
    session: SnowflakeSession, tmp_path: Path
) -> None:
    run = load(session, (FIRST,), tmp_path)
    first = run.advance()
    assert isinstance(first, Waiting)
    session.fetch(first.query_id)
    state = read_state(run.checkpoints)
    assert state is not None
    assert state.current is not None
    (batch,) = make_batches(run.job.staged_files, CONFIG)
    again = copy_statement(state.load_table, stage_folder(run.job.plan), batch, CONFIG)
    second = state.current.model_copy(update={"query_id": session.submit(again)})
    write_state(run.checkpoints, state.model_copy(update={"current": second}))

    outcome = run.finish()

    assert (outcome.rows_copied, outcome.attempt, outcome.query_ids) == (3, 1, (second.query_id,))


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
