from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.printable import printable
from sfetl_provider.core.qc.report import DayRows
from sfetl_provider.core.report.bar_chart import bar_chart
from sfetl_provider.core.report.qc_page import render_page
from sfetl_provider.core.report.qc_text import headline, render_check
from tests.core.report.check_samples import FOLDER, TEXTS, sample_check, sample_report
from tests.core.report.shown_page import ShownPage


@pytest.mark.parametrize("name", TEXTS)
def test_the_texts_are_as_they_lie_in_golden(name: str) -> None:
    assert TEXTS[name](sample_check()) == (FOLDER / name).read_text(encoding="utf-8")


def test_a_month_that_passes_says_so() -> None:
    check = sample_check(("INFO", "rows_per_day", "all days"))

    assert headline(check) == "sales 2024-02: passed; 2,469,128 good records in 2 files; 1 INFO"


def test_a_month_without_rows_has_no_list_of_days() -> None:
    sample = sample_check()
    verdict = sample.verdict.model_copy(update={"days": ()})
    check = sample.model_copy(update={"reports": (sample_report(bad_lines=()),), "verdict": verdict})

    text = render_check(check)

    assert "Rows per day:" not in text
    assert "in 1 file;" in text
    assert "<svg" not in render_page(check)


def test_a_check_of_no_file_can_be_shown() -> None:
    check = sample_check(("CRITICAL", "no_files", "There is no report.")).model_copy(update={"reports": ()})

    assert "in 0 files; 1 CRITICAL" in render_check(check)
    assert "<h2>Files" not in render_page(check)


def test_the_page_needs_nothing_from_outside_and_runs_nothing() -> None:
    page = render_page(sample_check())
    found = ShownPage(page)

    assert found.addresses == ["data:,"]
    assert "script" not in found.tags
    assert "default-src 'none'" in page
    assert "Quality: 64 of 100 (good records 99.99 %" in found.text
    assert "://" not in page
    assert "url(" not in page


def test_the_page_shows_all_there_is() -> None:
    page = render_page(sample_check())
    found = ShownPage(page)

    for text in (
        "Rejected.",
        "b & c.tsv",
        "<script>\\x1b[31m</script>",
        "/reports/<bad>.tsv",
        "1,234,564",
        "12,000",
    ):
        assert text in found.text
    assert found.tags.count("rect") == 21
    assert page.count('<text class="MISSING"') == 1
    assert [
        name for name in ("not expected", "outlier, low", "missing", "normal") if f"■ {name}" in found.text
    ] == [
        "not expected",
        "outlier, low",
        "missing",
    ]
    assert (
        found.text.index("bad_lines") < found.text.index("mixed_line_ends") < found.text.index("rows_per_day")
    )


@given(st.lists(st.integers(0, 10**12), min_size=28, max_size=31))
def test_bars_stay_in_their_chart_and_are_as_high_as_their_rows(rows: list[int]) -> None:
    first = date(2024, 1, 1)
    days = [
        DayRows(day=first + timedelta(days=at), rows=count, day_class="NORMAL")
        for at, count in enumerate(rows)
    ]

    chart = bar_chart(days)

    if chart is None:
        assert not any(rows)
        return
    assert [bar.item.rows for bar in chart.bars] == rows
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.floor + 0.02 for bar in chart.bars)
    assert all(chart.left <= bar.x <= bar.x + bar.width <= chart.width for bar in chart.bars)
    assert 2 <= len(chart.grid) <= 7
    assert chart.grid[-1].rows >= max(rows)
    heights = sorted((bar.item.rows, bar.height) for bar in chart.bars)
    assert heights == sorted(heights, key=lambda pair: pair[1])


def test_text_is_printable() -> None:
    assert printable("a\tb\n\x1b[0m\u202eé\ud800") == "a\\tb\\n\\x1b[0m\\u202eé\\ud800"


def test_columns_are_aligned() -> None:
    assert list(aligned([("a", "1"), ("bcd", "23")], right=frozenset({1}))) == ["a     1", "bcd  23"]
