from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, MonthCheck, check_month
from sfetl_provider.core.qc.date_tally import DateTally
from sfetl_provider.core.qc.record_block import Shape
from sfetl_provider.core.qc.rejects import COLUMNS, TEXT_LIMIT_BYTES, RejectsWriter, escaped, open_rejects
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.qc.scan import Places, reconcile, scan_file
from sfetl_provider.core.qc.structure import Structure
from sfetl_provider.core.qc.values import Values
from tests.core.fakes import feed, source_file

MONTH = Month(2013, 2)
GOOD = b"1\t2013-02-01\ttext\n"
BAD = BadLine(line=7, byte_offset=99, reason="holds a NUL byte", sample="", column=2)
_ESCAPE = re.compile(r"\\(\\|t|n|r|x[0-9a-f]{2})")
_SHORT = {"\\": b"\\", "t": b"\t", "n": b"\n", "r": b"\r"}


def _bytes_of(text: str) -> bytes:
    """Undo `escaped`, as a reader of the list would."""
    parts, at = [], 0
    for found in _ESCAPE.finditer(text):
        parts.append(text[at : found.start()].encode())
        parts.append(_SHORT.get(found[1]) or bytes.fromhex(found[1][1:]))
        at = found.end()
    return b"".join((*parts, text[at:].encode()))


@given(st.binary(max_size=30) | st.text(alphabet="ab\\xt\t\r\n\0é", max_size=30).map(str.encode))
def test_a_line_stays_on_one_line_and_can_be_had_back(line: bytes) -> None:
    text = escaped(line)

    assert _bytes_of(text) == line
    assert not set(text) & set("\t\n\r\0")


def _rows(path: Path) -> list[list[str]]:
    header, *rows = path.read_text().splitlines()
    assert tuple(header.split("\t")) == COLUMNS
    return [row.split("\t") for row in rows]


def _check(folder: Path, *contents: bytes, **sections: Any) -> MonthCheck:
    files = [source_file(folder / f"f{at}.tsv", content) for at, content in enumerate(contents)]
    config = feed(**{"qc": {"expected_days": "any", "sample_limit": 2}, **sections})
    return check_month(files, config, MONTH, CheckPaths(folder / "scratch", folder / "lists" / "bad.tsv"))


def test_every_bad_line_of_all_files_is_listed_and_the_finding_names_the_list(tmp_path: Path) -> None:
    check = _check(tmp_path, GOOD + b"short\n" * 3 + GOOD, b"a\tb\xff\tc\r\n", GOOD)
    path = tmp_path / "lists" / "bad.tsv"

    assert _rows(path) == [
        ["f0.tsv", "2", "", "18", "columns: 1 instead of 3", "short"],
        ["f0.tsv", "3", "", "24", "columns: 1 instead of 3", "short"],
        ["f0.tsv", "4", "", "30", "columns: 1 instead of 3", "short"],
        ["f1.tsv", "1", "2", "0", "is not UTF-8 text", "a\\tb\\xff\\tc\\r"],
    ]
    assert [report.rejects.lines if report.rejects else None for report in check.reports] == [3, 1, None]
    assert not check.verdict.is_passed
    (first, second) = [f.message for f in check.verdict.findings if f.code == "bad_lines"]
    assert first.endswith(f"; and 1 more. All are listed in {path}.")
    assert second.endswith(f"is not UTF-8 text. All are listed in {path}.")
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_no_text_has_its_row(tmp_path: Path) -> None:
    _check(tmp_path, b"PK\x03\x04")

    assert [row[4] for row in _rows(tmp_path / "lists" / "bad.tsv")] == [
        "the file is a zip archive or an Excel workbook, not delimited UTF-8 text"
    ]


def test_what_only_duckdb_rejects_is_listed_too(tmp_path: Path) -> None:
    source = source_file(tmp_path / "f.tsv", GOOD * 2)
    reject = BadLine(line=2, byte_offset=len(GOOD), reason="DuckDB's reason", sample="1 …")
    with open_rejects(tmp_path / "bad.tsv", 1000) as rejects:
        structure = Structure(Shape(3, b"\t", None), sample_limit=1, records=2)
        structure.sink = lambda bad, line: rejects.add("f.tsv", bad, line)
        reconcile(source, structure, Values(1, DateTally(MONTH).counts(), {}, (reject,)))

    assert [row[4:] for row in _rows(tmp_path / "bad.tsv")] == [["DuckDB's reason", escaped(GOOD[:-1])]]


def test_a_list_ends_at_its_limit_and_the_finding_says_so(tmp_path: Path) -> None:
    content = b"short\n" * 40_000

    check = _check(tmp_path, content, qc={"rejects_mib": 1, "sample_limit": 1})

    (report,) = check.reports
    assert report.rejects is not None
    listed = report.rejects.lines
    assert report.bad_records == 40_000 > listed == len(_rows(Path(report.rejects.path)))
    assert 2**20 <= Path(report.rejects.path).stat().st_size < 2**20 + 200
    assert f"The first {listed:,} are listed in" in check.verdict.findings[0].message


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    writer = RejectsWriter(tmp_path / "bad.tsv", 10 * TEXT_LIMIT_BYTES)
    writer.add("f", BAD, b"x" * (TEXT_LIMIT_BYTES + 5) + b"\n")
    writer.finish()

    ((*_, text),) = _rows(tmp_path / "bad.tsv")
    assert text == "x" * TEXT_LIMIT_BYTES + "… (5 bytes more)"


def test_without_bad_lines_an_older_list_goes_and_another_file_stays(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    with open_rejects(tmp_path / "bad.tsv", 100) as rejects:
        rejects.add("f", BAD, b"x\n")

    for name in ("bad.tsv", "notes.txt", "absent.tsv"):
        with open_rejects(tmp_path / name, 100):
            pass

    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.parametrize("lines", [0, 1])
def test_a_check_that_breaks_leaves_no_list(tmp_path: Path, lines: int) -> None:
    def check() -> None:
        with open_rejects(tmp_path / "bad.tsv", 100) as rejects:
            for _ in range(lines):
                rejects.add("f", BAD, b"x\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check()

    assert list(tmp_path.iterdir()) == []


def test_a_list_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    source = source_file(tmp_path / "f.tsv", b"short\n")

    with (
        pytest.raises(ScratchSpaceError, match=r"bad lines .*file/bad\.tsv cannot be written") as caught,
        open_rejects(tmp_path / "file" / "bad.tsv", 100) as rejects,
    ):
        scan_file(source, feed(), MONTH, Places(tmp_path / "scratch", rejects))

    assert caught.value.stage == "qc"
