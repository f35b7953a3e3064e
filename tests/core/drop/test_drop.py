"""Dropping a month: shown before, done once, and only as shown."""

from __future__ import annotations

from datetime import date

import pytest

from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.drop.preview import Recovery, preview_month
from sfetl_provider.core.drop.records import DropReceipt, DropRequest
from sfetl_provider.core.errors import DropRefusedError, GenerationConflictError, ReconciliationError
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, chain
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.ports import QueryResult
from tests.core.load_samples import sample_config, sample_facts
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse, changed, rows_of

LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'
RAISE = '"GENERATION" = "GENERATION" + 1'
COUNT_MONTH = 'SELECT COUNT(*) FROM "DEMO"."PUBLIC"."FLIGHTS"'
REQUEST = DropRequest(
    feed="flights",
    month="2013-01",
    generation=1,
    rows=5,
    keep_until=None,
    dag_id="drop_month",
    run_id="manual__9",
    run_key="abcabcabcabc",
    actor="ada",
    approver="grace",
    reason="sent twice",
)


RECOVERY = Recovery(days=7, today=date(2013, 3, 1))
KEPT = '"DEMO"."SFETL"."KEPT_FLIGHTS_201301_ABCABCABCABC_20130308"'

FACTS = "INFORMATION_SCHEMA.TABLES"


def droppable(counted: int = 5) -> ScriptedWarehouse:
    warehouse = ScriptedWarehouse()
    warehouse.answer("INSERT INTO", changed(1))
    warehouse.answer('UPDATE "DEMO"', changed(1))
    warehouse.answer(RAISE, changed(1))
    warehouse.answer(LEDGER, rows_of())
    warehouse.answer('"RUN_KEY" = ?', stored(action="drop"), after="COMMIT")
    warehouse.answer('SELECT "GENERATION", "CHAIN_HASH"', rows_of((1, "f" * 64)))
    warehouse.answer(COUNT_MONTH, rows_of((counted,)), rows_of((0,)))
    warehouse.answer("DELETE FROM", changed(counted))
    return warehouse


def drop(warehouse: ScriptedWarehouse) -> DropReceipt:
    return drop_month(REQUEST, sample_config(), warehouse, ManualClock())


def stored(**changes: object) -> QueryResult:
    entry = chain(sample_facts(**changes), ChainEnd(sequence=0, hash=""))
    return rows_of(entry_binds(entry), columns=tuple(COLUMNS))


def previewing(totals: tuple[object, ...]) -> ScriptedWarehouse:
    warehouse = ScriptedWarehouse()
    warehouse.answer('SELECT "GENERATION" FROM', rows_of((3,)))
    warehouse.answer("SELECT COUNT(CASE", rows_of(totals))
    warehouse.answer("LIMIT 10", rows_of(("2013-01-01", None, "1400")))
    warehouse.answer(LEDGER, stored())
    warehouse.answer(FACTS, rows_of((90, "NO")))
    return warehouse


def test_preview_shows_what_would_go() -> None:
    preview = preview_month(
        previewing((5, 20, "2013-01-01", "2013-01-31")), sample_config(), Month(2013, 1), RECOVERY
    )
    assert (preview.rows, preview.total_rows, preview.share, preview.generation) == (5, 20, 0.25, 3)
    assert (preview.first, preview.last) == ("2013-01-01", "2013-01-31")
    assert preview.sample == (("2013-01-01", "", "1400"),)
    assert "publish by ada at 2026-11-21 01:02:03 UTC (ledger row 1, run manual__1" in preview.last_change


def test_preview_of_an_empty_table() -> None:
    warehouse = previewing((0, 0, None, None))
    warehouse.answer(LEDGER, rows_of())
    preview = preview_month(warehouse, sample_config(), Month(2013, 1), RECOVERY)
    assert (preview.share, preview.first) == (0.0, "")
    assert "no change" in preview.last_change


def test_month_is_deleted_with_its_ledger_row() -> None:
    warehouse = droppable()
    receipt = drop(warehouse)
    assert (receipt.rows_deleted, receipt.generation, receipt.ledger_sequence) == (5, 2, 2)
    assert receipt.delete_query_id == receipt.query_ids["delete"]
    assert not receipt.is_repeat
    (place,) = (n for n, text in enumerate(warehouse.statements) if text.startswith("INSERT"))
    assert {"drop", "ada", "grace", "sent twice", "manual__9"} <= set(warehouse.binds[place])


def test_a_drop_over_an_insecure_connection_says_so_in_its_receipt() -> None:
    insecure = REQUEST.model_copy(update={"is_insecure": True})
    assert drop_month(insecure, sample_config(), droppable(), ManualClock()).is_insecure
    assert not drop(droppable()).is_insecure


def test_repeat_gives_the_ledgers_receipt_and_changes_nothing() -> None:
    warehouse = droppable()
    warehouse.answer(
        LEDGER, stored(action="drop", rows_deleted=5, rows_inserted=0, query_ids={"delete": "d1"})
    )
    warehouse.answer(COUNT_MONTH, rows_of((0,)))
    receipt = drop(warehouse)
    assert (receipt.is_repeat, receipt.delete_query_id) == (True, "d1")
    assert "BEGIN" not in warehouse.statements


@pytest.mark.parametrize(
    ("words", "answer", "error"),
    [
        (RAISE, changed(0), GenerationConflictError),
        (COUNT_MONTH, rows_of((0,)), DropRefusedError),
        (COUNT_MONTH, rows_of((6,)), DropRefusedError),
        ("DELETE FROM", changed(6), ReconciliationError),
    ],
)
def test_anything_but_the_preview_is_rolled_back(
    words: str, answer: QueryResult, error: type[BaseException]
) -> None:
    warehouse = droppable()
    warehouse.answer(words, answer)
    with pytest.raises(error):
        drop(warehouse)
    assert warehouse.transaction_words[-1] == "ROLLBACK"


def test_rows_left_after_the_commit_are_a_fault() -> None:
    warehouse = droppable()
    warehouse.answer(COUNT_MONTH, rows_of((5,)), rows_of((1,)))
    warehouse.answer('SELECT "GENERATION" FROM', rows_of((2,)))
    with pytest.raises(ReconciliationError, match="holds 1 rows of 2013-01, the drop left 0") as raised:
        drop(warehouse)
    assert raised.value.stage == "drop"


@pytest.mark.parametrize(
    ("value", "days", "kept"), [("90", 14, None), ("1", 1, date(2013, 3, 8)), ("0", 0, date(2013, 3, 8))]
)
def test_a_clone_is_kept_where_time_travel_does_not_reach(value: str, days: int, kept: date | None) -> None:
    warehouse = previewing((5, 20, "2013-01-01", "2013-01-31"))
    warehouse.answer(FACTS, rows_of((value, "NO")))
    preview = preview_month(warehouse, sample_config(), Month(2013, 1), RECOVERY)
    assert (preview.reach_days, preview.keep_until) == (days, kept)


def keeping(counted: int) -> ScriptedWarehouse:
    warehouse = droppable()
    warehouse.answer(FACTS, rows_of((0, "YES")))
    warehouse.answer(f"SELECT COUNT(*) FROM {KEPT}", rows_of((counted,)))
    return warehouse


def test_the_clone_is_taken_before_the_transaction_and_recorded() -> None:
    warehouse = keeping(5)
    request = REQUEST.model_copy(update={"keep_until": date(2013, 3, 8)})
    receipt = drop_month(request, sample_config(), warehouse, ManualClock())
    (clone,) = warehouse.asked(" CLONE ")
    assert clone.startswith(f"CREATE TRANSIENT TABLE IF NOT EXISTS {KEPT} CLONE")
    assert warehouse.statements.index(clone) < warehouse.statements.index("BEGIN")
    assert receipt.kept_table == "KEPT_FLIGHTS_201301_ABCABCABCABC_20130308"


def test_nothing_is_deleted_when_the_clone_lacks_rows() -> None:
    warehouse = keeping(4)
    request = REQUEST.model_copy(update={"keep_until": date(2013, 3, 8)})
    with pytest.raises(DropRefusedError, match="holds 4 rows of 2013-01, the preview showed 5"):
        drop_month(request, sample_config(), warehouse, ManualClock())
    assert "BEGIN" not in warehouse.statements


def test_a_table_that_is_not_there_is_refused() -> None:
    warehouse = previewing((5, 20, "2013-01-01", "2013-01-31"))
    warehouse.answer(FACTS, rows_of())
    with pytest.raises(DropRefusedError, match="does not exist"):
        preview_month(warehouse, sample_config(), Month(2013, 1), RECOVERY)
