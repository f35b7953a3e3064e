"""The COPY's state machine, crash by crash: each attempt has its own load table, nothing is loaded twice."""

from __future__ import annotations

import pytest

from sfetl_provider.core.copy_into.checkpoint import read_state, running_query
from sfetl_provider.core.copy_into.outcome import Finished, Waiting
from sfetl_provider.core.copy_into.submission import cancel_running
from sfetl_provider.core.errors import (
    CopyFailedError,
    CopyLostError,
    ReconciliationError,
    StatementError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.ports import QueryState, QueryStatus
from sfetl_provider.core.progress import estimate_text
from tests.core.copy_into.copy_bench import COUNT, HISTORY, SUCCEEDED, Bench
from tests.core.scripted_warehouse import MemoryCheckpoints, rows_of


def test_batches_run_one_after_the_other_and_add_up() -> None:
    bench = Bench()
    assert bench.advance() == Waiting("copy-1", 1, 2)
    assert bench.advance() == Waiting("copy-1", 1, 2)
    bench.succeed("copy-1", 1)
    assert bench.advance() == Waiting("copy-2", 2, 2)
    assert running_query(bench.checkpoints) == "copy-2"
    bench.clock.pass_time(90)
    bench.succeed("copy-2", 2)
    step = bench.advance()
    assert isinstance(step, Finished)
    assert (step.outcome.rows_copied, step.outcome.batches, step.outcome.attempt) == (5, 2, 1)
    assert (step.outcome.query_ids, step.outcome.seconds) == (("copy-1", "copy-2"), 90)
    assert running_query(bench.checkpoints) is None


def test_the_pace_is_that_of_the_batches_before_however_many_lives_the_task_had() -> None:
    bench = Bench(chunk_records=(300, 600, 900))
    first = bench.advance()
    bench.clock.pass_time(10)
    bench.succeed("copy-1", 1)
    second = bench.advance()
    bench.clock.pass_time(20)
    bench.succeed("copy-2", 2)
    third = bench.advance()

    texts = [estimate_text(step.pace) for step in (first, second, third) if step.pace]
    assert texts == [
        "copy 0 % of 1,800 rows",
        "copy 16 % of 1,800 rows, 30 rows/s, 50 s left",
        "copy 50 % of 1,800 rows, 30 rows/s, 30 s left",
    ]


def test_tag_is_stored_and_set_before_the_copy_is_submitted() -> None:
    bench = Bench()
    bench.warehouse.submit_error = WarehouseUnavailableError("reset")
    with pytest.raises(WarehouseUnavailableError):
        bench.advance()
    state = read_state(bench.checkpoints)
    assert state is not None
    assert state.current is not None
    assert state.current.query_tag.replace('"', "") in bench.warehouse.asked("QUERY_TAG")[0].replace('"', "")
    assert running_query(bench.checkpoints) is None


def test_finished_copy_is_given_back_while_its_table_is_whole() -> None:
    bench = Bench()
    outcome = bench.finish(["copy-1", "copy-2"])
    assert bench.advance() == Finished(outcome)
    assert len(bench.warehouse.submitted) == 2


@pytest.mark.parametrize("counted", [rows_of((4,)), StatementError("gone", code=2003)])
def test_finished_copy_without_its_table_starts_again(counted: object) -> None:
    bench = Bench()
    bench.finish(["copy-1", "copy-2"])
    bench.warehouse.answer(COUNT, counted)  # type: ignore[arg-type]
    assert bench.advance() == Waiting("copy-3", 1, 2)
    assert bench.tables() == ["A1", "A2"]


def test_refused_look_at_the_finished_table_is_an_error() -> None:
    bench = Bench()
    bench.finish(["copy-1", "copy-2"])
    bench.warehouse.answer(COUNT, StatementError("no warehouse selected", code=606))
    with pytest.raises(StatementError):
        bench.advance()


def crash_after_submitting(bench: Bench) -> None:
    bench.checkpoints.deadly_words = '"query_id": "copy-1"'
    with pytest.raises(KeyboardInterrupt):
        bench.advance()
    assert len(bench.warehouse.submitted) == 1


def test_crash_between_submit_and_store_reattaches_by_tag() -> None:
    bench = Bench()
    crash_after_submitting(bench)
    bench.warehouse.answer(HISTORY, rows_of(("copy-1",)))
    assert bench.advance() == Waiting("copy-1", 1, 2)
    assert len(bench.warehouse.submitted) == 1
    assert bench.finish(["copy-1", "copy-2"]).attempt == 1


@pytest.mark.parametrize("found", [(), (("copy-1",), ("copy-9",))])
def test_copy_that_is_not_found_once_is_abandoned_with_its_table(found: tuple[tuple[str], ...]) -> None:
    bench = Bench()
    crash_after_submitting(bench)
    bench.warehouse.answer(HISTORY, rows_of(*found))
    assert bench.advance() == Waiting("copy-2", 1, 2)
    assert bench.warehouse.cancelled == [query_id for (query_id,) in found]
    assert bench.tables() == ["A1", "A2"]
    assert '_A1"' in bench.warehouse.asked("DROP TABLE")[0]
    assert '_A2"' in bench.warehouse.submitted[1]


def test_crash_before_the_load_table_was_noted_makes_it_again() -> None:
    bench = Bench()
    bench.checkpoints.deadly_words = '"is_table_ready": true'
    with pytest.raises(KeyboardInterrupt):
        bench.advance()
    assert bench.advance() == Waiting("copy-1", 1, 2)
    assert bench.tables() == ["A1", "A1"]


def test_failed_copy_is_explained_and_the_next_call_starts_again() -> None:
    bench = Bench()
    bench.advance()
    bench.warehouse.statuses["copy-1"] = QueryStatus(
        QueryState.FAILED, 100038, "Numeric value 'x' is not recognized"
    )
    with pytest.raises(CopyFailedError, match="Numeric value 'x'"):
        bench.advance()
    assert running_query(bench.checkpoints) is None
    assert bench.finish(["copy-2", "copy-3"]).attempt == 2


def test_statement_refused_at_once_is_explained_and_the_next_call_starts_again() -> None:
    bench = Bench()
    bench.warehouse.submit_error = StatementError("Object does not exist", code=2003)
    with pytest.raises(CopyFailedError, match="002003"):
        bench.advance()
    bench.warehouse.submit_error = None
    assert bench.finish(["copy-1", "copy-2"]).attempt == 2


def test_rows_that_do_not_add_up_end_the_attempt() -> None:
    bench = Bench()
    bench.advance()
    bench.succeed("copy-1", 1, records=2)
    with pytest.raises(ReconciliationError):
        bench.advance()
    assert bench.finish(["copy-2", "copy-3"]).attempt == 2


def test_lost_result_ends_the_attempt_and_can_be_retried() -> None:
    bench = Bench()
    bench.advance()
    bench.warehouse.statuses["copy-1"] = SUCCEEDED
    bench.warehouse.results["copy-1"] = StatementError("result expired", code=709)
    with pytest.raises(CopyLostError) as raised:
        bench.advance()
    assert raised.value.is_retryable
    assert bench.finish(["copy-2", "copy-3"]).attempt == 2


def test_a_copy_that_somebody_cancelled_is_worth_a_retry() -> None:
    bench = Bench()
    bench.advance()
    bench.warehouse.statuses["copy-1"] = QueryStatus(QueryState.FAILED, 604, "SQL execution canceled")
    with pytest.raises(CopyLostError, match="COPY copy-1 was cancelled"):
        bench.advance()
    assert bench.finish(["copy-2", "copy-3"]).attempt == 2


def test_load_table_with_other_rows_than_copied_ends_the_attempt() -> None:
    bench = Bench()
    bench.warehouse.answer(COUNT, rows_of((6,)), rows_of((5,)))
    with pytest.raises(ReconciliationError, match="holds 6 rows"):
        bench.finish(["copy-1", "copy-2"])
    assert bench.finish(["copy-3", "copy-4"]).attempt == 2


def test_unknown_query_is_waited_for_at_first_and_then_lost() -> None:
    bench = Bench()
    bench.advance()
    bench.warehouse.statuses["copy-1"] = QueryStatus(QueryState.UNKNOWN)
    assert bench.advance() == Waiting("copy-1", 1, 2)
    bench.clock.pass_time(121)
    assert bench.advance() == Waiting("copy-2", 1, 2)
    assert bench.tables() == ["A1", "A2"]


def test_other_chunks_cancel_the_running_copy_and_start_again() -> None:
    bench = Bench()
    bench.advance()
    bench.chunk_records = (4, 2)
    assert bench.advance() == Waiting("copy-2", 1, 2)
    assert bench.warehouse.cancelled == ["copy-1"]
    bench.chunk_records = (9,)
    bench.warehouse.statuses["copy-2"] = QueryStatus(QueryState.FAILED, 1, "x")
    assert bench.advance() == Waiting("copy-3", 1, 1)
    assert bench.tables() == ["A1", "A2", "A3"]


def test_nothing_staged_is_an_error() -> None:
    with pytest.raises(CopyFailedError, match="nothing to load"):
        Bench(chunk_records=()).advance()


def test_running_query_of_a_run_that_never_copied_is_none() -> None:
    assert running_query(MemoryCheckpoints()) is None


def test_other_chunks_after_the_end_start_again_without_cancelling() -> None:
    bench = Bench()
    bench.finish(["copy-1", "copy-2"])
    bench.chunk_records = (3, 3)
    assert bench.advance() == Waiting("copy-3", 1, 2)
    assert bench.warehouse.cancelled == []


def test_cancelled_copy_is_not_taken_for_a_failure_of_the_data() -> None:
    bench = Bench()
    bench.advance()
    assert cancel_running(bench.warehouse, bench.checkpoints) == "copy-1"
    assert bench.warehouse.cancelled == ["copy-1"]
    assert cancel_running(bench.warehouse, bench.checkpoints) is None
    assert bench.finish(["copy-2", "copy-3"]).attempt == 2
