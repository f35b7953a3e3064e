"""Publishing and dropping months through the real connector, against the local warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.errors import (
    DropRefusedError,
    GenerationConflictError,
    PrivilegeMissingError,
    PublishRefusedError,
    SfetlError,
    TransactionEndedError,
    TransientError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.ledger.grants import grant_statements
from sfetl_provider.core.ledger.lookup import chain_end, entries
from sfetl_provider.core.ledger.verification import verify
from sfetl_provider.core.maintenance.in_warehouse import find_in_warehouse, remove_from_warehouse
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.publish.receipt import PublishReceipt
from sfetl_provider.core.restore.preview import preview_restore
from sfetl_provider.core.restore.records import RestoreRequest
from sfetl_provider.core.restore.restoration import restore_month
from tests.core.load_samples import sample_config
from tests.integration.loading_bench import (
    CLOCK,
    CONFIG,
    TARGET,
    EndedSession,
    drop_request,
    loaded_job,
    make_target,
    month_rows,
    open_dying_session,
    open_session,
    planned,
)


@pytest.fixture
def running() -> Iterator[RunningWarehouse]:
    with running_warehouse() as started:
        yield started


@pytest.fixture
def session(running: RunningWarehouse) -> Iterator[SnowflakeSession]:
    with open_session(running) as opened:
        make_target(opened)
        yield opened


def publish(session: SnowflakeSession, run_id: str, rows: int, month: str = "2013-01") -> PublishReceipt:
    return publish_month(loaded_job(session, planned(session, run_id, month), rows), session, CLOCK)


def verified_chain(session: SnowflakeSession) -> tuple[LedgerEntry, ...]:
    found = entries(session, "DEMO", "flights")
    assert verify(found, chain_end(session, "DEMO", "flights")) is None
    return found


def load_tables(session: SnowflakeSession) -> int:
    statement = (
        'SELECT COUNT(*) FROM "DEMO".INFORMATION_SCHEMA.TABLES '
        "WHERE TABLE_SCHEMA = 'SFETL' AND TABLE_NAME LIKE 'LOAD%'"
    )
    return int(str(session.query(statement).scalar()))


def test_second_load_replaces_the_month_and_nothing_else(session: SnowflakeSession) -> None:
    publish(session, "other", 3, "2013-02")
    first = publish(session, "one", 5)
    second = publish(session, "two", 4)
    assert (first.rows_before, second.rows_before, second.rows_deleted) == (0, 5, 5)
    assert (month_rows(session), month_rows(session, "2013-02")) == (4, 3)
    assert second.generation == 2
    assert [entry.sequence for entry in verified_chain(session)] == [1, 2, 3]
    assert load_tables(session) == 0


def test_columns_are_mapped_by_name(session: SnowflakeSession) -> None:
    publish(session, "one", 2)
    rows = session.query(f'SELECT "CARRIER", "DISTANCE" FROM {TARGET} ORDER BY "DISTANCE"').rows
    assert rows == (("AA", 1), ("AA", 2))


def test_run_planned_before_another_publication_is_refused_by_name(session: SnowflakeSession) -> None:
    late = loaded_job(session, planned(session, "late"), 3)
    publish(session, "quick", 5)
    with pytest.raises(GenerationConflictError, match="run quick of DAG load_flights, started by ada"):
        publish_month(late, session, CLOCK)
    assert month_rows(session) == 5
    assert len(verified_chain(session)) == 1
    assert load_tables(session) == 1


@pytest.mark.parametrize(
    "words",
    ['DELETE FROM "DEMO"."PUBLIC"', 'INSERT INTO "DEMO"."PUBLIC"', '"SFETL"."LEDGER" (', '"CHAIN_HASH" = ?'],
)
@pytest.mark.parametrize("is_after", [False, True])
def test_failure_before_the_commit_leaves_the_table_as_it_was(
    running: RunningWarehouse, session: SnowflakeSession, words: str, is_after: bool
) -> None:
    publish(session, "one", 5)
    job = loaded_job(session, planned(session, "two"), 4)
    with (
        open_dying_session(running, words, is_after=is_after) as dying,
        pytest.raises(WarehouseUnavailableError),
    ):
        publish_month(job, dying, CLOCK)
    assert month_rows(session) == 5
    assert len(verified_chain(session)) == 1
    receipt = publish_month(job, session, CLOCK)
    assert (receipt.is_repeat, month_rows(session)) == (False, 4)
    assert len(verified_chain(session)) == 2


@pytest.mark.parametrize("is_after", [False, True])
def test_connection_lost_at_commit_is_decided_by_the_ledger(
    running: RunningWarehouse, session: SnowflakeSession, is_after: bool
) -> None:
    job = loaded_job(session, planned(session, "one"), 5)
    with (
        open_dying_session(running, "COMMIT", is_after=is_after) as dying,
        pytest.raises(TransientError, match="not known"),
    ):
        publish_month(job, dying, CLOCK)
    receipt = publish_month(job, session, CLOCK)
    assert receipt.is_repeat is is_after
    assert month_rows(session) == 5
    assert len(verified_chain(session)) == 1


@pytest.mark.parametrize("words", ['INSERT INTO "DEMO"."PUBLIC"', "COMMIT"])
def test_a_transaction_that_snowflake_ends_changes_nothing_and_a_retry_publishes_once(
    running: RunningWarehouse, session: SnowflakeSession, words: str
) -> None:
    publish(session, "one", 5)
    job = loaded_job(session, planned(session, "two"), 4)
    with EndedSession(open_connection(running.connection_parameters())) as ended:
        ended.end_transaction(words, session)
        with pytest.raises(TransactionEndedError):
            publish_month(job, ended, CLOCK)
        assert (month_rows(session), len(verified_chain(session))) == (5, 1)
        receipt = publish_month(job, ended, CLOCK)
        assert (receipt.is_repeat, month_rows(session)) == (False, 4)
        assert len(verified_chain(session)) == 2


def test_repeat_after_the_commit_gives_the_same_receipt(session: SnowflakeSession) -> None:
    job = loaded_job(session, planned(session, "one"), 5)
    first = publish_month(job, session, CLOCK)
    again = publish_month(job, session, CLOCK)
    assert again == first.model_copy(update={"is_repeat": True})
    assert (month_rows(session), len(verified_chain(session))) == (5, 1)


def change_load_table(session: SnowflakeSession, job: PublishJob, changes: str) -> None:
    session.query(f"UPDATE {quoted_table(job.outcome.load_table)} SET {changes}")


def test_merge_replaces_the_months_rows_of_the_same_key_and_adds_the_others(
    session: SnowflakeSession,
) -> None:
    config = sample_config(publish={"mode": "merge", "merge_keys": ["distance"]})
    publish(session, "other", 3, "2013-02")
    publish(session, "one", 3)
    plan = planned(session, "two").model_copy(update={"load_mode": "merge"})
    job = loaded_job(session, plan, 5, config)
    change_load_table(session, job, "\"CARRIER\" = 'BB'")
    receipt = publish_month(job, session, CLOCK)
    assert (receipt.rows_before, receipt.rows_inserted, receipt.rows_updated) == (3, 2, 3)
    assert (month_rows(session), month_rows(session, "2013-02")) == (5, 3)
    carriers = f'SELECT DISTINCT "CARRIER" FROM {TARGET} WHERE "FLIGHT_DATE" < \'2013-02-01\''
    assert session.query(carriers).rows == (("BB",),)
    again = loaded_job(
        session, planned(session, "three").model_copy(update={"load_mode": "merge"}), 3, config
    )
    change_load_table(session, again, '"DISTANCE" = 1')
    with pytest.raises(PublishRefusedError, match=r"\('1'\) in 3 rows"):
        publish_month(again, session, CLOCK)
    assert [entry.rows_after for entry in verified_chain(session)] == [3, 3, 5]


def test_append_adds_rows_and_a_file_once(session: SnowflakeSession) -> None:
    publish(session, "one", 3)
    job = loaded_job(session, planned(session, "two").model_copy(update={"load_mode": "append"}), 4)
    with pytest.raises(PublishRefusedError, match="is published, as"):
        publish_month(job, session, CLOCK)
    (staged,) = job.staged_files
    new = replace(job, staged_files=(staged.model_copy(update={"sha256": "cd" * 32}),))
    assert publish_month(new, session, CLOCK).rows_inserted == 4
    assert month_rows(session) == 7
    assert len(verified_chain(session)[-1].files) == 1


def test_rows_outside_the_month_loaded_twice_leave_the_same_table(session: SnowflakeSession) -> None:
    config = sample_config(publish={"outside_month": "reject", "max_shrink": 1})
    for run_id in ("one", "two"):
        job = loaded_job(session, planned(session, run_id), 5, config)
        cases = "WHEN 5 THEN '2013-02-01' WHEN 4 THEN NULL"
        moved = f'CASE "DISTANCE" {cases} ELSE "FLIGHT_DATE" END'
        change_load_table(session, job, f'"FLIGHT_DATE" = {moved}')
        receipt = publish_month(job, session, CLOCK)
        assert (receipt.rows_inserted, receipt.rows_rejected) == (3, 2)
    assert (month_rows(session), month_rows(session, "2013-02")) == (3, 0)
    table = '"DEMO"."SFETL"."REJECTED_ROWS"'
    kept = session.query(f'SELECT "REASON", "CONTENT" FROM {table} WHERE "GENERATION" = 2 ORDER BY "REASON"')
    assert [(reason, json.loads(str(content))) for reason, content in kept.rows] == [
        ("outside_month", {"FLIGHT_DATE": "2013-02-01", "CARRIER": "AA", "DISTANCE": "5"}),
        ("undated", {"FLIGHT_DATE": None, "CARRIER": "AA", "DISTANCE": "4"}),
    ]
    assert [entry.rows_rejected for entry in verified_chain(session)] == [2, 2]
    first, second = find_in_warehouse(session, "DEMO")
    assert (first.kind, first.month, first.size_bytes > 50) == ("rejected_rows", "2013-01", True)
    assert abs(first.newest - datetime.now(UTC)) < timedelta(minutes=5)
    remove_from_warehouse(session, first)
    assert find_in_warehouse(session, "DEMO") == (second,)


def test_rows_of_another_month_are_refused(session: SnowflakeSession) -> None:
    plan = planned(session, "one")
    job = loaded_job(session, plan, 5)
    name = job.outcome.load_table.name
    session.query(f'UPDATE "DEMO"."SFETL"."{name}" SET "FLIGHT_DATE" = \'2013-02-01\' WHERE "DISTANCE" = 5')
    with pytest.raises(PublishRefusedError, match="1 of them without a date in the month"):
        publish_month(job, session, CLOCK)
    assert (month_rows(session), verified_chain(session)) == (0, ())


def test_dropped_month_is_gone_once_and_its_load_starts_anew(session: SnowflakeSession) -> None:
    publish(session, "one", 5)
    publish(session, "other", 3, "2013-02")
    request = drop_request(session, "d" * 12)
    receipt = drop_month(request, CONFIG, session, CLOCK)
    again = drop_month(request, CONFIG, session, CLOCK)
    assert (receipt.rows_deleted, receipt.generation, again.is_repeat) == (5, 2, True)
    assert (month_rows(session), month_rows(session, "2013-02")) == (0, 3)
    assert publish(session, "two", 4).rows_before == 0
    assert [entry.action for entry in verified_chain(session)] == ["publish", "publish", "drop", "publish"]


def test_drop_after_another_change_is_refused(session: SnowflakeSession) -> None:
    publish(session, "one", 5)
    request = drop_request(session, "d" * 12)
    publish(session, "two", 4)
    with pytest.raises(GenerationConflictError, match="run two"):
        drop_month(request, CONFIG, session, CLOCK)
    assert month_rows(session) == 4


def test_drop_of_an_empty_month_is_refused(session: SnowflakeSession) -> None:
    with pytest.raises(DropRefusedError, match="nothing to drop"):
        drop_month(drop_request(session, "d" * 12), CONFIG, session, CLOCK)
    assert read_generation(session, "DEMO", "flights", "2013-01") == 0


def test_twenty_months_published_at_once_keep_one_chain(
    running: RunningWarehouse, session: SnowflakeSession
) -> None:
    months = [f"{year}-{number:02}" for year in (2012, 2013) for number in range(1, 11)]

    def load(month: str) -> PublishReceipt:
        with open_session(running) as own:
            return publish(own, f"run-{month}", 5, month)

    with ThreadPoolExecutor(len(months)) as pool:
        receipts = list(pool.map(load, months))
    assert sorted(receipt.ledger_sequence for receipt in receipts) == list(range(1, 21))
    assert len(verified_chain(session)) == 20
    assert [month_rows(session, month) for month in months] == [5] * 20


def test_two_loads_of_one_month_at_once_let_one_through(
    running: RunningWarehouse, session: SnowflakeSession
) -> None:
    jobs = [loaded_job(session, planned(session, run_id), rows) for run_id, rows in (("a", 3), ("b", 4))]

    def attempt(number: int) -> int | SfetlError:
        with open_session(running) as own:
            try:
                return publish_month(jobs[number], own, CLOCK).rows_inserted
            except GenerationConflictError as error:
                return error

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(attempt, range(2)))
    (published,) = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert month_rows(session) == published
    assert len(verified_chain(session)) == 1


def test_month_first_read_by_many_at_once_has_one_row(
    running: RunningWarehouse, session: SnowflakeSession
) -> None:
    def read(_: int) -> int:
        with open_session(running) as own:
            return read_generation(own, "DEMO", "flights", "2013-05")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(4))) == [0, 0, 0, 0]
    assert read_generation(session, "DEMO", "flights", "2013-05") == 0


def restore_request(session: SnowflakeSession, sequence: int) -> RestoreRequest:
    return RestoreRequest(
        preview=preview_restore(session, CONFIG, sequence),
        dag_id="restore_month",
        run_id=f"undo-{sequence}",
        run_key=f"{sequence:012}",
        actor="ada",
        approver="grace",
        reason="wrong file",
    )


def month_rows_in_order(session: SnowflakeSession) -> tuple[tuple[object, ...], ...]:
    return session.query(f'SELECT * FROM {TARGET} ORDER BY "FLIGHT_DATE"').rows


def test_drop_and_replacement_are_undone_to_exactly_the_rows_before(session: SnowflakeSession) -> None:
    publish(session, "other", 3, "2013-02")
    publish(session, "one", 5)
    as_published = month_rows_in_order(session)
    drop_month(drop_request(session, "d" * 12), CONFIG, session, CLOCK)
    undone = restore_month(restore_request(session, 3), CONFIG, session, CLOCK)
    assert (undone.rows_inserted, month_rows_in_order(session)) == (5, as_published)
    publish(session, "wrong", 4)
    request = restore_request(session, 5)
    restored = restore_month(request, CONFIG, session, CLOCK)
    assert (restored.rows_deleted, month_rows_in_order(session)) == (4, as_published)
    assert restore_month(request, CONFIG, session, CLOCK).is_repeat
    assert [(entry.action, entry.undoes) for entry in verified_chain(session)][2:] == [
        ("drop", 0),
        ("restore", 3),
        ("publish", 0),
        ("restore", 5),
    ]
    assert publish(session, "right", 6).rows_before == 5


@pytest.mark.parametrize("is_after", [False, True])
def test_restore_that_loses_its_commit_is_decided_by_the_ledger(
    running: RunningWarehouse, session: SnowflakeSession, is_after: bool
) -> None:
    publish(session, "one", 5)
    drop_month(drop_request(session, "d" * 12), CONFIG, session, CLOCK)
    request = restore_request(session, 2)
    with (
        open_dying_session(running, "COMMIT", is_after=is_after) as dying,
        pytest.raises(TransientError, match="not known"),
    ):
        restore_month(request, CONFIG, dying, CLOCK)
    assert restore_month(request, CONFIG, session, CLOCK).is_repeat is is_after
    assert (month_rows(session), len(verified_chain(session))) == (5, 3)


def open_limited_session(running: RunningWarehouse, session: SnowflakeSession) -> SnowflakeSession:
    """Log in with a role that may do what `sfetl init` prints, and no more."""
    for statement in (
        "CREATE ROLE LOADER",
        "CREATE USER LOADING DEFAULT_ROLE=LOADER DEFAULT_WAREHOUSE=LOCAL_WH",
        "GRANT ROLE LOADER TO USER LOADING",
        "GRANT USAGE ON WAREHOUSE LOCAL_WH TO ROLE LOADER",
        *grant_statements(CONFIG, "loader"),
    ):
        session.query(statement)
    return SnowflakeSession(open_connection({**running.connection_parameters(), "user": "LOADING"}))


def test_a_role_that_may_not_delete_leaves_month_and_ledger_as_they_were(
    running: RunningWarehouse, session: SnowflakeSession
) -> None:
    publish(session, "one", 5)
    request = drop_request(session, "d" * 12)
    with open_limited_session(running, session) as limited:
        session.query(f"REVOKE DELETE ON TABLE {TARGET} FROM ROLE LOADER")

        with pytest.raises(PrivilegeMissingError, match="GRANT DELETE ON TABLE"):
            drop_month(request, CONFIG, limited, CLOCK)

    assert (month_rows(session), len(verified_chain(session))) == (5, 1)


def test_a_month_of_a_table_without_a_past_comes_back_from_its_clone_with_the_grants_of_init(
    running: RunningWarehouse, session: SnowflakeSession
) -> None:
    session.query(f"ALTER TABLE {TARGET} SET DATA_RETENTION_TIME_IN_DAYS = 0")
    with open_limited_session(running, session) as limited:
        publish(limited, "one", 5)
        as_published = month_rows_in_order(session)
        receipt = drop_month(drop_request(limited, "d" * 12, recoverable_days=7), CONFIG, limited, CLOCK)
        assert receipt.kept_table.startswith("KEPT_FLIGHTS_201301_DDDDDDDDDDDD_")
        restore_month(restore_request(limited, 2), CONFIG, limited, CLOCK)
        assert month_rows_in_order(session) == as_published
        (kept,) = find_in_warehouse(limited, "DEMO")
        assert kept.kind == "kept_table"
        remove_from_warehouse(limited, kept)
        assert not find_in_warehouse(limited, "DEMO")
        with pytest.raises(PrivilegeMissingError):
            limited.query('DELETE FROM "DEMO"."SFETL"."LEDGER"')
