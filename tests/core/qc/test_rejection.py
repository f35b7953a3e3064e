"""Bad lines within the limit are left out, and everything else is about the good ones."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, MonthCheck, check_month
from sfetl_provider.core.qc.clean_file import write_clean_file
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.verdict import decide
from sfetl_provider.core.tsv.left_out import COLUMNS
from tests.core.fakes import feed, source_file

MONTH = Month(2013, 2)
GOOD = b"%d\t2013-02-%02d\ttext\n"
RAGGED, NUL = b"ragged\t2013-02-02\n", b"9\t2013-02-02\ta\0b\n"
LINES = [*(GOOD % (day, day) for day in range(1, 20)), RAGGED, GOOD % (20, 20), NUL, b"\n", GOOD % (21, 21)]
TEXT = b"".join(LINES)
QC = {
    "expected_days": "any",
    "key": ["ID"],
    "profile": "full",
    "rules": [{"name": "small", "condition": "id < 20"}],
}


def _check(folder: Path, content: bytes = TEXT, name: str = "f.tsv", **qc: Any) -> MonthCheck:
    source = source_file(folder / name, gzip.compress(content) if name.endswith(".gz") else content)
    paths = CheckPaths(folder / "scratch", folder / "lists" / "bad.tsv", folder / "lists")
    return check_month([source], feed(qc={**QC, **qc}), MONTH, paths)


def _codes(check: MonthCheck) -> dict[str, str]:
    return {finding.code: finding.severity for finding in check.verdict.findings}


@pytest.mark.parametrize(("name", "limit"), [("f.tsv", 2), ("f.tsv.gz", "10%")])
def test_the_rest_is_judged_as_if_it_were_the_file(tmp_path: Path, name: str, limit: int | str) -> None:
    (tmp_path / "clean").mkdir()
    clean = _check(tmp_path / "clean", TEXT.replace(RAGGED, b"").replace(NUL, b""), name)

    check = _check(tmp_path, name=name, reject_limit=limit)

    (report,), (expected,) = check.reports, clean.reports
    for same in ("good_records", "empty_records", "nulls", "dates", "profile"):
        assert getattr(report, same) == getattr(expected, same)
    (rule,), (of_clean) = report.rules, expected.rules[0]
    assert (rule.violations, rule.parts) == (of_clean.violations, of_clean.parts) == (2, ())
    # Lines and bytes are those of the file that was delivered.
    assert [bad.line for bad in rule.samples] == [21, 24]
    assert [TEXT[bad.byte_offset :][:2] for bad in rule.samples] == [b"20", b"21"]
    assert (report.records, report.bad_records) == (24, 2)
    assert check.keys is not None
    assert clean.keys is not None
    assert [file.records for file in check.keys.files] == [file.records for file in clean.keys.files] == [21]
    assert _codes(check)["rejected_lines"] == "WARNING"
    assert not {"bad_lines", "keys_incomplete"} & _codes(check).keys()


def test_the_list_holds_the_bytes_of_each_bad_record(tmp_path: Path) -> None:
    (report,) = _check(tmp_path, reject_limit=2).reports

    assert report.left_out is not None
    header, *rows = Path(report.left_out.path).read_text().splitlines()
    spans = [tuple(map(int, row.split("\t"))) for row in rows]
    assert tuple(header.split("\t")) == COLUMNS
    assert [TEXT[start : start + size] for start, size, _, _ in spans] == [RAGGED, NUL]
    assert [(line, lines) for _, _, line, lines in spans] == [(20, 1), (22, 1)]
    assert (report.left_out.records, report.left_out.size_bytes) == (2, len(RAGGED) + len(NUL))
    assert len((tmp_path / "lists" / "bad.tsv").read_text().splitlines()) == 3


@pytest.mark.parametrize("limit", [0, 1, "8%"])
def test_above_the_limit_the_load_stops(tmp_path: Path, limit: int | str) -> None:
    check = _check(tmp_path, reject_limit=limit)

    assert (check.verdict.is_passed, _codes(check)["bad_lines"]) == (False, "CRITICAL")
    assert check.verdict.left_out == {}
    assert [path.name for path in (tmp_path / "lists").iterdir()] == ["bad.tsv"]
    message = next(finding.message for finding in check.verdict.findings if finding.code == "bad_lines")
    assert ("lets be left out of this file (at most 1)" in message) == (limit != 0)


@pytest.mark.parametrize(
    ("end", "qc"),
    [(b"7\t2013-02-0", {}), (b"7\t2013-02-07\ttext\r", {}), (b"\x00" * 5, {})],
)
def test_a_file_that_seems_cut_off_is_no_case_for_a_limit(
    tmp_path: Path, end: bytes, qc: dict[str, Any]
) -> None:
    check = _check(tmp_path, TEXT + end, reject_limit="100%", **qc)

    (message,) = (finding.message for finding in check.verdict.findings if finding.code == "bad_lines")
    assert "as where a file was cut off" in message


def test_a_quote_too_many_counts_as_the_lines_that_it_takes(tmp_path: Path) -> None:
    text = (
        (GOOD % (1, 1)) * 3 + b'2\t"2013-02-02\ttext\n' + (GOOD % (3, 3)) * 5 + b'"\t4\t5\n' + GOOD % (6, 6)
    )
    source = source_file(tmp_path / "f.tsv", text)
    config = feed(format={"quote": '"'}, qc={"expected_days": "any", "reject_limit": 6})

    found = check_month([source], config, MONTH, CheckPaths(tmp_path / "scratch"))

    (report,) = found.reports
    assert (report.bad_records, report.left_out) == (1, None)
    assert "More lines than qc.reject_limit = 6 lets be left out" in report.not_left_out
    config = feed(format={"quote": '"'}, qc={"expected_days": "any", "reject_limit": 7})
    (report,) = check_month([source], config, MONTH, CheckPaths(tmp_path / "scratch")).reports
    assert report.left_out is not None
    # The list went with the check's scratch folder.
    assert (report.left_out.lines, report.left_out.path) == (7, "")


def test_nothing_but_bad_lines_is_no_month(tmp_path: Path) -> None:
    check = _check(tmp_path, RAGGED, reject_limit=5)

    assert {"rejected_lines", "no_records"} <= _codes(check).keys()
    assert not check.verdict.is_passed


def test_without_qc_of_the_file_the_gate_says_that_nothing_is_left_out() -> None:
    verdict = decide((), feed(qc={"reject_limit": 5}), MONTH, "skip")

    assert "rejects_not_checked" in [finding.code for finding in verdict.findings]
    assert verdict.left_out == {}


def _clean(folder: Path, content: bytes, name: str = "f.tsv", **sections: Any) -> bytes:
    source, config = source_file(folder / name, content), feed(**sections)
    check = check_month([source], config, MONTH, CheckPaths(folder / "scratch"))
    report: QcReport = check.reports[0]
    cleaned = write_clean_file(source, config, report, folder / "clean")
    assert cleaned.left_out_records == report.bad_records
    return (folder / "clean").read_bytes()


@pytest.mark.parametrize("name", ["f.tsv", "f.tsv.gz"])
def test_a_clean_file_lacks_the_bad_records_and_nothing_else(tmp_path: Path, name: str) -> None:
    text = b"\xef\xbb\xbfid\tday\ttext\r\n" + TEXT + b"cut"
    content = gzip.compress(text) if name.endswith(".gz") else text

    expected = text.replace(RAGGED, b"").replace(NUL, b"").removesuffix(b"cut")
    assert _clean(tmp_path, content, name, format={"header": True}) == expected


def test_there_is_no_clean_file_of_what_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(QcFailedError, match="cannot be read to its end"):
        _clean(tmp_path, gzip.compress(TEXT))
    assert not (tmp_path / "clean").exists()
