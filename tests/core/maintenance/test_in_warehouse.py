"""What runs left in Snowflake is found by its name, by the ledger or by its lease, and removed as what it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sfetl_provider.core.compute.leases import lease_of
from sfetl_provider.core.compute.resizing import enlarge
from sfetl_provider.core.compute.warehouse_state import session_warehouse
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.maintenance.in_warehouse import find_in_warehouse, remove_from_warehouse
from sfetl_provider.core.maintenance.leftover import Leftover
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import kept_table, load_table, scratch_table, stage_folder
from sfetl_provider.core.ports import StagedEntry
from tests.core.compute.scripted_compute import ScriptedCompute
from tests.core.load_samples import NOW, sample_plan
from tests.core.scripted_warehouse import rows_of

PLAN = sample_plan()
LEFT = {"feed": "flights", "month": "2013-01", "run_key": PLAN.run_key}
TABLES = ("created_on", "name", "bytes", "rows")


class LeftWarehouse(ScriptedCompute):
    """Schema SFETL with tables of these names, and a stage with these files unless there is none."""

    def __init__(self, *tables: str, files: tuple[str, ...] = (), has_stage: bool = True) -> None:
        super().__init__()
        self.files = files
        self.answer(
            "SHOW TABLES IN SCHEMA", rows_of(*((NOW, name, 10, 1) for name in tables), columns=TABLES)
        )
        self.answer("SHOW SCHEMAS", rows_of(("SFETL",), columns=("name",)))
        self.answer("SHOW STAGES", rows_of(*([("CHUNKS",)] if has_stage else []), columns=("name",)))
        self.answer("REMOVE", rows_of(("a", "removed")))

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        return [StagedEntry(path, 100, NOW.replace(day=at)) for at, path in enumerate(self.files, start=1)]


def leftover(kind: str, place: str) -> Leftover:
    where = {"database": "DEMO", "size_bytes": 1, "newest": NOW}
    return Leftover.model_validate({**LEFT, **where, "kind": kind, "place": place})


def staged(plan: MonthPlan, name: str) -> str:
    return f"{plan.feed}/{plan.month}/{plan.run_key}/{name}"


def test_tables_are_told_by_their_names_and_others_left_alone() -> None:
    kept = kept_table("DEMO", "flights", "2013-01", PLAN.run_key, date(2026, 12, 1)).name
    names = (load_table(PLAN, 2).name, scratch_table(PLAN, 2).name, kept, "LEDGER", "LOAD_OF_ANOTHER")

    loaded, scratch, clone = find_in_warehouse(LeftWarehouse(*names, has_stage=False), "DEMO")

    assert [left.kind for left in (loaded, scratch, clone)] == ["load_table", "load_table", "kept_table"]
    assert loaded.model_dump().items() >= LEFT.items()
    assert scratch.place.endswith('_A2_ERRORS"')
    assert (clone.until, clone.newest, clone.size_bytes) == (date(2026, 12, 1), NOW, 10)


def test_chunks_are_one_find_a_run_as_old_as_the_newest_of_them() -> None:
    other = sample_plan(run_id="manual__2")
    files = (
        staged(PLAN, "a/part-1"),
        staged(PLAN, "a/part-2"),
        staged(other, "b/part-1"),
        "_doctor/key/file",
    )

    first, second = find_in_warehouse(LeftWarehouse(files=files), "DEMO")

    assert (first.kind, first.place, first.size_bytes) == ("chunks", stage_folder(PLAN), 200)
    assert (first.newest.day, second.run_key) == (2, other.run_key)


def test_rejected_rows_are_found_by_publication_where_there_is_a_ledger() -> None:
    warehouse = LeftWarehouse("REJECTED_ROWS", "LEDGER")
    recorded = datetime(2026, 1, 2, 3, 4, 5)
    warehouse.answer("OCTET_LENGTH", rows_of(("flights", "2013-01", PLAN.run_key, 7, 700, recorded)))

    (left,) = find_in_warehouse(warehouse, "DEMO")

    assert (left.kind, left.size_bytes, left.newest) == ("rejected_rows", 700, recorded.replace(tzinfo=UTC))
    assert f"7 rows of flights 2013-01, run {PLAN.run_key}" in left.place
    assert find_in_warehouse(LeftWarehouse("REJECTED_ROWS"), "DEMO") == ()


def test_a_larger_warehouse_is_found_by_its_lease_or_by_its_mark_alone() -> None:
    warehouse = LeftWarehouse("WAREHOUSE_LEASES")
    state = session_warehouse(warehouse)
    assert state is not None
    enlarge(warehouse, "DEMO", lease_of(PLAN, "LOADS", "LARGE", NOW), state)

    (leased,) = find_in_warehouse(warehouse, "DEMO")
    warehouse.leases.clear()
    (marked,) = find_in_warehouse(warehouse, "DEMO")

    assert (leased.place, leased.run_id, leased.newest) == (f"LOADS for {PLAN.run_key}", "manual__1", NOW)
    assert (marked.place, marked.run_key, marked.newest.year) == ("LOADS", "", 1970)
    remove_from_warehouse(warehouse, leased)
    assert (warehouse.size, warehouse.comment) == ("XSMALL", "for loads")
    assert find_in_warehouse(warehouse, "DEMO") == ()


def test_without_our_schema_nothing_is_found() -> None:
    warehouse = LeftWarehouse()
    # LIKE does not tell upper from lower case.
    warehouse.answer("SHOW SCHEMAS", rows_of(("sfetl",), columns=("name",)))

    assert find_in_warehouse(warehouse, "DEMO") == ()
    assert warehouse.asked("SHOW TABLES") == []


@pytest.mark.parametrize(
    ("kind", "place", "statement"),
    [
        ("load_table", '"DEMO"."SFETL"."LOAD_X"', 'DROP TABLE IF EXISTS "DEMO"."SFETL"."LOAD_X"'),
        ("chunks", "@stage/flights/", "REMOVE '@stage/flights/'"),
        ("rejected_rows", "some", 'DELETE FROM "DEMO"."SFETL"."REJECTED_ROWS"'),
    ],
)
def test_each_is_removed_as_what_it_is(kind: str, place: str, statement: str) -> None:
    warehouse = LeftWarehouse()
    warehouse.answer("DELETE FROM", rows_of())

    remove_from_warehouse(warehouse, leftover(kind, place))

    assert warehouse.statements[-1].startswith(statement)


def test_chunks_that_stay_are_an_error() -> None:
    with pytest.raises(ReconciliationError, match="still on the stage"):
        remove_from_warehouse(LeftWarehouse(files=("x",)), leftover("chunks", "@s/"))
