"""Undoing a change: shown before, done once, and only as shown."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import (
    GenerationConflictError,
    LedgerError,
    ReconciliationError,
    RestoreRefusedError,
    StatementError,
)
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, chain
from sfetl_provider.core.ledger.month_rows import feed_month
from sfetl_provider.core.ports import QueryResult
from sfetl_provider.core.restore.preview import preview_restore
from sfetl_provider.core.restore.records import Past, RestorePreview, RestoreReceipt, RestoreRequest
from sfetl_provider.core.restore.restoration import restore_month
from sfetl_provider.core.restore.statements import earlier
from sfetl_provider.core.restore.wording import render_restore, require_allowed
from tests.core.golden_statements import QUERY_ID
from tests.core.load_samples import TABLE, sample_config, sample_facts
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse, changed, rows_of

LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'
RAISE = '"GENERATION" = "GENERATION" + 1'
PAST = "BEFORE (STATEMENT"
NOW_COUNT = 'SELECT COUNT(*) FROM "DEMO"."PUBLIC"."FLIGHTS" WHERE'
PAST_COUNT = 'SELECT COUNT(*) FROM "DEMO"."PUBLIC"."FLIGHTS" BEFORE'
COLUMNS_NOW = rows_of(columns=("FLIGHT_DATE", "CARRIER", "ADDED"))


def stored(**changes: object) -> QueryResult:
    facts = sample_facts(
        **{
            "action": "drop",
            "rows_before": 5,
            "rows_inserted": 0,
            "query_ids": {"delete": QUERY_ID},
            **changes,
        }
    )
    return rows_of(entry_binds(chain(facts, ChainEnd(sequence=0, hash=""))), columns=tuple(COLUMNS))


def restorable(entry: QueryResult | None = None) -> ScriptedWarehouse:
    warehouse = ScriptedWarehouse()
    warehouse.answer("INSERT INTO", changed(1))
    warehouse.answer('INSERT INTO "DEMO"."PUBLIC"."FLIGHTS"', changed(5))
    warehouse.answer('UPDATE "DEMO"', changed(1))
    warehouse.answer(RAISE, changed(1))
    warehouse.answer(LEDGER, rows_of())
    warehouse.answer('"RUN_KEY" = ?', stored(action="restore"), after="COMMIT")
    warehouse.answer('"SEQUENCE" = ?', entry or stored())
    warehouse.answer('SELECT "GENERATION" FROM', rows_of((2,)))
    warehouse.answer('SELECT "GENERATION", "CHAIN_HASH"', rows_of((2, "f" * 64)))
    warehouse.answer("LIMIT 0", COLUMNS_NOW)
    warehouse.answer(
        f'SELECT * FROM "DEMO"."PUBLIC"."FLIGHTS" {PAST}', rows_of(columns=("FLIGHT_DATE", "CARRIER"))
    )
    warehouse.answer(NOW_COUNT, rows_of((3,)), rows_of((3,)), rows_of((5,)))
    warehouse.answer(PAST_COUNT, rows_of((5,)))
    warehouse.answer("DELETE FROM", changed(3))
    return warehouse


def request(warehouse: ScriptedWarehouse) -> RestoreRequest:
    return RestoreRequest(
        preview=preview_restore(warehouse, sample_config(), 1),
        dag_id="restore_month",
        run_id="manual__9",
        run_key="abcabcabcabc",
        actor="ada",
        approver="grace",
        reason="sent twice",
        is_insecure=True,
    )


def restore(warehouse: ScriptedWarehouse) -> RestoreReceipt:
    return restore_month(request(warehouse), sample_config(), warehouse, ManualClock())


def test_a_restore_replaces_the_month_by_what_it_was() -> None:
    warehouse = restorable()
    receipt = restore(warehouse)
    assert (receipt.rows_deleted, receipt.rows_inserted, receipt.undoes) == (3, 5, 1)
    assert (receipt.generation, receipt.ledger_sequence, receipt.is_repeat) == (3, 3, False)
    assert receipt.is_insecure
    (statement,) = warehouse.asked('INSERT INTO "DEMO"."PUBLIC"."FLIGHTS" ("FLIGHT_DATE", "CARRIER")')
    assert f"BEFORE (STATEMENT => '{QUERY_ID}')" in statement


def test_a_first_publication_is_undone_without_time_travel() -> None:
    warehouse = restorable(stored(action="publish", rows_before=0, query_ids={"insert": QUERY_ID}))
    warehouse.answer(NOW_COUNT, rows_of((3,)), rows_of((3,)), rows_of((0,)))
    assert restore(warehouse).rows_inserted == 0
    assert not warehouse.asked(PAST)


def test_a_repeat_gives_the_ledgers_receipt_and_changes_nothing() -> None:
    warehouse = restorable()
    asked = request(warehouse)
    warehouse.answer('"RUN_KEY" = ?', stored(action="restore", undoes=1, rows_inserted=5))
    warehouse.answer(NOW_COUNT, rows_of((5,)))
    assert restore_month(asked, sample_config(), warehouse, ManualClock()).is_repeat
    assert "BEGIN" not in warehouse.statements


@pytest.mark.parametrize(
    ("words", "answer", "error"),
    [
        (RAISE, changed(0), GenerationConflictError),
        (NOW_COUNT, rows_of((4,)), RestoreRefusedError),
        (PAST_COUNT, rows_of((4,)), RestoreRefusedError),
        (PAST_COUNT, StatementError("gone", code=707), RestoreRefusedError),
        ("DELETE FROM", changed(4), ReconciliationError),
        ('INSERT INTO "DEMO"."PUBLIC"."FLIGHTS"', changed(4), ReconciliationError),
    ],
)
def test_anything_but_the_preview_is_rolled_back(
    words: str, answer: QueryResult | BaseException, error: type[BaseException]
) -> None:
    warehouse = restorable()
    asked = request(warehouse)
    warehouse.answer(words, answer)
    with pytest.raises(error):
        restore_month(asked, sample_config(), warehouse, ManualClock())
    assert warehouse.transaction_words[-1] == "ROLLBACK"


@pytest.mark.parametrize(
    ("words", "answer", "message"),
    [
        ('"SEQUENCE" = ?', rows_of(), "no row 1"),
        ('"SEQUENCE" = ?', stored(table_name='"A"."B"."C"'), "no longer the feed's table"),
        (PAST_COUNT, rows_of((4,)), "held 5 rows by the ledger; Time Travel shows 4"),
        (PAST_COUNT, StatementError("gone", code=707), "no longer shows"),
        (
            f'SELECT * FROM "DEMO"."PUBLIC"."FLIGHTS" {PAST}',
            StatementError("gone", code=707),
            "no longer shows",
        ),
        (
            f'SELECT * FROM "DEMO"."PUBLIC"."FLIGHTS" {PAST}',
            rows_of(columns=("OLD",)),
            "lost columns since: OLD",
        ),
    ],
)
def test_what_cannot_be_brought_back_is_refused_in_the_preview(
    words: str, answer: QueryResult | BaseException, message: str
) -> None:
    warehouse = restorable()
    warehouse.answer(words, answer)
    with pytest.raises(RestoreRefusedError, match=message):
        preview_restore(warehouse, sample_config(), 1)


def test_later_changes_are_undone_only_when_asked() -> None:
    warehouse = restorable()
    warehouse.answer('"SEQUENCE" > ?', stored(run_id="later"))
    preview = preview_restore(warehouse, sample_config(), 1)
    with pytest.raises(RestoreRefusedError, match="run later"):
        require_allowed(preview, may_undo_later=False)
    require_allowed(preview, may_undo_later=True)
    assert "hold **5 rows** instead of 3" in render_restore(preview)
    assert "Undone with it: drop by ada" in render_restore(preview)


def test_a_month_without_rows_then_and_now_is_refused() -> None:
    preview = RestorePreview(
        feed="flights",
        month="2013-01",
        table=TABLE,
        undoes=1,
        undone="",
        past=None,
        columns=(),
        rows_now=0,
        rows_back=0,
        later=(),
        generation=1,
    )
    with pytest.raises(RestoreRefusedError, match="no rows now"):
        require_allowed(preview, may_undo_later=True)


def test_what_is_no_query_id_never_becomes_sql() -> None:
    with pytest.raises(LedgerError, match="no query id"):
        earlier(feed_month(sample_config(), "2013-01"), Past(statement_id="x') OR 1"))


def test_rows_come_from_the_clone_that_the_drop_kept() -> None:
    warehouse = restorable(stored(kept_table="KEPT_FLIGHTS"))
    warehouse.answer('FROM "DEMO"."SFETL"."KEPT_FLIGHTS" LIMIT 0', rows_of(columns=("FLIGHT_DATE",)))
    warehouse.answer('SELECT COUNT(*) FROM "DEMO"."SFETL"."KEPT_FLIGHTS"', rows_of((5,)))
    assert restore(warehouse).rows_inserted == 5
    assert not warehouse.asked(PAST)
