"""Rows that VALIDATE tells become lines of the source, with value and remedy, and without masked values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sfetl_provider.core.copy_into.bad_row_list import ListPlace, list_bad_rows
from sfetl_provider.core.copy_into.bad_rows import BadRow, RecordForm, read_bad_rows, record_form
from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.failure import explain_failure
from sfetl_provider.core.copy_into.remedies import remedies
from sfetl_provider.core.copy_into.source_places import SourcePlaces
from sfetl_provider.core.plan.month_plan import LeftOut
from sfetl_provider.core.plan.names import load_table
from sfetl_provider.core.ports import QueryState, QueryStatus
from sfetl_provider.core.tsv.left_out import LeftOutWriter
from sfetl_provider.core.tsv.spans import Span
from tests.core.load_samples import TABLE, sample_config, sample_plan, sample_staged_file
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

FORM = RecordForm("\t", None)
(BATCH,) = make_batches([sample_staged_file((3, 2), "a.tsv")], sample_config())
CHUNK = f"flights/2013-01/x/{BATCH.paths[1]}"


def bad_rows(*rows: tuple[object, ...], form: RecordForm = FORM) -> list[BadRow]:
    warehouse = ScriptedWarehouse()
    warehouse.answer("TABLE(VALIDATE(", rows_of(*rows))
    return list(
        read_bad_rows(warehouse, load_table(sample_plan(), 1), "q1", SourcePlaces(BATCH.chunks, {}), form)
    )


def conversion(code: int, error: str, position: int, record: str) -> tuple[object, ...]:
    return (error, CHUNK, 2, "conversion", code, f'"T"["C{position}":{position}]', record)


def test_the_value_is_the_records_field_however_snowflake_shortens_it() -> None:
    (row,) = bad_rows(
        conversion(100078, "User character length limit (2) exceeded by 'AB…'", 2, "x\tABCDEF\ty\n")
    )
    assert (row.source, row.line, row.column, row.position) == ("a.tsv", 102, "C2", 2)
    assert (row.value, row.characters, row.record) == ("ABCDEF", 6, "x\tABCDEF\ty")
    assert ", column C2, value 'ABCDEF': User" in str(row)


def test_a_quoted_field_may_hold_delimiters_and_newlines() -> None:
    form = RecordForm(",", '"')
    (row,) = bad_rows(conversion(100038, "x", 2, '"a,b","c\n""d""",e'), form=form)
    assert row.value == 'c\n"d"'
    (cut,) = bad_rows(conversion(100038, "Numeric value 'told' is not recognized", 3, "a,b"), form=form)
    assert cut.value == "told"


def test_a_record_of_the_wrong_form_has_no_value_and_a_file_no_line() -> None:
    count = "Number of columns in file (2) does not match that of the corresponding table (3)"
    wrong, lost, unknown = bad_rows(
        (count, CHUNK, 1, "parsing", 100080, '"T"["C3":3]', "a\tb\n"),
        ("Data corruption detected", CHUNK, None, "other", 100085, None, None),
        ("x", "elsewhere/part-9", 4, "conversion", 100038, '"T"[9]', "a"),
    )
    assert (wrong.line, wrong.value) == (101, None)
    assert str(lost) == "a.tsv: Data corruption detected"
    assert (unknown.source, unknown.line, unknown.column) == ("elsewhere/part-9", 4, "")


LEFT_OUT = sample_staged_file((3, 2), "a.tsv").model_copy(update={"chunk_left_out_lines": (1, 4)})


def left_out_list(path: Path) -> LeftOut:
    """QC left out line 7 of the first chunk; of the second its first two lines, and two more further on."""
    writer = LeftOutWriter(path)
    writer.add([Span(10, 5, 7, 1), Span(100, 5, 101, 2), Span(120, 9, 104, 1), Span(130, 9, 105, 1)])
    sha256 = writer.finish()
    return LeftOut(
        path=str(path), sha256=sha256, fingerprint="f1", file_records=99, records=4, lines=5, size_bytes=28
    )


def test_lines_that_qc_left_out_count_where_its_list_is_there_and_are_a_range_where_it_is_not(
    tmp_path: Path,
) -> None:
    (batch,) = make_batches([LEFT_OUT], sample_config())
    listed = left_out_list(tmp_path / "a.left-out.tsv")
    places = SourcePlaces(batch.chunks, {"a.tsv": listed})
    assert [places.find(batch.paths[1], line).line for line in (1, 2)] == [103, 106]
    assert [places.find(batch.paths[0], line).line for line in (1, 6, 7)] == [1, 6, 8]

    Path(listed.path).write_text("changed")
    unknown = SourcePlaces(batch.chunks, {"a.tsv": listed})
    assert unknown.find(batch.paths[1], 2) == ("a.tsv", 102, 106)
    row = BadRow("a.tsv", 102, 106, "C1", 1, 100038, "x", "a", "a")
    assert str(row) == "a.tsv line 102 to 106, column C1, value 'a': x"


def test_a_masked_value_stands_neither_in_message_nor_list(tmp_path: Path) -> None:
    form = replace(FORM, masked=frozenset({"C2"}))
    error = "User character length limit (2) exceeded by string 'secret'"
    rows = bad_rows(
        conversion(100078, error, 2, "x\tsecret\ty"),
        conversion(100038, "'z' is no number", 3, "x\tsecret\tz"),
        form=form,
    )
    found = list_bad_rows(rows, ListPlace(tmp_path / "copy.tsv", 1000))
    assert "secret" not in "".join(map(str, rows)) + (tmp_path / "copy.tsv").read_text()
    assert "value 'z'" in str(rows[1]) or "'z' is no number" in str(rows[1])
    assert found.tallies["C2", 100078].longest == 6

    text = f'{error}\n  File \'{CHUNK}\', line 2, character 1\n  Row 2, column "T"["C2":2]\n'
    status = QueryStatus(QueryState.FAILED, 100078, text)
    assert "secret" not in str(explain_failure(BATCH, status, form.masked))
    assert "secret" in str(explain_failure(BATCH, status))


def test_every_column_that_the_config_masks_is_hidden() -> None:
    masks = [{"method": "fixed", "pattern": ".*"}, {"method": "fixed", "where": "publish"}]
    named = [{"name": f"c{number}", "type": "VARCHAR(9)", "mask": mask} for number, mask in enumerate(masks)]
    config = sample_config(columns=["flight_date", *named, "distance"])
    assert record_form(config).masked == {"C0", "C1"}
    assert record_form(sample_config()).masked == frozenset()


def test_a_list_that_is_full_ends_the_reading(tmp_path: Path) -> None:
    rows = bad_rows(*[conversion(100038, "'x' is no number", 1, "x" * 100)] * 30)
    found = list_bad_rows(rows, ListPlace(tmp_path / "copy.tsv", 1000))
    assert found.file is not None
    assert 0 < found.file.lines == found.rows < 30
    assert not found.is_whole


@pytest.mark.parametrize(
    ("code", "error", "value", "remedy"),
    [
        (100078, "too long", "abcdef", 'ALTER COLUMN "AMOUNT" SET DATA TYPE VARCHAR(6);'),
        (100132, "Number out of representable range", "-1234567.5", "SET DATA TYPE NUMBER(9,2);"),
        (100046, "Number out of representable range", "9" * 40, "no type has room for it"),
        (100038, "Numeric value", "1,5", "not a number"),
        (100040, "Date", "1.2.2013", "not a date as YYYY-MM-DD (format.date_format)"),
        (100035, "Timestamp", "x", "(format.timestamp_format)"),
        (100108, "Time", "x", "not a time as HH24:MI:SS"),
        (100072, "NULL result in a non-nullable column", "", "NOT NULL"),
        (100080, "Number of columns", "", "not 3 fields"),
        (100144, "Invalid UTF8", "", "format.encoding"),
        (999999, "what nobody knows", "", "see Snowflake's text"),
    ],
)
def test_each_code_has_its_remedy(code: int, error: str, value: str, remedy: str) -> None:
    config = sample_config(columns=["flight_date", {"name": "amount", "type": "NUMBER(5,2)"}, "distance"])
    (row,) = bad_rows((error, CHUNK, 2, "conversion", code, '"T"["AMOUNT":2]', f"a\t{value}\tb"))
    (text,) = remedies(list_bad_rows([row], None).tallies.values(), config, TABLE)
    assert text.startswith("1 row in AMOUNT: ")
    assert remedy in text
