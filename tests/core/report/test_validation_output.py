"""What a person reads of validations: text, page, sheets and CSV of each view."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from sfetl_provider.core.ledger.entry import ChainEnd, chain
from sfetl_provider.core.ledger.verification import BrokenLink, ChainReport
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.report.sheet import sheet_csv
from sfetl_provider.core.report.validation_page import render_page
from sfetl_provider.core.report.validation_sheets import validation_sheets
from sfetl_provider.core.report.validation_text import VIEWS, View, render_validations, size_text
from sfetl_provider.core.report.workbook import write_sheets
from sfetl_provider.core.validate.records import LedgerRecord, TableValidation
from sfetl_provider.core.validate.tables import not_looked_at
from tests.core.load_samples import sample_config, sample_facts
from tests.core.report.test_qc_workbook import FORMULA, read_sheets
from tests.core.scripted_warehouse import ManualClock
from tests.core.validate.test_validation import full, validated

JANUARY = [date(2013, 1, 1) + timedelta(days=number) for number in range(31)]


def samples() -> list[TableValidation]:
    """Give a table with a gap and its ledger, one that is whole, and one that could not be looked at."""
    gap, _ = validated([(day, 4) for day in JANUARY if day.day != 5], [("2013-01", "publish", 3, 124)])
    whole, _ = validated(full(Month(2013, 1)), [("2013-01", "publish", 1, 124)])
    entry = chain(sample_facts(reason=FORMULA), ChainEnd(sequence=0, hash=""))
    broken = BrokenLink(sequence=1, reason="its content was changed after it was written")
    report = ChainReport(
        feed="flights", database="DEMO", rows=1, end=ChainEnd(sequence=1, hash=entry.hash), broken=broken
    )
    return [
        whole.model_copy(update={"feed": "whole"}),
        gap.model_copy(update={"ledger": LedgerRecord(entries=(entry,), chain=report)}),
        not_looked_at(sample_config(feed="absent"), "The table <b>is</b> not there.", ManualClock()),
    ]


def test_the_technical_text_has_everything() -> None:
    lines = render_validations(samples()[1:2], "technical").splitlines()

    assert lines[:4] == [
        "flights in DEMO.PUBLIC.FLIGHTS: 1 month, 120 rows; 2 CRITICAL",
        "  month    rows  trend  published  first       last        state    missing days",
        "  2013-01   120               124  2013-01-01  2013-01-31  differs  2013-01-05",
        "CRITICAL 2013-01 rows_differ: 120 rows of 2013-01, 4 fewer than the 124 that its last publish left"
        " (ledger row 3): something else changed the table.",
    ]


def test_the_executive_text_names_first_who_is_needed() -> None:
    lines = render_validations(samples(), "executive").splitlines()

    assert [line.split()[0] for line in lines[1:4]] == ["failed", "not", "passed"]
    assert "2013-01 on 2013-08-01  passed  120 rows of 2013-01, 4 fewer" in lines[1]
    assert "4.1 kB" in lines[1]
    assert lines[-1] == "3 tables: 1 failed, 1 not looked at, 1 passed"


def test_the_audit_text_has_the_chain_and_its_rows() -> None:
    text = render_validations(samples(), "audit")

    assert "chain of flights: BROKEN at row 1: its content was changed" in text
    assert f"by ada, run manual__1, {FORMULA}" in text
    assert "  2013-01: differs, 120 rows in the table" in text


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_needs_nothing_from_outside_and_escapes_what_others_wrote(view: View) -> None:
    page = render_page(samples(), view)

    assert page.startswith("<!DOCTYPE html>")
    assert "://" not in page
    assert "<b>is" not in page
    assert "The table &lt;b&gt;is&lt;/b&gt; not there." in page
    assert "<h1></h1>" not in page


def test_charts_show_months_and_unusual_days() -> None:
    technical, executive = render_page(samples(), "technical"), render_page(samples(), "executive")

    assert technical.count('<rect class="NORMAL"') == 30
    assert technical.count('<rect class="differs"') == executive.count('<rect class="differs"') == 1
    assert '<td class="label differs">differs</td>' in technical


@pytest.mark.parametrize(
    ("view", "names", "first"),
    [
        (
            "executive",
            ["Tables"],
            "failed,flights,DEMO.PUBLIC.FLIGHTS,no,1,2013-01,2013-01,120,4096,,2013-01,",
        ),
        (
            "technical",
            ["Months", "Tables", "Findings", "Unusual days"],
            "whole,2013-01,as published,124,124,,",
        ),
        ("audit", ["Ledger", "Files", "Chains", "Months"], "flights,1,"),
    ],
)
def test_csv_holds_the_first_sheet_of_the_workbook(
    view: View, names: list[str], first: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.xlsx"
    write_sheets(path, "Tables", validation_sheets(samples(), view))

    sheets = read_sheets(path)

    assert list(sheets) == names
    lines = sheet_csv(validation_sheets(samples(), view)[0]).splitlines()
    assert lines[1].startswith(first)
    assert len(lines) == len(sheets[names[0]])


def test_sizes_are_read_easily() -> None:
    assert [size_text(size) for size in (None, 0, 999, 4096, 123_456_789, 5 * 10**15, 10**19)] == [
        "",
        "0 bytes",
        "999 bytes",
        "4.1 kB",
        "123 MB",
        "5.0 PB",
        "10000 PB",
    ]
