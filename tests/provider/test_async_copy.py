"""COPY without a worker slot: the trigger, the operator that only submits, the sensor that takes over."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.triggers.base import BaseTrigger

from local.warehouse.serving.faults import Fault, Faults
from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.copy_into.checkpoint import CopyState, read_state, running_query
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.errors import ReconciliationError, WarehouseUnavailableError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.ports import QueryState, QueryStatus
from sfetl_provider.operators.async_copy import AsyncCopyOperator
from sfetl_provider.operators.compress_stage import CleanStageOperator, CompressStageOperator
from sfetl_provider.operators.plan_month import PlanMonthOperator
from sfetl_provider.sensors.async_copy import AsyncCopySensor
from sfetl_provider.sensors.monthly_file import MonthlyFileSensor
from sfetl_provider.triggers import async_copy
from sfetl_provider.triggers.async_copy import AsyncCopyTrigger
from tests.adapters.answering_server import answering_server
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import make_target, open_session, planned, stage_chunks

from .dag_runs import run_dag, sales_dag
from .month_files import write_month

CONFIG = sample_config(load={"poll_seconds": 0.1})
SECRET = "s3cret-of-snowflake"


@pytest.fixture
def faults(warehouse: RunningWarehouse) -> Iterator[Faults]:
    """Where statements are held up, from now to the end of the test."""
    yield warehouse.warehouse.faults
    warehouse.warehouse.faults.clear()


def hold(faults: Faults, words: str, seconds: float = 600) -> None:
    """Keep the next statement with these words from starting."""
    faults.add(Fault(statement=words, delay_seconds=seconds))


@pytest.fixture
def session(warehouse: RunningWarehouse) -> Iterator[SnowflakeSession]:
    with open_session(warehouse) as opened:
        yield opened


def trigger_for(query_id: str, conn_id: str = "snowflake_default") -> AsyncCopyTrigger:
    return AsyncCopyTrigger(
        snowflake_conn_id=conn_id, proxy_conn_id=None, query_id=query_id, poll_seconds=0.01
    )


async def events_of(trigger: AsyncCopyTrigger) -> list[Any]:
    return [event.payload async for event in trigger.run()]


def connect_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make connection `away` lead to a port where no warehouse is."""
    extra = {"account": "local", "host": "127.0.0.1", "port": port, "protocol": "http", "login_timeout": 1}
    connection = {"conn_type": "snowflake", "login": "ada", "password": SECRET, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_AWAY", json.dumps(connection))


def test_it_fires_when_the_statement_has_ended_and_not_before(
    session: SnowflakeSession, faults: Faults
) -> None:
    hold(faults, "held back")
    query_id = session.submit("SELECT 'held back'")

    async def cancel_while_waiting() -> list[Any]:
        waiting = asyncio.create_task(events_of(trigger_for(query_id)))
        assert (await asyncio.to_thread(session.query_status, query_id)).state is QueryState.RUNNING
        assert not waiting.done()
        await asyncio.to_thread(session.cancel, query_id)
        return await waiting

    assert asyncio.run(cancel_while_waiting()) == [{"status": "ended", "query_id": query_id}]
    assert session.query_status(query_id).state is QueryState.FAILED


def test_it_fires_for_a_statement_that_had_ended_before(session: SnowflakeSession) -> None:
    query_id = session.query("SELECT 1").query_id

    assert asyncio.run(events_of(trigger_for(query_id))) == [{"status": "ended", "query_id": query_id}]


def test_network_faults_are_borne_a_few_times(
    warehouse: RunningWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_copy, "_FAULTS_BORNE", 1)

    with answering_server(503) as server:
        connect_to(server.port, monkeypatch)
        events = asyncio.run(events_of(trigger_for("q", "away")))

    assert events == [{"status": "unreachable", "query_id": "q"}]
    assert len(server.requests) > 1


def test_a_refused_login_is_not_tried_again(
    warehouse: RunningWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering_server(403) as server:
        connect_to(server.port, monkeypatch)
        events = asyncio.run(events_of(trigger_for("q", "away")))

    assert events == [{"status": "unreachable", "query_id": "q"}]
    assert len(server.requests) == 1


def test_a_fault_is_forgotten_once_snowflake_answers_again_and_no_session_stays(
    warehouse: RunningWarehouse, session: SnowflakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions_before = {opened.id for opened in warehouse.warehouse.sessions.all()}
    monkeypatch.setattr(async_copy, "_FAULTS_BORNE", 1)
    query_id = session.query("SELECT 1").query_id
    fault, running = WarehouseUnavailableError("reset"), QueryStatus(QueryState.RUNNING)
    answers: list[Any] = [fault, running, fault, running, fault]
    ask = SnowflakeSession.query_status

    def stutter(self: SnowflakeSession, query_id: str) -> QueryStatus:
        answer = answers.pop(0) if answers else ask(self, query_id)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(SnowflakeSession, "query_status", stutter)

    assert asyncio.run(events_of(trigger_for(query_id))) == [{"status": "ended", "query_id": query_id}]
    assert answers == []
    assert {opened.id for opened in warehouse.warehouse.sessions.all()} == sessions_before


def test_a_snowflake_that_is_slow_does_not_hold_up_other_triggers(
    session: SnowflakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    query_id = session.query("SELECT 1").query_id
    another_trigger_ran, was_asked = threading.Event(), threading.Event()
    ask = SnowflakeSession.query_status

    def ask_slowly(self: SnowflakeSession, query_id: str) -> QueryStatus:
        was_asked.set()
        assert another_trigger_ran.wait(30), "the event loop stood still"
        return ask(self, query_id)

    monkeypatch.setattr(SnowflakeSession, "query_status", ask_slowly)

    async def both() -> list[Any]:
        waiting = asyncio.create_task(events_of(trigger_for(query_id)))
        await asyncio.to_thread(was_asked.wait, 30)
        another_trigger_ran.set()
        return await waiting

    assert asyncio.run(both())[0]["status"] == "ended"


def test_the_triggerers_database_gets_names_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    connect_to(9, monkeypatch)
    path, arguments = trigger_for("q", "away").serialize()
    module, _, name = path.rpartition(".")

    assert arguments == {
        "snowflake_conn_id": "away",
        "proxy_conn_id": None,
        "query_id": "q",
        "poll_seconds": 0.01,
    }
    again = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(arguments)))
    assert again.serialize() == (path, arguments)


def submitting_dag(outcomes: list[Any]) -> DAG:
    """A DAG that submits the COPY in one task and waits for it in another."""
    loads = sales_dag()
    feed = loads.get_task("copy").feed
    options = {"schedule": None, "render_template_as_native_obj": True, "params": loads.params}
    with DAG("submit_and_wait", **options) as dag:
        plan = PlanMonthOperator(task_id="plan", feed=feed)
        files = MonthlyFileSensor(task_id="wait_for_files", feed=feed)
        staged = CompressStageOperator.partial(task_id="compress_stage", feed=feed).expand(
            source=files.output
        )
        copy = AsyncCopyOperator(task_id="copy", feed=feed, staged=staged.output, wait=False)
        wait = AsyncCopySensor(
            task_id="wait_for_copy",
            feed=feed,
            staged=staged.output,
            submitted=copy.output,
            wait_here_seconds=0,
        )
        plan >> files

        @task
        def keep(submitted: Any, outcome: Any) -> None:
            outcomes.extend([submitted, outcome])

        keep(copy.output, wait.output) >> CleanStageOperator(task_id="clean_stage", feed=feed)
    return dag


def known_to_airflow(dag: DAG) -> DAG:
    """Store a DAG that stands in no file, as the DAG processor would."""
    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(os.devnull)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)
    return dag


def test_one_task_submits_and_another_waits(
    warehouse: RunningWarehouse, airflow_home: Path, faults: Faults
) -> None:
    write_month(airflow_home / "incoming", "2022-02")
    hold(faults, "COPY INTO", seconds=1)
    kept: list[Any] = []

    run = run_dag(known_to_airflow(submitting_dag(kept)), month="2022-02")

    assert run.state == "success", run.tasks
    submitted, outcome = kept[0], CopyOutcome.from_json(kept[1])
    assert submitted["current"]["query_id"] == outcome.query_ids[0]
    assert (outcome.rows_copied, outcome.attempt, outcome.batches) == (56, 1, 1)


@pytest.fixture(scope="module")
def demo(warehouse: RunningWarehouse) -> None:
    """The target table of the sample feed."""
    with open_session(warehouse) as opened:
        make_target(opened)


@pytest.fixture
def staged_copy(demo: None, session: SnowflakeSession, tmp_path: Path) -> AsyncCopyOperator:
    """An operator with one staged chunk to load, which defers at once."""
    plan = planned(session, f"run-{tmp_path.name}")
    staged = stage_chunks(session, plan, ("2013-01-01\tAA\t5\n",), tmp_path)
    options: Any = {"feed": CONFIG, "plan": plan.to_json(), "staged": [staged.to_json()]}
    return AsyncCopyOperator(task_id="copy", wait_here_seconds=0, **options)


def test_stopping_the_task_cancels_the_running_copy(
    staged_copy: AsyncCopyOperator, session: SnowflakeSession, faults: Faults
) -> None:
    hold(faults, "COPY INTO")
    checkpoints = MemoryCheckpoints()
    with pytest.raises(TaskDeferred):
        staged_copy.execute({"task_state_store": checkpoints})  # type: ignore[typeddict-item]
    query_id = running_query(checkpoints)
    assert query_id is not None
    assert session.query_status(query_id).state is QueryState.RUNNING

    staged_copy.on_kill()

    status = session.query_status(query_id)
    assert (status.state, status.error_code) == (QueryState.FAILED, 604)
    state = read_state(checkpoints)
    assert state is not None
    assert state.is_failed


def test_a_file_whose_staging_left_no_result_is_missed_before_anything_is_copied(
    staged_copy: AsyncCopyOperator,
) -> None:
    (staged,) = staged_copy.staged
    names = {staged["key"]: staged["file"], "other": "other.tsv"}
    files = [
        SourceFile(path=name, name=name, key=key, size_bytes=1, modified_ns=1) for key, name in names.items()
    ]
    staged_copy.files = [file.to_json() for file in files]
    staged_copy.staged = [staged, None]

    with pytest.raises(ReconciliationError, match=r"^other.tsv was not staged\."):
        staged_copy.execute({"task_state_store": MemoryCheckpoints()})  # type: ignore[typeddict-item]


def kill(trigger: BaseTrigger, state: str | None, patched: pytest.MonkeyPatch) -> None:
    """Call on_kill, and cancel the call, as the triggerer does once a person has brought the task to a state."""
    task = SimpleNamespace(dag_id="load", task_id="copy", run_id="one", map_index=-1)
    trigger.task_instance = task  # type: ignore[assignment]
    states = {"one": {"copy": state}}
    patched.setattr(RuntimeTaskInstance, "get_task_states", lambda **_: states)

    async def call() -> None:
        ending = asyncio.create_task(trigger.on_kill())
        await asyncio.sleep(0)
        ending.cancel()
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})

    asyncio.run(call())


@pytest.mark.parametrize("state", [None, "running"])
def test_clearing_the_waiting_task_leaves_the_copy_and_its_next_life_finds_it_again(
    staged_copy: AsyncCopyOperator,
    session: SnowflakeSession,
    faults: Faults,
    state: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold(faults, "COPY INTO")
    context: Any = {"task_state_store": MemoryCheckpoints()}
    with pytest.raises(TaskDeferred) as first:
        staged_copy.execute(context)

    kill(first.value.trigger, state, monkeypatch)

    submitted = running_query(context["task_state_store"])
    with pytest.raises(TaskDeferred) as second:
        staged_copy.execute(context)
    assert second.value.trigger.query_id == submitted == first.value.trigger.query_id  # type: ignore[attr-defined]


def test_ending_the_waiting_task_cancels_the_copy_and_its_next_life_loads_again(
    staged_copy: AsyncCopyOperator, session: SnowflakeSession, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(faults, "COPY INTO")
    context: Any = {"task_state_store": MemoryCheckpoints()}
    with pytest.raises(TaskDeferred) as first:
        staged_copy.execute(context)

    kill(first.value.trigger, "failed", monkeypatch)

    cancelled = running_query(context["task_state_store"])
    assert cancelled is not None
    assert session.query_status(cancelled).error_code == 604
    with pytest.raises(TaskDeferred):
        staged_copy.execute(context)
    assert running_query(context["task_state_store"]) not in (None, cancelled)


def test_a_submitter_that_is_cleared_hands_over_the_same_copy_and_submits_no_other(
    staged_copy: AsyncCopyOperator, session: SnowflakeSession, faults: Faults
) -> None:
    staged_copy.wait = False
    submitter: Any = {"task_state_store": MemoryCheckpoints()}
    hold(faults, "COPY INTO", seconds=0.5)
    submitted = staged_copy.execute(submitter)
    session.fetch(submitted["current"]["query_id"])

    again = staged_copy.execute(submitter)

    assert again == submitted
    options: Any = {"feed": CONFIG, "plan": staged_copy.plan, "staged": staged_copy.staged}
    sensor = AsyncCopySensor(task_id="wait", submitted=again, **options)
    outcome = sensor.execute({"task_state_store": MemoryCheckpoints()})  # type: ignore[typeddict-item]
    assert (outcome["rows_copied"], outcome["query_ids"]) == (1, [submitted["current"]["query_id"]])


def test_a_submitter_whose_copy_ended_at_once_hands_over_what_the_sensor_can_read(
    staged_copy: AsyncCopyOperator,
) -> None:
    staged_copy.wait = False
    checkpoints = MemoryCheckpoints()
    staged_copy._begin(checkpoints)
    with staged_copy.open_session() as opened:
        opened.fetch(running_query(checkpoints) or "")

    submitted = staged_copy.execute({"task_state_store": checkpoints})  # type: ignore[typeddict-item]

    assert CopyState.from_json(submitted).outcome is not None


def test_stopping_a_task_that_submitted_nothing_asks_nobody(staged_copy: AsyncCopyOperator) -> None:
    staged_copy.feed = CONFIG.model_copy(update={"snowflake_conn_id": "does_not_exist"})

    staged_copy.on_kill()


def test_a_deferred_copy_names_its_connections_and_query(
    staged_copy: AsyncCopyOperator, session: SnowflakeSession
) -> None:
    checkpoints = MemoryCheckpoints()
    with pytest.raises(TaskDeferred) as deferred:
        staged_copy.execute({"task_state_store": checkpoints})  # type: ignore[typeddict-item]

    trigger = deferred.value.trigger
    assert isinstance(trigger, AsyncCopyTrigger)
    assert trigger.query_id == running_query(checkpoints)
    (event,) = asyncio.run(events_of(trigger))
    outcome = staged_copy.execute_complete({"task_state_store": checkpoints}, event)  # type: ignore[typeddict-item]
    assert outcome["rows_copied"] == 1


def test_a_copy_that_ends_soon_needs_no_triggerer(staged_copy: AsyncCopyOperator) -> None:
    staged_copy.wait_here_seconds = 60

    outcome = staged_copy.execute({"task_state_store": MemoryCheckpoints()})  # type: ignore[typeddict-item]

    assert outcome["rows_copied"] == 1


def test_a_lost_snowflake_fails_the_task_in_a_way_that_is_worth_a_retry(
    staged_copy: AsyncCopyOperator,
) -> None:
    with pytest.raises(WarehouseUnavailableError, match="could not be asked about query q"):
        staged_copy.execute_complete({}, {"status": "unreachable", "query_id": "q"})
