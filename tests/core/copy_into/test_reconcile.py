"""A batch is reconciled when each chunk was loaded once and whole; every difference is listed otherwise."""

from __future__ import annotations

import pytest

from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.reconcile import reconcile
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.ports import QueryResult
from tests.core.load_samples import sample_staged_file
from tests.core.scripted_warehouse import rows_of

(BATCH,) = make_batches([sample_staged_file((3, 2), "a.tsv")], 200)
FIRST, SECOND = BATCH.paths
COLUMNS = ("file", "status", "rows_parsed", "rows_loaded", "error_limit", "errors_seen", "first_error")


def loaded(path: str, rows: int) -> tuple[object, ...]:
    return (path, "LOADED", rows, rows, 1, 0, None)


def copied(*rows: tuple[object, ...]) -> QueryResult:
    return rows_of(*rows, columns=COLUMNS)


@pytest.mark.parametrize("prefix", ["", "chunks/flights/2013-01/c2281af2d05d/", "s3://bucket/stages/x/"])
def test_all_chunks_loaded_adds_up(prefix: str) -> None:
    assert reconcile(BATCH, copied(loaded(prefix + SECOND, 2), loaded(prefix + FIRST, 3))) == 5


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (copied(loaded(FIRST, 3)), f"{SECOND} is missing"),
        (rows_of(("Copy executed with 0 files processed.",), columns=("status",)), f"{FIRST} is missing"),
        (copied(loaded(FIRST, 3), (SECOND, "LOAD_SKIPPED", 0, 0, 0, 0, "loaded before")), "LOAD_SKIPPED"),
        (copied(loaded(FIRST, 3), (SECOND, "PARTIALLY_LOADED", 2, 1, 2, 1, "bad date")), "bad date"),
        (copied(loaded(FIRST, 3), loaded(SECOND, 1)), "from line 101): 2 staged, 1 parsed, 1 loaded"),
        (copied(loaded(FIRST, 3), (SECOND, "LOADED", 2, 1, 1, 0, None)), "2 parsed, 1 loaded"),
        (copied(loaded(FIRST, 3), (SECOND, "LOADED", 2, 2, 1, 1, None)), "1 errors"),
        (copied(loaded(FIRST, 3), loaded(SECOND, 2), loaded("x/" + SECOND, 2)), "reported 2 times"),
        (copied(loaded(FIRST, 3), loaded(SECOND, 2), loaded("b/part-1", 2)), "b/part-1 was not asked for"),
    ],
)
def test_anything_else_fails(result: QueryResult, message: str) -> None:
    with pytest.raises(ReconciliationError) as raised:
        reconcile(BATCH, result)
    assert message in str(raised.value)
    assert raised.value.stage == "copy"


def test_every_difference_is_listed() -> None:
    with pytest.raises(ReconciliationError) as raised:
        reconcile(BATCH, copied(loaded(FIRST, 1), loaded("b/part-1", 2)))
    assert raised.value.what.count(";") == 2
