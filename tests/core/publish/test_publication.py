"""Publication, refusal by refusal: what does not add up is rolled back, what was done is not done again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sfetl_provider.core.errors import (
    GenerationConflictError,
    PublishRefusedError,
    ReconciliationError,
    SmallerReplacementError,
    StatementError,
    TransactionEndedError,
    TransientError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds, entry_of_row
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry, chain
from sfetl_provider.core.ports import QueryResult
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.publish.receipt import PublishReceipt
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.qc.report import Finding, QcVerdict
from tests.core.load_samples import (
    PASSED,
    sample_config,
    sample_facts,
    sample_outcome,
    sample_plan,
    sample_staged_file,
)
from tests.core.scripted_warehouse import ManualClock, ScriptedWarehouse, changed, rows_of

LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'
RAISE = '"GENERATION" = "GENERATION" + 1'
OWN_ROW = '"RUN_KEY" = ?'
LOAD_CHECK = "SELECT COUNT(*), COUNT(CASE"
COUNT_MONTH = 'SELECT COUNT(*) FROM "DEMO"."PUBLIC"."FLIGHTS"'
DELETE = 'DELETE FROM "DEMO"."PUBLIC"."FLIGHTS"'
INSERT = 'INSERT INTO "DEMO"."PUBLIC"."FLIGHTS"'


def publishable(rows_before: int = 4) -> ScriptedWarehouse:
    warehouse = ScriptedWarehouse()
    warehouse.answer("INSERT INTO", changed(1))
    warehouse.answer('UPDATE "DEMO"', changed(1))
    warehouse.answer(RAISE, changed(1))
    warehouse.answer(LEDGER, rows_of())
    warehouse.answer(OWN_ROW, stored(chain(sample_facts(), ChainEnd(sequence=0, hash=""))), after="COMMIT")
    warehouse.answer('SELECT "GENERATION", "CHAIN_HASH"', rows_of((0, "")))
    warehouse.answer(LOAD_CHECK, rows_of((5, 0)))
    warehouse.answer(COUNT_MONTH, rows_of((rows_before,)), rows_of((5,)))
    warehouse.answer(DELETE, changed(rows_before))
    warehouse.answer(INSERT, changed(5))
    return warehouse


def job(**changes: object) -> PublishJob:
    plan = sample_plan(**changes)
    return PublishJob(plan, sample_config(), (sample_staged_file(),), sample_outcome(plan, attempt=2), PASSED)


def publish(warehouse: ScriptedWarehouse) -> PublishReceipt:
    return publish_month(job(), warehouse, ManualClock())


def stored(entry: LedgerEntry) -> QueryResult:
    return rows_of(entry_binds(entry), columns=tuple(COLUMNS))


def test_month_is_replaced_in_one_transaction() -> None:
    warehouse = publishable()
    receipt = publish(warehouse)
    in_order = "BEGIN UPDATE SELECT SELECT SELECT DELETE INSERT SELECT INSERT UPDATE COMMIT"
    assert " ".join(warehouse.transaction_words) == in_order
    assert (receipt.rows_before, receipt.rows_deleted, receipt.rows_inserted) == (4, 4, 5)
    assert (receipt.generation, receipt.ledger_sequence, receipt.is_repeat) == (1, 1, False)
    assert set(receipt.query_ids) == {"raise_generation", "check", "delete", "insert", "copy"}
    assert "ALTER SESSION SET AUTOCOMMIT = FALSE, LOCK_TIMEOUT = 900" in warehouse.statements


def test_profile_is_written_in_the_same_transaction() -> None:
    warehouse = publishable()
    profile = (ColumnProfile(name="CARRIER", kind="text", values=5, nulls=0),)
    verdict = PASSED.model_copy(update={"profile": profile})
    publish_month(replace(job(), verdict=verdict), warehouse, ManualClock())
    in_order = "BEGIN UPDATE SELECT SELECT SELECT DELETE INSERT INSERT SELECT INSERT UPDATE COMMIT"
    assert " ".join(warehouse.transaction_words) == in_order
    place = warehouse.statements.index(warehouse.asked('INSERT INTO "DEMO"."SFETL"."PROFILES"')[0])
    assert warehouse.binds[place][:3] == ("flights", "2013-01", 1)


def test_month_is_bound_as_half_open_dates() -> None:
    warehouse = publishable()
    publish(warehouse)
    bounds = (date(2013, 1, 1), date(2013, 2, 1))
    by_statement = dict(zip(warehouse.statements, warehouse.binds, strict=True))
    for words in (LOAD_CHECK, COUNT_MONTH, DELETE):
        assert by_statement[warehouse.asked(words)[0]] == bounds


def test_ledger_row_says_it_all() -> None:
    warehouse = publishable()
    publish(warehouse)
    place = warehouse.statements.index(warehouse.asked('INSERT INTO "DEMO"."SFETL"."LEDGER"')[0])
    entry = entry_of_row(dict(zip((name.lower() for name in COLUMNS), warehouse.binds[place], strict=True)))
    assert (entry.action, entry.month, entry.actor, entry.generation) == ("publish", "2013-01", "ada", 1)
    assert (entry.rows_in_files, entry.rows_staged, entry.rows_copied, entry.rows_inserted) == (5, 5, 5, 5)
    assert [(file.name, file.records) for file in entry.files] == [("flights_2013-01.tsv", 7)]
    assert (entry.qc_mode, entry.qc_verdict) == ("file", "passed")
    assert entry.query_ids["copy"] == ("copy-1",)


def test_empty_month_is_not_deleted() -> None:
    warehouse = publishable(rows_before=0)
    receipt = publish(warehouse)
    assert warehouse.asked("DELETE FROM") == []
    assert "delete" not in receipt.query_ids


def test_load_tables_of_all_attempts_are_dropped_after_the_commit() -> None:
    warehouse = publishable()
    publish(warehouse)
    drops = warehouse.asked("DROP TABLE")
    assert [name in drop for name, drop in zip(("_A1", "_A2"), drops, strict=True)] == [True, True]
    assert warehouse.statements.index("COMMIT") < warehouse.statements.index(drops[0])


def test_repeat_gives_the_ledgers_receipt_and_changes_nothing() -> None:
    entry = chain(sample_facts(run_key=sample_plan().run_key), ChainEnd(sequence=0, hash=""))
    warehouse = publishable()
    warehouse.answer(LEDGER, stored(entry))
    warehouse.answer(COUNT_MONTH, rows_of((5,)))
    receipt = publish(warehouse)
    assert receipt.is_repeat
    assert (receipt.ledger_sequence, receipt.ledger_hash) == (1, entry.hash)
    assert not any(text.startswith(("BEGIN", "INSERT", "DELETE", "UPDATE")) for text in warehouse.statements)


@pytest.mark.parametrize(
    ("words", "answer", "error"),
    [
        (RAISE, changed(0), GenerationConflictError),
        (LOAD_CHECK, rows_of((5, 1)), PublishRefusedError),
        (LOAD_CHECK, rows_of((4, 0)), PublishRefusedError),
        (DELETE, changed(3), ReconciliationError),
        (INSERT, changed(4), ReconciliationError),
        (INSERT, StatementError("NULL result in a non-nullable column", code=100072), StatementError),
        (INSERT, WarehouseUnavailableError("reset"), WarehouseUnavailableError),
    ],
)
def test_whatever_goes_wrong_is_rolled_back(
    words: str, answer: QueryResult | BaseException, error: type[BaseException]
) -> None:
    warehouse = publishable()
    warehouse.answer(words, answer)
    with pytest.raises(error):
        publish(warehouse)
    assert warehouse.transaction_words[-1] == "ROLLBACK"
    assert warehouse.asked("DROP TABLE") == []


def test_connection_lost_at_commit_keeps_the_load_table_for_the_retry() -> None:
    warehouse = publishable()
    warehouse.answer("COMMIT", WarehouseUnavailableError("reset"))
    with pytest.raises(TransientError, match="not known whether"):
        publish(warehouse)
    assert warehouse.asked("DROP TABLE") == []


def test_a_commit_without_its_ledger_row_is_none_and_may_be_tried_again() -> None:
    warehouse = publishable()
    warehouse.answer(OWN_ROW, rows_of())
    with pytest.raises(TransactionEndedError, match="ledger row 1 of this run is not there"):
        publish(warehouse)
    assert warehouse.asked("DROP TABLE") == []


@pytest.mark.parametrize(("generation", "is_fault"), [(1, True), (2, False)])
def test_other_rows_after_the_commit_are_a_fault_unless_another_run_changed_them(
    generation: int, is_fault: bool
) -> None:
    warehouse = publishable()
    warehouse.answer(COUNT_MONTH, rows_of((4,)), rows_of((9,)))
    warehouse.answer('SELECT "GENERATION" FROM', rows_of((generation,)))
    if not is_fault:
        assert publish(warehouse).generation == 1
        return
    with pytest.raises(ReconciliationError, match="holds 9 rows of 2013-01, the publish left 5"):
        publish(warehouse)


def test_dry_run_is_never_published() -> None:
    warehouse = ScriptedWarehouse()
    with pytest.raises(PublishRefusedError, match="dry run"):
        publish_month(job(is_dry_run=True), warehouse, ManualClock())
    assert warehouse.statements == []


@pytest.mark.parametrize("decides_in_transaction", [False, True])
def test_fewer_rows_than_published_are_refused_also_when_that_shows_in_the_transaction(
    decides_in_transaction: bool,
) -> None:
    published = stored(chain(sample_facts(rows_inserted=50), ChainEnd(sequence=0, hash="")))
    warehouse = publishable()
    answers = [rows_of()] * (3 if decides_in_transaction else 1)
    warehouse.answer(LEDGER, *answers, published)
    with pytest.raises(SmallerReplacementError, match="5 rows instead of 50"):
        publish_month(job(generation=1), warehouse, ManualClock())
    assert ("ROLLBACK" in warehouse.statements) is decides_in_transaction
    assert warehouse.asked(DELETE) == []


def test_confirmed_shrink_stands_in_the_ledger_and_the_receipt() -> None:
    published = stored(chain(sample_facts(rows_inserted=50), ChainEnd(sequence=0, hash="")))
    warehouse = publishable()
    warehouse.answer(LEDGER, rows_of(), published)
    receipt = publish_month(job(generation=1, confirm_smaller=True), warehouse, ManualClock())
    assert receipt.reason.startswith("confirmed: 5 rows instead of 50, 90.0% fewer")
    place = warehouse.statements.index(warehouse.asked('INSERT INTO "DEMO"."SFETL"."LEDGER"')[0])
    assert receipt.reason in warehouse.binds[place]


def test_failed_quality_control_is_never_published() -> None:
    plan = sample_plan()
    failed = QcVerdict(mode="file", is_passed=False, findings=(), fingerprints={}, good_records=5)
    refused = PublishJob(plan, sample_config(), (), sample_outcome(plan), failed)
    with pytest.raises(PublishRefusedError, match="quality control"):
        publish_month(refused, ScriptedWarehouse(), ManualClock())


def test_what_qc_and_audit_warned_of_stands_in_the_ledger() -> None:
    told = [
        Finding(severity="WARNING", code=code, message="few rows") for code in ("low_days", "history_low")
    ]
    verdict = PASSED.model_copy(update={"findings": (told[0],)})
    plan = sample_plan()
    job = PublishJob(
        plan, sample_config(), (sample_staged_file(),), sample_outcome(plan), verdict, (told[1],)
    )
    warehouse = publishable()
    publish_month(job, warehouse, ManualClock())
    assert any(
        "passed with 2 findings; warnings: low_days, history_low" in binds for binds in warehouse.binds
    )
