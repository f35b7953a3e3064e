"""The two CSV readers: what DuckDB's takes as good is what the exact one reads, however the text is cut."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from local.warehouse.loading.csv_columns import TargetColumn
from local.warehouse.loading.csv_records import CsvReader, Record
from local.warehouse.loading.exact_load import FileOutcome, RowPlan
from local.warehouse.loading.file_format import FileFormat
from local.warehouse.loading.file_load import FileLoad
from local.warehouse.loading.on_error import OnError
from local.warehouse.loading.staged_text import unpack
from local.warehouse.stages.stages import StagedFile

CONNECTION = duckdb.connect()
PLAIN = FileFormat(escape_unenclosed_field=None, skip_blank_lines=True)
FORMATS = {
    "plain": PLAIN,
    "trimmed": replace(PLAIN, trim_space=True),
    "empty is text": replace(PLAIN, empty_field_as_null=False, null_if=("a",)),
    "enclosed": replace(PLAIN, enclosed_by='"', null_if=("a",)),
    "enclosed, empty is text": replace(PLAIN, enclosed_by='"', empty_field_as_null=False),
    "blank lines count": replace(PLAIN, skip_blank_lines=False),
    "header": replace(PLAIN, skip_header=1),
}
ESCAPED = FileFormat(enclosed_by='"', escape="\\", field_delimiter="||", trim_space=True)
TEXTS = st.text(alphabet='a",\n\r \\|é', max_size=24).map(str.encode)


def _load(
    content: bytes, form: FileFormat, columns: int, folder: Path, is_exact: bool
) -> tuple[FileOutcome, list]:
    file = folder / "f.csv"
    file.write_bytes(content)
    staged = StagedFile("f.csv", len(content), "", "", file)
    targets = [TargetColumn(f"C{n}", n, "VARCHAR", True, None) for n in range(1, columns + 1)]
    plan = RowPlan("T", targets, form, columns, counts_columns=True)
    cancelled = threading.Event()
    text = None if is_exact else unpack(staged, form, folder / "f.txt", cancelled, lambda _: None)
    rows = folder / ("exact" if is_exact else "fast")
    work = FileLoad(CONNECTION, plan, OnError("CONTINUE"), staged, rows, cancelled, lambda _: None)
    outcome = work.run(text)
    values = ", ".join(f"v{n}" for n in range(1, columns + 1))
    found = [
        row
        for path in outcome.rows
        for row in CONNECTION.execute(f"SELECT {values} FROM read_parquet('{path}')").fetchall()
    ]
    for path in outcome.rows:
        path.unlink()
    return outcome, found


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("columns", [1, 2])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=TEXTS)
@example(content=b'"a" ,a\n')
@example(content=b'a"a,a\n')
@example(content=b'"a""a",a\n')
@example(content=b"\r\n\na,a")
@example(content=b'"a\r\na",a\r\n')
@example(content=b'"",\n')
def test_both_read_the_same(content: bytes, columns: int, form: FileFormat, tmp_path: Path) -> None:
    fast, fast_rows = _load(content, form, columns, tmp_path, is_exact=False)
    exact, exact_rows = _load(content, form, columns, tmp_path, is_exact=True)
    assert fast_rows == exact_rows
    assert (fast.parsed, fast.loaded, fast.errors) == (exact.parsed, exact.loaded, exact.errors)
    assert _told(fast) == _told(exact)


def _told(outcome: FileOutcome) -> str | None:
    return outcome.first.raised("f.csv").message if outcome.first else None


def _records(content: bytes, form: FileFormat, cut: int) -> list[Record]:
    pieces = [content[start : start + cut] for start in range(0, len(content), cut)]
    return list(CsvReader(form, iter(pieces), piece_bytes=cut))


@pytest.mark.parametrize(
    "form", [*FORMATS.values(), ESCAPED, FileFormat(), replace(ESCAPED, record_delimiter="\r\n")]
)
@settings(max_examples=60, deadline=None)
@given(content=TEXTS)
def test_the_size_of_pieces_does_not_matter(content: bytes, form: FileFormat) -> None:
    whole = _records(content, form, len(content) + 1)
    assert [_records(content, form, cut) for cut in (1, 2, 3)] == [whole] * 3


@pytest.mark.parametrize("form", [*FORMATS.values(), ESCAPED, FileFormat()])
@settings(max_examples=60, deadline=None)
@given(content=TEXTS)
def test_records_joined_are_the_text(content: bytes, form: FileFormat) -> None:
    everything = replace(form, skip_blank_lines=False, skip_header=0)
    records = _records(content, everything, 7)
    assert b"".join(record.raw for record in records) == content
    assert [record.offset for record in records] == [
        sum(len(before.raw) for before in records[:number]) for number in range(len(records))
    ]
    assert [record.line for record in records] == [
        1 + sum(before.raw.count(b"\n") for before in records[:number]) for number in range(len(records))
    ]
