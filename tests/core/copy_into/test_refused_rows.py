"""Chunks that COPY refuses: all bad rows are looked for, told and listed, and left out as far as the limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.copy_into.bad_row_list import ListPlace
from sfetl_provider.core.copy_into.checkpoint import running_query
from sfetl_provider.core.copy_into.outcome import CopyOutcome, Finished, Waiting
from sfetl_provider.core.errors import (
    CopyFailedError,
    StatementError,
)
from sfetl_provider.core.ports import QueryResult, QueryState, QueryStatus
from sfetl_provider.core.qc.report import RejectsFile
from tests.core.copy_into.copy_bench import COLUMNS, COUNT, SUCCEEDED, Bench
from tests.core.scripted_warehouse import rows_of

VALIDATE = "TABLE(VALIDATE("
REFUSED = QueryStatus(
    QueryState.FAILED,
    100078,
    "User character length limit (2) exceeded by string 'AAA'\n"
    "  File 'flights/2013-01/x/flights_2013-01.tsv-00000001/part-00002.tsv.zst', line 2, character 12\n"
    '  Row 2, column "LOAD_FLIGHTS"["CARRIER":2]\n',
)


LONG_VALUE = REFUSED.error_message.replace("AAA", "A" * 100_000)


def refused(bench: Bench, tmp_path: Path, status: QueryStatus = REFUSED) -> str:
    """Load until the second batch is refused, and give the query id of the COPY that looks for its bad rows."""
    bench.rejects = ListPlace(tmp_path / "copy.tsv", 1000)
    bench.advance()
    bench.succeed("copy-1", 1)
    bench.advance()
    bench.warehouse.statuses["copy-2"] = status
    step = bench.advance()
    assert step == Waiting("copy-3", 2, 2, is_explaining=True)
    assert running_query(bench.checkpoints) == "copy-3"
    return "copy-3"


def counted(*errors: tuple[int, int]) -> QueryResult:
    """What COPY tells of chunks, by number, that it loaded past their errors."""
    rows = [(f"f/x/flights_2013-01.tsv-00000001/part-{number:05}.tsv.zst", count) for number, count in errors]
    return rows_of(*rows, columns=("file", "errors_seen"))


def found_rows(*carriers: str, chunk: int = 2) -> QueryResult:
    """What VALIDATE tells of lines 2, 3, …"""
    path = f"flights/2013-01/x/flights_2013-01.tsv-00000001/part-{chunk:05}.tsv.zst"
    return rows_of(
        *(
            (f"too long: '{text}'", path, 2 + n, "conversion", 100078, '"T"["CARRIER":2]', f"a\t{text}\tb\n")
            for n, text in enumerate(carriers)
        )
    )


def test_a_refused_chunk_is_loaded_again_past_its_errors_and_all_bad_rows_are_told(tmp_path: Path) -> None:
    bench = Bench()
    query_id = refused(bench, tmp_path)
    assert bench.advance() == Waiting(query_id, 2, 2, is_explaining=True)
    bench.warehouse.statuses[query_id] = SUCCEEDED
    bench.warehouse.results[query_id] = counted((2, 12))
    bench.warehouse.answer(VALIDATE, found_rows(*["AAA"] * 11, "AAAA"))
    with pytest.raises(CopyFailedError) as raised:
        bench.advance()

    message = str(raised.value)
    assert "batch 2 of 2 was refused: 12 bad rows" in message
    assert "line 102, column CARRIER: too long: 'AAA'" in message
    assert "and 2 more" in message
    assert f"All are listed in {tmp_path / 'copy.tsv'}." in message
    assert "VARCHAR(4);" in message
    (copied,) = [text for text in bench.warehouse.submitted if "ON_ERROR = CONTINUE" in text]
    assert "_A1_ERRORS" in copied
    assert "part-00001" not in copied
    assert "_A1_ERRORS" in bench.warehouse.asked("DROP TABLE")[-1]
    assert bench.finish(["copy-4", "copy-5"]).attempt == 2


@pytest.mark.parametrize(
    "result",
    [
        StatementError("result expired", code=709),
        counted((2, 0)),
        rows_of(("status",), columns=("status",)),
    ],
)
def test_what_fails_while_bad_rows_are_looked_for_does_not_hide_the_first(
    result: Any, tmp_path: Path
) -> None:
    bench = Bench()
    query_id = refused(bench, tmp_path)
    bench.warehouse.statuses[query_id] = SUCCEEDED
    bench.warehouse.results[query_id] = result
    bench.warehouse.answer(VALIDATE, rows_of())
    with pytest.raises(CopyFailedError, match=r"string 'AAA' .* line 102, column CARRIER\. Not all bad rows"):
        bench.advance()
    assert bench.finish(["copy-4", "copy-5"]).attempt == 2


def refused_in_chunk_37(bench: Bench) -> str:
    """Let Snowflake name a row of chunk 37 of the first batch, and give the id of the COPY that looks further."""
    bench.advance()
    named = REFUSED.error_message.replace("part-00002", "part-00037")
    bench.warehouse.statuses["copy-1"] = QueryStatus(QueryState.FAILED, 100078, named)
    step = bench.advance()
    assert step == Waiting("copy-2", 1, 2, is_explaining=True)
    return "copy-2"


def bench_of_400(tmp_path: Path, **load: Any) -> Bench:
    return Bench(
        chunk_records=(100,) * 400,
        rejects=ListPlace(tmp_path / "copy.tsv", 100_000),
        load={"batch_files": 200, **load},
    )


def test_bad_rows_of_all_chunks_of_the_batch_are_told_and_what_was_not_looked_at(tmp_path: Path) -> None:
    bench = bench_of_400(tmp_path)
    query_id = refused_in_chunk_37(bench)
    bench.warehouse.statuses[query_id] = SUCCEEDED
    errors = {37: 2, 61: 1}
    bench.warehouse.results[query_id] = counted(*((n, errors.get(n, 0)) for n in range(1, 200)))
    rows = [*found_rows("AAA", "AAAAA", chunk=37).rows, *found_rows("AAAA", chunk=61).rows]
    bench.warehouse.answer(VALIDATE, rows_of(*rows))
    with pytest.raises(CopyFailedError) as raised:
        bench.advance()

    message = str(raised.value)
    key = "flights_2013-01.tsv-00000001"
    assert f"3 bad rows in {key}/part-00037.tsv.zst, {key}/part-00061.tsv.zst (2 of 199 chunks):" in message
    assert "flights_2013-01.tsv line 3602, column CARRIER: too long: 'AAA'" in message
    assert "flights_2013-01.tsv line 6002, column CARRIER: too long: 'AAAA'" in message
    assert "VARCHAR(5);" in message
    assert "not looked at: 1 of the batch (COPY told nothing of them) and 200 of later batches." in message
    listed = (tmp_path / "copy.tsv").read_text().splitlines()
    assert [line.split("\t")[1] for line in listed[1:]] == ["3602", "3603", "6002"]
    (copied,) = [text for text in bench.warehouse.submitted if "ON_ERROR = CONTINUE" in text]
    assert copied.count("part-") == 200


def test_when_the_batch_cannot_be_searched_the_chunk_that_was_named_is(tmp_path: Path) -> None:
    bench = bench_of_400(tmp_path)
    query_id = refused_in_chunk_37(bench)
    bench.clock.pass_time(3601)
    assert bench.advance() == Waiting("copy-3", 1, 2, is_explaining=True)
    assert bench.warehouse.cancelled == [query_id]
    bench.warehouse.statuses["copy-3"] = SUCCEEDED
    bench.warehouse.results["copy-3"] = counted((37, 1))
    bench.warehouse.answer(VALIDATE, found_rows("AAA", chunk=37))
    with pytest.raises(CopyFailedError) as raised:
        bench.advance()

    message = str(raised.value)
    assert "1 bad row in flights_2013-01.tsv-00000001/part-00037.tsv.zst:" in message
    assert "199 of the batch (loading again, past the errors, did not end in time) and 200 of" in message
    assert bench.warehouse.submitted[-1].count("part-") == 1


def test_a_list_that_is_full_ends_the_reading_and_the_message_says_so(tmp_path: Path) -> None:
    bench = Bench()
    query_id = refused(bench, tmp_path)
    bench.warehouse.statuses[query_id] = SUCCEEDED
    bench.warehouse.results[query_id] = counted((2, 5000))
    bench.warehouse.answer(VALIDATE, found_rows(*["AAA"] * 5000))
    with pytest.raises(CopyFailedError, match="5,000 bad rows") as raised:
        bench.advance()
    lines = len((tmp_path / "copy.tsv").read_text().splitlines()) - 1
    assert lines < 50
    for told in ("and 4,990 more", f"The first {lines} are listed", f"Of the first {lines} rows:"):
        assert told in str(raised.value)


def test_a_search_that_does_not_end_is_cancelled(tmp_path: Path) -> None:
    bench = Bench()
    query_id = refused(bench, tmp_path)
    bench.clock.pass_time(3601)
    with pytest.raises(CopyFailedError, match=r"string 'AAA' .* did not end in time"):
        bench.advance()
    assert bench.warehouse.cancelled == [query_id]


def test_a_long_value_does_not_hide_the_place(tmp_path: Path) -> None:
    bench = Bench()
    query_id = refused(bench, tmp_path, QueryStatus(QueryState.FAILED, 100078, LONG_VALUE))
    bench.warehouse.statuses[query_id] = QueryStatus(QueryState.FAILED, 630, "timeout")
    with pytest.raises(
        CopyFailedError, match=r"line 102, column CARRIER\. Not all bad rows .*: timeout"
    ) as raised:
        bench.advance()
    assert len(str(raised.value)) < 3000


def test_a_crash_while_bad_rows_are_looked_for_is_continued(tmp_path: Path) -> None:
    bench = Bench()
    bench.checkpoints.deadly_words = '"query_id": "copy-3"'
    with pytest.raises(KeyboardInterrupt):
        refused(bench, tmp_path)
    assert bench.advance() == Waiting("copy-4", 2, 2, is_explaining=True)


def finish_with_rejects(bench: Bench, tmp_path: Path, first: int, second: int) -> CopyOutcome:
    """Load both chunks past their errors; `first` and `second` rows of the 100 of each do not fit."""
    bench.chunk_records = (100, 100)
    bench.warehouse.answer(COUNT, rows_of((200 - first - second,)))
    bench.warehouse.answer(VALIDATE, found_rows(*["AAA"] * first), found_rows(*["AAAA"] * second))
    bench.rejects = ListPlace(tmp_path / "copy.tsv", 100_000)
    bench.advance()
    for batch, errors in enumerate((first, second), start=1):
        path = f"flights_2013-01.tsv-00000001/part-{batch:05}.tsv.zst"
        result = rows_of((path, "PARTIALLY_LOADED", 100, 100 - errors, errors, "x"), columns=COLUMNS)
        bench.warehouse.statuses[f"copy-{batch}"] = SUCCEEDED
        bench.warehouse.results[f"copy-{batch}"] = result
        step = bench.advance()
    assert isinstance(step, Finished)
    return step.outcome


def test_rows_up_to_the_limit_are_left_out_counted_and_listed(tmp_path: Path) -> None:
    bench = Bench(load={"on_error": "continue", "reject_limit": "2%"})
    outcome = finish_with_rejects(bench, tmp_path, 3, 1)
    assert (outcome.rows_copied, outcome.rows_rejected) == (196, 4)
    assert outcome.rejects == RejectsFile(path=str(tmp_path / "copy.tsv"), lines=4)
    assert all("ON_ERROR = CONTINUE" in copy for copy in bench.warehouse.submitted)
    asked = bench.warehouse.asked(VALIDATE)
    assert [text.partition("JOB_ID => ")[2][:8] for text in asked] == ["'copy-1'", "'copy-2'"]


def test_more_rows_than_the_limit_end_the_attempt_before_the_next_batch(tmp_path: Path) -> None:
    bench = Bench(load={"on_error": "continue", "reject_limit": 2})
    with pytest.raises(CopyFailedError) as raised:
        finish_with_rejects(bench, tmp_path, 3, 0)
    assert "COPY rejected 3 of 200 rows, more than load.reject_limit (2) allows" in str(raised.value)
    assert "line 4, column CARRIER" in str(raised.value)
    assert "VARCHAR(3);" in str(raised.value)
    assert len(bench.warehouse.submitted) == 1
    assert bench.advance() == Waiting("copy-2", 1, 2)
