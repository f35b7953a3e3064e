"""A virtual warehouse before, during and after loads, over the local warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.compute.leases import Lease, end_leases, leases
from sfetl_provider.core.compute.resizing import enlarge, give_back, read_mark, settle
from sfetl_provider.core.compute.use import ComputeUse, history_start, read_use
from sfetl_provider.core.compute.warehouse_state import WarehouseState, session_warehouse, wake
from sfetl_provider.core.errors import ComputeUnavailableError, PrivilegeMissingError
from sfetl_provider.core.ledger.grants import grant_statements
from sfetl_provider.core.ledger.lookup import chain_end, entries
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.ledger.verification import verify
from sfetl_provider.core.maintenance.in_warehouse import find_in_warehouse, remove_from_warehouse
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.publish.receipt import statement_ids
from tests.integration.loading_bench import (
    CLOCK,
    CONFIG,
    loaded_job,
    make_target,
    open_dying_session,
    open_session,
    planned,
)

DATABASE = "DEMO"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningWarehouse]:
    with running_warehouse() as started, open_session(started) as session:
        make_target(session)
        yield started


@pytest.fixture
def session(running: RunningWarehouse) -> Iterator[SnowflakeSession]:
    """A session on a warehouse of the test's own, X-Small."""
    with open_session(running) as opened:
        opened.query("CREATE OR REPLACE WAREHOUSE LOADS WAREHOUSE_SIZE = XSMALL COMMENT = 'of the loads'")
        yield opened


def now(session: SnowflakeSession) -> WarehouseState:
    found = session_warehouse(session)
    assert found is not None
    return found


def want(session: SnowflakeSession, key: str, size: Any = "LARGE", database: str = DATABASE) -> str:
    """Begin what a load begins."""
    lease = Lease(
        warehouse="LOADS",
        run_key=key,
        dag_id="load_flights",
        run_id=f"manual__{key}",
        feed="flights",
        month="2013-01",
        size_wanted=size,
        taken_at=CLOCK.now(),
    )
    return enlarge(session, database, lease, now(session))


def test_the_last_of_two_loads_gives_back_what_was_before(session: SnowflakeSession) -> None:
    assert want(session, "a") == "LOADS has LARGE for loads."
    assert want(session, "b", "XLARGE") == "LOADS has XLARGE for loads."
    want(session, "b", "XLARGE")

    assert give_back(session, DATABASE, "b") == ("LOADS has LARGE for loads.",)
    mark = read_mark(now(session).comment)
    assert (mark and mark.before, [lease.run_key for lease in leases(session, DATABASE)]) == ("XSMALL", ["a"])
    assert give_back(session, DATABASE, "a") == ("LOADS has XSMALL.",)
    assert give_back(session, DATABASE, "a") == ()
    assert (now(session).size, now(session).comment) == ("XSMALL", "of the loads")
    assert leases(session, DATABASE) == ()


@pytest.mark.parametrize(("at", "is_after"), [("ALTER WAREHOUSE", False), ("ALTER WAREHOUSE", True)])
def test_a_load_that_dies_while_it_resizes_leaves_what_gives_it_back(
    running: RunningWarehouse, session: SnowflakeSession, at: str, is_after: bool
) -> None:
    for begin in (True, False):
        with open_dying_session(running, at, is_after=is_after) as dying:
            dying.query("USE WAREHOUSE LOADS") if begin else None
            with pytest.raises(Exception, match="connection reset"):
                want(dying, "a") if begin else give_back(dying, DATABASE, "a")
        if begin:
            want(session, "a")
            assert now(session).size == "LARGE"

    give_back(session, DATABASE, "a")
    assert (now(session).size, now(session).comment) == ("XSMALL", "of the loads")
    assert leases(session, DATABASE) == ()


def test_maintenance_gives_back_what_killed_loads_left(session: SnowflakeSession) -> None:
    want(session, "a")
    want(session, "b", "XLARGE")

    found = find_in_warehouse(session, DATABASE)

    assert [(left.kind, left.feed, left.run_id, left.place) for left in found] == [
        ("warehouse_size", "flights", "manual__a", "LOADS for a"),
        ("warehouse_size", "flights", "manual__b", "LOADS for b"),
    ]
    remove_from_warehouse(session, found[1])
    assert now(session).size == "LARGE"
    # As if the other load had been killed between ending its lease and giving the size back.
    end_leases(session, DATABASE, "a")
    (left,) = find_in_warehouse(session, DATABASE)
    assert (left.kind, left.place, left.run_key) == ("warehouse_size", "LOADS", "")
    remove_from_warehouse(session, left)
    assert (now(session).size, find_in_warehouse(session, DATABASE)) == ("XSMALL", ())


def test_what_somebody_else_made_of_it_meanwhile_is_left(session: SnowflakeSession) -> None:
    want(session, "a")
    session.query("ALTER WAREHOUSE LOADS SET WAREHOUSE_SIZE = MEDIUM")

    give_back(session, DATABASE, "a")

    assert (now(session).size, now(session).comment) == ("MEDIUM", "of the loads")
    assert want(session, "c", "SMALL") == "LOADS has MEDIUM."
    give_back(session, DATABASE, "c")


def test_a_late_way_back_of_another_load_is_undone(session: SnowflakeSession) -> None:
    want(session, "a")
    session.query("ALTER WAREHOUSE LOADS SET WAREHOUSE_SIZE = XSMALL COMMENT = 'of the loads'")

    assert settle(session, DATABASE, "LOADS") == "LOADS has LARGE for loads."
    give_back(session, DATABASE, "a")
    assert now(session).size == "XSMALL"


def test_loads_of_another_database_do_not_resize_it_too(session: SnowflakeSession) -> None:
    want(session, "a")

    assert "was resized for loads of database DEMO" in want(session, "x", "X6LARGE", "OTHER")
    assert (now(session).size, give_back(session, DATABASE, "a")) == ("LARGE", ("LOADS has XSMALL.",))


def test_a_role_without_modify_is_told_the_grant_and_leaves_no_trace(
    running: RunningWarehouse, session: SnowflakeSession
) -> None:
    session.query("CREATE ROLE IF NOT EXISTS LOADER")
    user = session.query("SELECT CURRENT_USER()").scalar()
    session.query(f"GRANT ROLE LOADER TO USER {user}")
    for statement in ("GRANT USAGE ON WAREHOUSE LOADS TO ROLE LOADER", *grant_statements(CONFIG, "LOADER")):
        session.query(statement)
    session.query("USE ROLE LOADER")

    with pytest.raises(PrivilegeMissingError, match='GRANT MODIFY ON WAREHOUSE "LOADS"'):
        want(session, "a")

    assert give_back(session, DATABASE, "a") == ()
    assert (leases(session, DATABASE), now(session).size) == ((), "XSMALL")


def test_only_a_warehouse_that_nothing_else_wakes_is_woken(session: SnowflakeSession) -> None:
    assert wake(session) == ""
    session.query("ALTER WAREHOUSE LOADS SUSPEND")
    assert (now(session).is_suspended, wake(session)) == (True, "")
    session.query("ALTER WAREHOUSE LOADS SET AUTO_RESUME = FALSE")
    with pytest.raises(ComputeUnavailableError):
        session.query("SELECT COUNT(*) FROM DEMO.SFETL.LEDGER")

    assert wake(session) == "LOADS"
    prepare(session, CONFIG)


def test_what_statements_took_is_read_by_warehouse_and_size(session: SnowflakeSession) -> None:
    began = CLOCK.now()
    ids = [
        session.query(f"CREATE OR REPLACE TABLE DEMO.PUBLIC.T{n} AS SELECT * FROM DEMO.SFETL.LEDGER").query_id
        for n in range(2)
    ]
    ids.append(session.query("SHOW TABLES IN SCHEMA DEMO.PUBLIC").query_id)
    session.query("ALTER WAREHOUSE LOADS SET WAREHOUSE_SIZE = SMALL")
    ids.append(session.query("CREATE TABLE DEMO.PUBLIC.T3 AS SELECT * FROM DEMO.SFETL.LEDGER").query_id)

    found = read_use(session, DATABASE, ids, history_start(began, CLOCK.now()))

    assert sorted((use.warehouse, use.size, use.statements) for use in found) == [
        ("LOADS", "SMALL", 1),
        ("LOADS", "XSMALL", 2),
    ]
    for use in found:
        rate = {"XSMALL": 1, "SMALL": 2}[use.size]
        assert use.seconds > 0
        assert use.credits == round(rate * use.seconds / 3600, 6)
    assert read_use(session, DATABASE, (), began) == ()


def test_the_ledger_keeps_what_copy_took_within_its_chain(session: SnowflakeSession) -> None:
    job = loaded_job(session, planned(session, "one"), 5)
    use = ComputeUse(
        warehouse="LOADS",
        size="LARGE",
        statements=3,
        seconds=90.5,
        queued_seconds=0.25,
        credits=0.201111,
        cloud_credits=0.000012,
    )
    outcome = job.outcome.model_copy(update={"compute": (use,)})

    receipt = publish_month(replace(job, outcome=outcome), session, CLOCK)

    (entry,) = entries(session, DATABASE, "flights")
    assert [ComputeUse.from_json(kept) for kept in json.loads(entry.compute)] == [use]
    assert verify((entry,), chain_end(session, DATABASE, "flights")) is None
    began = history_start(CLOCK.now(), CLOCK.now())
    (published,) = read_use(session, DATABASE, statement_ids(receipt), began)
    assert (published.warehouse, published.size) == ("LOADS", "XSMALL")
    assert published.statements >= 2
