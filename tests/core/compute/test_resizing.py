"""A warehouse made larger for loads and given back, whoever else changes it meanwhile."""

from __future__ import annotations

import pytest

from sfetl_provider.core.compute.advice import LoadSize
from sfetl_provider.core.compute.leases import Lease, lease_of
from sfetl_provider.core.compute.preparation import prepare_warehouse
from sfetl_provider.core.compute.resizing import enlarge, give_back, settle
from sfetl_provider.core.compute.use import history_start, read_use
from sfetl_provider.core.compute.warehouse_state import session_warehouse, wake
from sfetl_provider.core.warehouse_size import SizeName
from tests.core.compute.scripted_compute import ScriptedCompute
from tests.core.load_samples import NOW, sample_plan
from tests.core.scripted_warehouse import rows_of

MARKED = "for loads [sfetl: XSMALL -> LARGE for loads of DEMO]"


def lease(run_id: str = "manual__1", size: SizeName = "LARGE") -> Lease:
    return lease_of(sample_plan(run_id=run_id), "LOADS", size, NOW)


def grown(compute: ScriptedCompute, wanted: Lease) -> str:
    state = session_warehouse(compute)
    assert state is not None
    return enlarge(compute, "DEMO", wanted, state)


def test_two_loads_share_the_larger_size_and_the_last_gives_it_back() -> None:
    compute = ScriptedCompute()
    first, second = lease("a"), lease("b", "MEDIUM")

    assert grown(compute, first) == "LOADS has LARGE for loads."
    assert (compute.size, compute.comment) == ("LARGE", MARKED)
    assert grown(compute, first) == grown(compute, second) == "LOADS has LARGE for loads."
    assert len(compute.leases) == 2
    assert give_back(compute, "DEMO", first.run_key) == ("LOADS has MEDIUM for loads.",)
    assert give_back(compute, "DEMO", second.run_key) == ("LOADS has XSMALL.",)
    assert (compute.size, compute.comment, compute.leases) == ("XSMALL", "for loads", [])
    assert give_back(compute, "DEMO", second.run_key) == ()


def test_one_that_is_large_enough_stays_as_it_is() -> None:
    compute = ScriptedCompute("X-Large")

    assert grown(compute, lease()) == "LOADS has XLARGE."
    assert compute.asked("ALTER") == []


def test_one_resized_for_another_database_is_not_touched() -> None:
    compute = ScriptedCompute("Large", MARKED.replace("DEMO", "OTHER"))

    assert "resized for loads of database OTHER" in grown(compute, lease())
    assert (compute.leases, compute.asked("ALTER")) == ([], [])
    assert give_back(compute, "DEMO", "x") == ()


def test_a_size_that_somebody_else_set_is_left_and_only_the_mark_goes() -> None:
    compute = ScriptedCompute("Medium", MARKED)

    assert settle(compute, "DEMO", "LOADS") == "LOADS has MEDIUM."
    assert compute.comment == "for loads"


def test_a_warehouse_that_others_change_all_the_time_is_left_to_them() -> None:
    compute = ScriptedCompute()
    compute.meddling = ["SMALL", "MEDIUM"] * 5

    assert "was changed by others at the same time" in grown(compute, lease())


def test_a_warehouse_that_is_gone_is_told() -> None:
    compute = ScriptedCompute()
    compute.is_gone = True

    assert settle(compute, "DEMO", "LOADS").startswith("LOADS is gone")


@pytest.mark.parametrize(("resume", "woken"), [("true", ""), ("false", "LOADS")])
def test_only_one_that_nothing_resumes_is_woken(resume: str, woken: str) -> None:
    compute = ScriptedCompute(state="SUSPENDED")
    compute.auto_resume = resume

    assert wake(compute) == woken
    assert compute.state == ("STARTED" if woken else "SUSPENDED")


def test_before_a_load_it_is_resized_where_asked_and_told_with_advice() -> None:
    compute, load = ScriptedCompute(), LoadSize(16, 1_000_000, 16)

    (looked,) = prepare_warehouse(compute, sample_plan(), None, load, NOW)
    resized, described = prepare_warehouse(compute, sample_plan(), "SMALL", load, NOW)

    assert looked.startswith("Warehouse LOADS: XSMALL, started")
    assert resized == "LOADS has SMALL for loads."
    assert described.startswith("Warehouse LOADS: SMALL, started")


def test_a_session_without_a_warehouse_is_told_nothing() -> None:
    compute = ScriptedCompute()
    compute.is_gone = True

    assert prepare_warehouse(compute, sample_plan(), "LARGE", LoadSize(1, 1, 1), NOW) == ()
    assert wake(compute) == ""


def test_use_is_summed_by_warehouse_and_size_and_estimated_where_a_rate_is_documented() -> None:
    compute = ScriptedCompute()
    columns = ("WAREHOUSE_NAME", "WAREHOUSE_SIZE", "WAREHOUSE_TYPE", "STATEMENTS")
    rows = (
        ("LOADS", "Small", "STANDARD", 3, 1_800_000, 500, 0.25),
        ("PARK", "Medium", "SNOWPARK-OPTIMIZED", 1, 2_000, None, None),
        ("WIDE", "Adaptive", "STANDARD", 1, 1, 1, None),
    )
    history = rows_of(*rows, columns=(*columns, "MILLISECONDS", "QUEUED", "CLOUD_CREDITS"))
    compute.answer("QUERY_HISTORY_BY_USER", history)

    standard, snowpark = read_use(compute, "DEMO", ("a", "b"), NOW)

    assert (standard.warehouse, standard.size, standard.statements) == ("LOADS", "SMALL", 3)
    assert (standard.seconds, standard.queued_seconds) == (1800, 0.5)
    assert (standard.credits, standard.cloud_credits) == (1.0, 0.25)
    assert (snowpark.warehouse, snowpark.credits, snowpark.cloud_credits) == ("PARK", None, 0)
    assert compute.binds[0] == ("a", "b")
    assert read_use(compute, "DEMO", (), NOW) == ()


def test_the_history_is_asked_from_an_hour_before_and_never_further_than_a_week() -> None:
    week_ago = NOW.replace(day=14)

    assert (NOW - history_start(NOW, NOW)).total_seconds() == 3600
    assert week_ago < history_start(NOW.replace(day=1), NOW) < week_ago.replace(hour=3)
