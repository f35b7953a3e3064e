"""What a publication does to the month by load mode, and with rows outside the month."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import PublishRefusedError, ReconciliationError
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerFile, chain
from sfetl_provider.core.ledger.published import MonthContent
from sfetl_provider.core.ports import QueryResult
from sfetl_provider.core.publish.appending import require_new_files, without_published
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.publish.receipt import PublishReceipt
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.tsv.file_hash import file_sha256
from tests.core.fakes import source_file
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
KEYS = "HAVING COUNT(*) > 1"
REJECT = 'INSERT INTO "DEMO"."SFETL"."REJECTED_ROWS"'
MERGING = sample_config(publish={"mode": "merge", "merge_keys": ["carrier"]})
REJECTING = sample_config(publish={"outside_month": "reject"})


def merged(inserted: int, updated: int) -> QueryResult:
    columns = ("number of rows inserted", "number of rows updated")
    return QueryResult(columns, ((inserted, updated),), "", inserted + updated)


def warehouse_with(copied: int = 5, misplaced: int = 0, rows_after: int = 9) -> ScriptedWarehouse:
    """A month of 4 rows, and a load table."""
    warehouse = ScriptedWarehouse()
    warehouse.answer("INSERT INTO", changed(1))
    warehouse.answer('UPDATE "DEMO"', changed(1))
    warehouse.answer(LEDGER, rows_of())
    recorded = chain(sample_facts(), ChainEnd(sequence=0, hash=""))
    own_row = rows_of(entry_binds(recorded), columns=tuple(COLUMNS))
    warehouse.answer('"RUN_KEY" = ?', own_row, after="COMMIT")
    warehouse.answer('SELECT "GENERATION", "CHAIN_HASH"', rows_of((0, "")))
    warehouse.answer("SELECT COUNT(*), COUNT(CASE", rows_of((copied, misplaced)))
    warehouse.answer('SELECT COUNT(*) FROM "DEMO"."PUBLIC"."FLIGHTS"', rows_of((4,)), rows_of((rows_after,)))
    warehouse.answer('DELETE FROM "DEMO"."PUBLIC"."FLIGHTS"', changed(4))
    warehouse.answer('INSERT INTO "DEMO"."PUBLIC"."FLIGHTS"', changed(copied - misplaced))
    warehouse.answer(REJECT, changed(misplaced))
    warehouse.answer(KEYS, rows_of())
    return warehouse


def publish(warehouse: ScriptedWarehouse, config: FeedConfig | None = None, **plan: object) -> PublishReceipt:
    made = sample_plan(**plan)
    verdict = PASSED.model_copy(
        update={"profile": (ColumnProfile(name="A", kind="text", values=5, nulls=0),)}
    )
    job = PublishJob(made, config or sample_config(), (sample_staged_file(),), sample_outcome(made), verdict)
    return publish_month(job, warehouse, ManualClock())


def test_append_adds_to_the_month_and_deletes_nothing() -> None:
    warehouse = warehouse_with()
    receipt = publish(warehouse, load_mode="append")
    assert (receipt.rows_before, receipt.rows_deleted, receipt.rows_inserted) == (4, 0, 5)
    assert receipt.load_mode == "append"
    assert warehouse.asked("DELETE FROM") == []
    assert warehouse.asked('"PROFILES"') == []


@pytest.mark.parametrize("mode", ["append", "replace_month"])
def test_a_published_file_is_never_appended(mode: str) -> None:
    file = LedgerFile(name="a.tsv", size_bytes=1, fingerprint="f", sha256="ab" * 32, records=5)
    published = chain(sample_facts(files=(file,)), ChainEnd(sequence=0, hash=""))
    warehouse = warehouse_with(rows_after=5)
    found = rows_of(entry_binds(published), columns=tuple(COLUMNS))
    warehouse.answer(LEDGER, rows_of(), found)
    if mode == "replace_month":
        assert publish(warehouse, generation=1, load_mode=mode).rows_inserted == 5
        return
    with pytest.raises(PublishRefusedError, match=r"flights_2013-01.tsv is published, as a.tsv"):
        publish(warehouse, generation=1, load_mode=mode)
    assert "BEGIN" not in warehouse.statements


def test_files_that_the_month_holds_are_left_out_by_content(tmp_path: Path) -> None:
    same, other, longer = (
        source_file(tmp_path / name, content)
        for name, content in (("renamed.tsv", b"a\n"), ("other.tsv", b"b\n"), ("longer.tsv", b"abc\n"))
    )
    sha256 = file_sha256(Path(same.path))
    published = MonthContent(
        (LedgerFile(name="a.tsv", size_bytes=2, fingerprint="f", sha256=sha256, records=1),), 1
    )
    told: list[object] = []
    files = without_published([same, other, longer], published, told.append)
    assert files.published == ("renamed.tsv",)
    assert [(file.name, bool(file.sha256)) for file in files.new] == [
        ("other.tsv", True),
        ("longer.tsv", False),
    ]
    assert "renamed.tsv is published already (as a.tsv, SHA-256 " in str(told)


def test_a_file_that_may_be_one_without_a_hash_is_refused(tmp_path: Path) -> None:
    unhashed = MonthContent((LedgerFile(name="a.tsv", size_bytes=2, fingerprint="f", records=1),), 1)
    with pytest.raises(PublishRefusedError, match=r"may be a\.tsv, which has its size"):
        without_published([source_file(tmp_path / "b.tsv", b"b\n")], unhashed)
    staged = sample_staged_file().model_copy(update={"size_bytes": 2})
    with pytest.raises(PublishRefusedError, match=r"may be a\.tsv"):
        require_new_files(unhashed, [staged])
    with pytest.raises(PublishRefusedError, match="has the content of another one"):
        require_new_files(MonthContent(), [staged, staged])


def test_merge_counts_what_was_inserted_and_updated() -> None:
    warehouse = warehouse_with(rows_after=6)
    warehouse.answer("MERGE INTO", merged(2, 3))
    receipt = publish(warehouse, MERGING, load_mode="merge", generation=3)
    assert (receipt.rows_inserted, receipt.rows_updated, receipt.rows_deleted) == (2, 3, 0)
    assert set(receipt.query_ids) == {"raise_generation", "check", "merge", "copy"}


def test_merge_that_updates_more_rows_than_were_copied_is_rolled_back() -> None:
    warehouse = warehouse_with()
    warehouse.answer("MERGE INTO", merged(2, 4))
    with pytest.raises(ReconciliationError, match=r"inserted 2 and updated 4 rows .* 5 were copied"):
        publish(warehouse, MERGING, load_mode="merge")
    assert warehouse.transaction_words[-1] == "ROLLBACK"


def test_merge_refuses_keys_that_are_double_or_missing() -> None:
    warehouse = warehouse_with()
    warehouse.answer(KEYS, rows_of(("AA", 2), (None, 1)))
    with pytest.raises(PublishRefusedError, match=r"\('AA'\) in 2 rows; \(NULL\) in 1 rows"):
        publish(warehouse, MERGING, load_mode="merge")
    assert "BEGIN" not in warehouse.statements


def test_merge_refuses_a_key_that_the_table_lacks() -> None:
    warehouse = warehouse_with()
    with pytest.raises(PublishRefusedError, match="the table has no column CARRIER"):
        publish(warehouse, MERGING, load_mode="merge", unpublished=("CARRIER",))
    assert warehouse.asked(KEYS) == []


@pytest.mark.parametrize(
    ("publish_section", "said"),
    [
        ({"mode": "merge"}, "needs publish.merge_keys"),
        ({"merge_keys": ["no"]}, "names no columns of the feed: NO"),
        ({"merge_keys": ["flight_date", "carrier", "distance"]}, "nothing is left to update"),
    ],
)
def test_merge_keys_that_cannot_be_are_refused(publish_section: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sample_config(publish=publish_section)


def test_rejected_rows_are_kept_and_counted() -> None:
    warehouse = warehouse_with(copied=5, misplaced=2, rows_after=3)
    receipt = publish(warehouse, REJECTING)
    assert (receipt.rows_inserted, receipt.rows_rejected, receipt.rows_deleted) == (3, 2, 4)
    place = warehouse.statements.index(warehouse.asked(REJECT)[0])
    assert warehouse.binds[place][:4] == ("flights", "2013-01", 1, receipt.run_key)


@pytest.mark.parametrize(
    ("copied", "misplaced", "kept", "said"),
    [
        (5, 5, 5, "5 of them without a date in the month"),
        (5, 2, 1, "1 rows outside 2013-01 were kept, 2 were"),
    ],
)
def test_no_row_of_the_month_and_rows_not_kept_are_refused(
    copied: int, misplaced: int, kept: int, said: str
) -> None:
    warehouse = warehouse_with(copied, misplaced)
    warehouse.answer(REJECT, changed(kept))
    with pytest.raises(PublishRefusedError, match=said):
        publish(warehouse, REJECTING)
    assert warehouse.transaction_words[-1] == "ROLLBACK"
