from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import BadLine, DateCounts, QcReport, QcVerdict, RejectsFile, TextForm
from sfetl_provider.core.qc.verdict import decide, raise_unless_passed
from tests.core.fakes import feed

MONTH = Month(2013, 2)
DATES = DateCounts(
    inside=dict.fromkeys(MONTH.days(), 10),
    outside=0,
    outside_first=None,
    outside_last=None,
    undated=0,
    outside_days=0,
    outside_dates={},
)
FORM = TextForm(
    has_byte_order_mark=False, is_last_newline_missing=False, crlf_ends=0, lf_ends=280, header_remarks=()
)
SOUND = QcReport(
    fingerprint="1-2-abc",
    file="flights.tsv",
    size_bytes=1000,
    records=280,
    header_records=0,
    empty_records=0,
    bad_records=0,
    good_records=280,
    bad_lines=(),
    header_faults=(),
    nulls={"ID": 0},
    dates=DATES,
    form=FORM,
    rejects=None,
    seconds=0,
)


def _report(**changes: Any) -> QcReport:
    return SOUND.model_copy(update=changes)


def _dated(**changes: Any) -> QcReport:
    return _report(dates=DATES.model_copy(update=changes))


def _decide(*reports: QcReport, expected_days: str = "all") -> QcVerdict:
    return decide(reports, feed(qc={"expected_days": expected_days}), MONTH, "file")


def _codes(verdict: QcVerdict) -> list[str]:
    return [finding.code for finding in verdict.findings if finding.severity == "CRITICAL"]


def test_a_sound_month_passes_with_its_rows_per_day() -> None:
    verdict = _decide(_dated(inside={**DATES.inside, date(2013, 2, 1): 38}))

    assert (verdict.is_passed, verdict.mode, len(verdict.fingerprints)) == (True, "file", 1)
    assert verdict.good_records == 280
    assert [finding.message for finding in verdict.findings] == [
        "1 day OUTLIER_HIGH, above the quartiles 10 and 10 by more than 1.5 times their distance: "
        "2013-02-01 (38).",
        "Rows per day on 28 days: at least 10, 11 on average, at most 38.",
    ]
    raise_unless_passed(verdict, MONTH)


@pytest.mark.parametrize(
    ("report", "code", "text"),
    [
        (
            _report(
                bad_records=1200,
                bad_lines=(BadLine(line=7, byte_offset=99, reason="holds a NUL byte", sample=""),),
            ),
            "bad_lines",
            "1,200 bad records: line 7 (byte 99): holds a NUL byte; and 1,199 more.",
        ),
        (_report(header_faults=("columns missing: day",)), "header", "columns missing: day. Correct"),
        (_report(nulls={"ID": 3}), "null", "3 records without a value in column ID"),
        (_dated(undated=1), "undated", "1 record whose DAY is missing or not a date as YYYY-MM-DD."),
        (
            _dated(outside=3, outside_days=2, outside_dates={date(2013, 1, 31): 2, date(2013, 3, 1): 1}),
            "outside_month",
            "3 records outside 2013-02: 2013-01-31 (2), 2013-03-01 (1). A file",
        ),
        (_report(good_records=0), "no_records", "it holds no records"),
    ],
)
def test_each_fault_of_a_file_stops_the_month_and_names_the_file(
    report: QcReport, code: str, text: str
) -> None:
    verdict = _decide(report)

    assert _codes(verdict) == [code]
    assert not verdict.is_passed
    assert f"flights.tsv: {text}" in " ".join(finding.message for finding in verdict.findings)


@pytest.mark.parametrize(
    ("expected_days", "gaps"),
    [
        (
            "all",
            "for 6 of the expected days of 2013-02: 2013-02-02, 2013-02-08–2013-02-10, 2013-02-27–2013-02-28.",
        ),
        ("weekdays", "for 3 of the expected days of 2013-02: 2013-02-08, 2013-02-27–2013-02-28."),
        ("any", ""),
    ],
)
def test_missing_days_are_ranges_over_all_files_and_count_as_configured(
    expected_days: str, gaps: str
) -> None:
    lost = {2, 8, 9, 10, 27, 28}
    days = {day: 1 for day in MONTH.days() if day.day not in lost}
    first = _dated(inside={day: count for day, count in days.items() if day.day < 15})
    second = _dated(inside={day: count for day, count in days.items() if day.day >= 15})

    verdict = _decide(first, second, expected_days=expected_days)

    assert _codes(verdict) == (["missing_days"] if gaps else [])
    assert gaps in " ".join(finding.message for finding in verdict.findings)


def test_no_report_at_all_stops_the_month() -> None:
    assert _codes(_decide()) == ["no_files"]


def test_empty_records_are_only_told() -> None:
    verdict = _decide(_report(empty_records=1))

    assert verdict.is_passed
    assert "flights.tsv: 1 empty record will not be loaded." in [item.message for item in verdict.findings]


@pytest.mark.parametrize("mode", ["skip", "snowflake"])
def test_without_file_qc_it_passes_and_says_that_nothing_was_checked(mode: Any) -> None:
    verdict = decide([], feed(), MONTH, mode)

    assert verdict.is_passed
    assert [(item.severity, item.message) for item in verdict.findings] == [
        ("INFO", f"The files were not checked before loading: QC mode is {mode}.")
    ]


def test_the_error_names_the_warnings_too() -> None:
    rows = {**dict.fromkeys(MONTH.days(), 100), date(2013, 2, 3): 30}
    verdict = _decide(_dated(inside=rows, undated=1))

    with pytest.raises(QcFailedError, match="failed in 1 point:") as caught:
        raise_unless_passed(verdict, MONTH)

    assert "It warns as well:\n- 1 day LOW" in caught.value.what


def test_the_error_says_what_failed_what_is_safe_and_what_to_do() -> None:
    verdict = _decide(_report(nulls={"ID": 3}, header_faults=("columns missing: day",)))

    with pytest.raises(QcFailedError) as caught:
        raise_unless_passed(verdict, MONTH)

    error = caught.value
    assert error.what.startswith(
        "Quality control of 2013-02 failed in 2 points:\n- flights.tsv: columns missing"
    )
    assert error.safe == "Nothing was loaded: the table is as it was."
    assert "corrected and delivered again" in error.next_step


def test_remarks_on_the_text_do_not_stop_a_month() -> None:
    form = TextForm(
        has_byte_order_mark=True,
        is_last_newline_missing=True,
        crlf_ends=3,
        lf_ends=2000,
        header_remarks=("1 of 3 names in other case: Id for ID",),
    )

    verdict = _decide(_report(form=form))

    assert verdict.is_passed
    assert [(finding.severity, finding.code) for finding in verdict.findings[:-1]] == [
        ("WARNING", "mixed_line_ends"),
        ("INFO", "last_newline_missing"),
        ("INFO", "byte_order_mark"),
        ("INFO", "header_spelling"),
    ]
    assert "3 records with CRLF and 2,000 with LF alone" in verdict.findings[0].message
    assert (
        verdict.findings[3].message == "flights.tsv: header accepted: 1 of 3 names in other case: Id for ID."
    )


def test_the_list_of_bad_lines_is_named() -> None:
    line = BadLine(line=7, byte_offset=99, reason="holds a NUL byte", sample="", column=2)
    rejects = RejectsFile(path="/reports/bad.tsv", lines=3)

    (message,) = [
        finding.message
        for finding in _decide(_report(bad_records=3, bad_lines=(line,), rejects=rejects)).findings
        if finding.code == "bad_lines"
    ]

    assert message == (
        "flights.tsv: 3 bad records: line 7, column 2 (byte 99): holds a NUL byte; and 2 more."
        " All are listed in /reports/bad.tsv."
    )
