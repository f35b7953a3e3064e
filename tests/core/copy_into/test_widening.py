"""A COPY that was refused for long texts alone goes on with longer columns, once for each column of a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.copy_into.bad_row_list import ListPlace
from sfetl_provider.core.copy_into.checkpoint import read_state, table_changes
from sfetl_provider.core.copy_into.outcome import Waiting
from sfetl_provider.core.errors import CopyFailedError, StatementError, WarehouseUnavailableError
from sfetl_provider.core.ports import QueryState, QueryStatus
from tests.core.copy_into.copy_bench import SUCCEEDED, Bench
from tests.core.scripted_warehouse import Answer, rows_of

ALTER = 'ALTER TABLE "DEMO"."PUBLIC"."FLIGHTS" ALTER COLUMN "CARRIER" SET DATA TYPE VARCHAR(4)'
TOO_LONG = ("too long", 100078, "CARRIER", 2)
NO_NUMBER = ("no number", 100038, "DISTANCE", 3)
KEY = "flights_2013-01.tsv-00000001"


def described(carrier: str) -> Answer:
    columns = ("name", "type", "null?", "default")
    return rows_of(("CARRIER", carrier, "Y", None), ("DISTANCE", "NUMBER(9,0)", "Y", None), columns=columns)


def bench_of(tmp_path: Path, policy: str = "widen", **load: Any) -> Bench:
    bench = Bench(load={"on_too_long": policy, **load}, rejects=ListPlace(tmp_path / "copy.tsv", 10_000))
    bench.warehouse.answer("DESCRIBE TABLE", described("VARCHAR(2)"))
    bench.warehouse.answer("SET DATA TYPE", rows_of(("ok",)))
    return bench


def refuse(bench: Bench, query_id: str, *kinds: tuple[str, int, str, int], counted: int = 0) -> None:
    """Refuse the COPY of the first chunk, and let the next one find bad rows of these kinds in it."""
    path = f"f/{KEY}/part-00001.tsv.zst"
    named = f'too long\n  File \'{path}\', line 1, character 3\n  Row 1, column "T"["CARRIER":2]'
    bench.warehouse.statuses[query_id] = QueryStatus(QueryState.FAILED, 100078, named)
    search = f"copy-{int(query_id.removeprefix('copy-')) + 1}"
    rows = [
        (error, path, line, "conversion", code, f'"T"["{column}":{position}]', "a\tLONG\tmany")
        for line, (error, code, column, position) in enumerate(kinds, start=1)
    ]
    bench.warehouse.statuses[search] = SUCCEEDED
    bench.warehouse.results[search] = rows_of((path, counted or len(rows)), columns=("file", "errors_seen"))
    bench.warehouse.answer("TABLE(VALIDATE(", rows_of(*rows))


def test_the_column_is_made_longer_and_all_chunks_go_into_a_new_load_table(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    bench.advance()
    refuse(bench, "copy-1", TOO_LONG, TOO_LONG)
    assert bench.advance() == Waiting("copy-3", 1, 2)

    statements = bench.warehouse.statements
    (made,) = [place for place, text in enumerate(statements) if '_A2"' in text and "CREATE" in text]
    assert statements.index(ALTER) < made
    assert (tmp_path / "copy.tsv").exists()
    outcome = bench.finish(["copy-3", "copy-4"])
    assert (outcome.attempt, outcome.rows_copied, outcome.rejects) == (2, 5, None)
    assert not (tmp_path / "copy.tsv").exists()
    (change,) = outcome.table_changes
    assert (change.kind, change.column, change.statement) == ("widen", "CARRIER", ALTER)
    assert change.query_id


@pytest.mark.parametrize("deadly_words", ['"query_id": "q', '"explanation": null, "finished"'])
def test_a_crash_around_the_change_is_continued_and_the_change_is_told(
    deadly_words: str, tmp_path: Path
) -> None:
    bench = bench_of(tmp_path)
    bench.advance()
    refuse(bench, "copy-1", TOO_LONG)
    bench.checkpoints.deadly_words = deadly_words
    with pytest.raises(KeyboardInterrupt):
        bench.advance()
    assert bench.warehouse.asked("SET DATA TYPE") == [ALTER]
    bench.warehouse.answer("DESCRIBE TABLE", described("VARCHAR(4)"))
    assert bench.advance() == Waiting("copy-3", 1, 2)
    assert bench.warehouse.asked("SET DATA TYPE") == [ALTER]
    (change,) = bench.finish(["copy-3", "copy-4"]).table_changes
    assert change.statement == ALTER


def test_a_connection_that_is_lost_at_the_change_is_worth_a_retry(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    bench.advance()
    refuse(bench, "copy-1", TOO_LONG)
    bench.warehouse.answer("SET DATA TYPE", WarehouseUnavailableError("reset"), rows_of(("ok",)))
    with pytest.raises(WarehouseUnavailableError):
        bench.advance()
    assert bench.advance() == Waiting("copy-3", 1, 2)
    assert bench.warehouse.asked("SET DATA TYPE") == [ALTER, ALTER]
    assert len(bench.finish(["copy-3", "copy-4"]).table_changes) == 1


def test_a_column_that_is_too_short_again_for_the_same_batch_ends_the_load(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    bench.advance()
    refuse(bench, "copy-1", TOO_LONG)
    bench.advance()
    refuse(bench, "copy-3", TOO_LONG)
    with pytest.raises(CopyFailedError) as raised:
        bench.advance()
    assert "No row of the target table was touched" in str(raised.value)
    assert f"columns were changed, and stay so: {ALTER}." in str(raised.value)
    assert len(bench.warehouse.asked("SET DATA TYPE")) == 1
    assert len(table_changes(bench.checkpoints)) == 1


@pytest.mark.parametrize(
    ("kinds", "changes"),
    [
        ([TOO_LONG, NO_NUMBER], {}),
        ([TOO_LONG], {"counted": 2}),
        ([TOO_LONG], {"policy": "fail"}),
        ([("too long", 100078, "DISTANCE", 3)], {}),
    ],
    ids=["another fault", "rows that nothing is known of", "policy fail", "no text column"],
)
def test_otherwise_the_statement_is_offered(
    kinds: list[tuple[str, int, str, int]], changes: dict[str, Any], tmp_path: Path
) -> None:
    bench = bench_of(tmp_path, changes.get("policy", "widen"))
    bench.advance()
    refuse(bench, "copy-1", *kinds, counted=changes.get("counted", 0))
    with pytest.raises(CopyFailedError, match=r"SET DATA TYPE VARCHAR\(4\);"):
        bench.advance()
    assert bench.warehouse.asked("SET DATA TYPE") == []
    assert bench.finish(["copy-3", "copy-4"]).table_changes == ()


def test_a_change_that_is_refused_is_told_with_the_bad_rows(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    bench.advance()
    refuse(bench, "copy-1", TOO_LONG)
    bench.warehouse.answer("SET DATA TYPE", StatementError("Insufficient privileges", code=3001))
    with pytest.raises(CopyFailedError, match=r"line 1, column CARRIER(.|\n)*not widened: Insufficient"):
        bench.advance()
    state = read_state(bench.checkpoints)
    assert state is not None
    assert (state.explanation, state.table_changes) == (None, ())
