"""A batch is reconciled when each chunk was loaded once and whole; every difference is listed otherwise."""

from __future__ import annotations

import pytest

from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.copy_history import explain_skipped
from sfetl_provider.core.copy_into.reconcile import LoadedRows, reconcile
from sfetl_provider.core.errors import ReconciliationError
from tests.core.load_samples import sample_config, sample_staged_file
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

(BATCH,) = make_batches([sample_staged_file((3, 2), "a.tsv")], sample_config())
FIRST, SECOND = BATCH.paths
COLUMNS = ("file", "status", "rows_parsed", "rows_loaded", "error_limit", "errors_seen", "first_error")


def loaded(path: str, rows: int) -> tuple[object, ...]:
    return (path, "LOADED", rows, rows, 1, 0, None)


def copied(*rows: tuple[object, ...]) -> list[dict[str, object]]:
    return rows_of(*rows, columns=COLUMNS).records()


@pytest.mark.parametrize("prefix", ["", "chunks/flights/2013-01/c2281af2d05d/", "s3://bucket/stages/x/"])
def test_all_chunks_loaded_adds_up(prefix: str) -> None:
    assert reconcile(BATCH, copied(loaded(prefix + SECOND, 2), loaded(prefix + FIRST, 3))) == LoadedRows(5)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (copied(loaded(FIRST, 3)), f"{SECOND} is missing"),
        ([], f"{FIRST} is missing"),
        (copied(loaded(FIRST, 3), (SECOND, "LOAD_SKIPPED", 0, 0, 0, 0, "loaded before")), "LOAD_SKIPPED"),
        (copied(loaded(FIRST, 3), (SECOND, "PARTIALLY_LOADED", 2, 1, 2, 1, "bad date")), "bad date"),
        (copied(loaded(FIRST, 3), loaded(SECOND, 1)), "from line 101): 2 staged, 1 parsed, 1 loaded"),
        (copied(loaded(FIRST, 3), (SECOND, "LOADED", 2, 1, 1, 0, None)), "2 parsed, 1 loaded"),
        (copied(loaded(FIRST, 3), (SECOND, "LOADED", 2, 2, 1, 1, None)), "1 errors"),
        (copied(loaded(FIRST, 3), loaded(SECOND, 2), loaded("x/" + SECOND, 2)), "reported 2 times"),
        (copied(loaded(FIRST, 3), loaded(SECOND, 2), loaded("b/part-1", 2)), "b/part-1 was not asked for"),
    ],
)
def test_anything_else_fails(result: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ReconciliationError) as raised:
        reconcile(BATCH, result)
    assert message in str(raised.value)
    assert raised.value.stage == "copy"


def test_every_difference_is_listed() -> None:
    with pytest.raises(ReconciliationError) as raised:
        reconcile(BATCH, copied(loaded(FIRST, 1), loaded("b/part-1", 2)))
    assert raised.value.what.count(";") == 2


@pytest.mark.parametrize("parsed", [2, 5])
def test_blank_lines_may_count_as_parsed_and_never_as_loaded(parsed: int) -> None:
    staged = sample_staged_file((3, 2), "a.tsv").model_copy(update={"chunk_empty_records": (0, 3)})
    (batch,) = make_batches([staged], sample_config())

    assert reconcile(batch, copied(loaded(FIRST, 3), (SECOND, "LOADED", parsed, 2, 1, 0, None))).rows == 5
    with pytest.raises(ReconciliationError, match="3 parsed, 2 loaded"):
        reconcile(batch, copied(loaded(FIRST, 3), (SECOND, "LOADED", 3, 2, 1, 0, None)))


def test_rows_may_be_rejected_where_they_are_counted() -> None:
    rows = copied((FIRST, "PARTIALLY_LOADED", 3, 1, 3, 2, "x"), (SECOND, "LOAD_FAILED", 2, 0, 2, 2, "x"))
    assert reconcile(BATCH, rows, may_reject=True) == LoadedRows(1, 4)

    short = copied((FIRST, "PARTIALLY_LOADED", 3, 1, 3, 1, "x"), loaded(SECOND, 2))
    with pytest.raises(ReconciliationError, match="3 staged, 3 parsed, 1 loaded, 1 errors"):
        reconcile(BATCH, short, may_reject=True)


HISTORY = ("file_name", "status", "row_parsed", "row_count", "error_count", "first_error_message")


@pytest.mark.parametrize(
    ("told", "is_whole"),
    [
        ([(f"x/{SECOND}", "Loaded", 2, 2, 0, None), (f"x/{FIRST}", "Loaded", 3, 3, 0, None)], True),
        ([(f"x/{SECOND}", "Load failed", 2, 0, 2, "x"), (f"x/{SECOND}", "Loaded", 2, 2, 0, None)], True),
        ([], False),
        ([(f"x/{SECOND}", "Partially loaded", 2, 1, 1, "x")], False),
        ([(f"x/{SECOND}", "Loaded", 1, 1, 0, None)], False),
        ([(f"x/{SECOND}", "Loaded", 2, 2, 0, None)] * 2, False),
    ],
)
def test_a_skipped_chunk_is_explained_by_the_history_or_fails(
    told: list[tuple[object, ...]], is_whole: bool
) -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("COPY_HISTORY", rows_of(*told, columns=HISTORY))
    skipped = (SECOND, "LOAD_SKIPPED", 0, 0, None, 1, "File was loaded before.")
    result = rows_of(loaded(FIRST, 3), skipped, columns=COLUMNS)

    rows = explain_skipped(result, warehouse, "SELECT * FROM COPY_HISTORY")

    if is_whole:
        assert reconcile(BATCH, rows) == LoadedRows(5)
        return
    with pytest.raises(ReconciliationError):
        reconcile(BATCH, rows)


def test_the_history_is_asked_only_for_a_skipped_chunk() -> None:
    warehouse = ScriptedWarehouse()
    empty = rows_of(("Copy executed with 0 files processed.",), columns=("status",))
    assert explain_skipped(empty, warehouse, "") == []
    assert warehouse.statements == []
