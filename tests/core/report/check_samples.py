"""A month that QC rejects, for tests of what shows it; and its golden texts, written anew by

python -m tests.core.report.check_samples
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from sfetl_provider.core.config.qc_model import DayClass
from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.quality import Shares, rate
from sfetl_provider.core.qc.report import (
    BadLine,
    DateCounts,
    DayRows,
    Finding,
    QcReport,
    QcVerdict,
    RejectsFile,
    TextForm,
)
from sfetl_provider.core.report.qc_tables import days_csv, findings_csv
from sfetl_provider.core.report.qc_text import render_check

FOLDER = Path(__file__).parent / "golden"
TEXTS = {"check.txt": render_check, "findings.csv": findings_csv, "days.csv": days_csv}


def sample_report(**changes: Any) -> QcReport:
    """Give the report of a file with two bad lines, one of them meant to do harm where it is shown."""
    fields = {
        "file": "sales_a.tsv",
        "fingerprint": "f1",
        "size_bytes": 12_345_678,
        "records": 1_234_570,
        "header_records": 1,
        "empty_records": 2,
        "bad_records": 3,
        "good_records": 1_234_564,
        "bad_lines": (
            BadLine(
                line=7, byte_offset=99, reason="columns: 1 instead of 3", sample="<script>\x1b[31m</script>"
            ),
            BadLine(line=1_000, byte_offset=12_000, reason="is not UTF-8 text", sample="a\tb\\xff", column=2),
        ),
        "header_faults": (),
        "nulls": {},
        "dates": DateCounts(
            inside={},
            outside=0,
            outside_first=None,
            outside_last=None,
            undated=0,
            outside_days=0,
            outside_dates={},
        ),
        "form": TextForm(
            has_byte_order_mark=False,
            is_last_newline_missing=False,
            crlf_ends=0,
            lf_ends=1,
            header_remarks=(),
        ),
        "rejects": RejectsFile(path="/reports/<bad>.tsv", lines=3),
        "seconds": 3.25,
    }
    return QcReport.model_validate({**fields, **changes})


def sample_days() -> tuple[DayRows, ...]:
    """Give the days of a month with one of each class, and weekends that are not expected."""
    classes: dict[int, DayClass] = {
        2: "SEVERELY_LOW",
        5: "LOW",
        6: "OUTLIER_LOW",
        7: "OUTLIER_HIGH",
        10: "NOT_EXPECTED",
    }
    days = [date(2024, 2, day) for day in range(1, 30)]
    found = [
        DayRows(day=day, rows=2_000 * day.day, day_class=classes.get(day.day, "NORMAL"))
        for day in days
        if day.weekday() < 5 or day.day in classes
    ]
    return (*found[:-1], DayRows(day=days[-1], rows=0, day_class="MISSING"))


def sample_check(*findings: tuple[str, str, str]) -> MonthCheck:
    """Give the check of a month of two files; findings as severity, code, message."""
    wanted = findings or (
        ("INFO", "rows_per_day", "Rows per day on 28 days."),
        ("CRITICAL", "bad_lines", 'sales_a.tsv: 3 bad records, as "<script>"\nand one more line'),
        ("WARNING", "mixed_line_ends", "sales_a.tsv: mixed line ends"),
    )
    found = tuple(
        Finding.model_validate(dict(zip(("severity", "code", "message"), f, strict=True))) for f in wanted
    )
    reports = (sample_report(), sample_report(file="b & c.tsv", bad_lines=(), bad_records=0, rejects=None))
    return MonthCheck(
        feed="sales",
        month="2024-02",
        reports=reports,
        verdict=QcVerdict(
            mode="file",
            is_passed=all(finding.severity != "CRITICAL" for finding in found),
            findings=found,
            fingerprints={},
            good_records=2_469_128,
            days=sample_days(),
            quality=rate(
                Shares(records=0.999997, values=0.93, days=0.95), [finding.severity for finding in found]
            ),
        ),
    )


def write_expected() -> None:
    """Write the golden texts anew."""
    for name, render in TEXTS.items():
        (FOLDER / name).write_text(render(sample_check()), encoding="utf-8")


if __name__ == "__main__":
    write_expected()
