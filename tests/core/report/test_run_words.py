"""What a run's report says in words, for each way it can end."""

from __future__ import annotations

from typing import Any

import pytest

from sfetl_provider.core.compute.use import ComputeUse
from sfetl_provider.core.qc.column_profile import ColumnProfile, TopValue
from sfetl_provider.core.report.batch import month_of_report
from sfetl_provider.core.report.profile_table import profile_lines
from sfetl_provider.core.report.run_building import build_report
from sfetl_provider.core.report.run_words import outcome_text
from sfetl_provider.core.report.text import render_text
from tests.core.report.test_run_report import ALL, END, IDENTITY, failed

PUBLISHED = build_report(IDENTITY, ALL, END)
NOTHING = {"rows_published": None, "rows_restored": None, "ledger_sequence": None}
USE = ComputeUse(
    warehouse="LOADS", size="SMALL", statements=1, seconds=2, queued_seconds=0, credits=None, cloud_credits=0
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "5 rows are in the month now: 4 before − 4 deleted + 5 inserted."),
        ({**NOTHING, "state": "nothing_new"}, "Every file was published before"),
        ({**NOTHING, "state": "rejected"}, "Nobody approved it; nothing was changed."),
        ({**NOTHING, "state": "dry_run"}, "Nothing was changed."),
        ({**NOTHING, "state": "dropped", "rows_deleted": 7}, "7 rows of the month were deleted."),
        ({"state": "restored", "rows_restored": 9}, "9 rows are back in the month, in place of 4."),
        ({**NOTHING, "state": "failed", "failed_tasks": ("copy", "audit")}, "Tasks copy, audit failed."),
        ({**NOTHING, "state": "failed"}, "The run ended before it had done its work."),
        ({"state": "failed", "failed_tasks": ("clean_stage",)}, "The table was changed before that: 5 rows"),
    ],
)
def test_each_way_to_end_says_what_became_of_the_rows(changes: dict[str, Any], said: str) -> None:
    assert said in outcome_text(PUBLISHED.model_copy(update=changes))


@pytest.mark.parametrize(
    ("changes", "judged"),
    [
        ({}, ("done", "", "")),
        ({"state": "nothing_new"}, ("skipped", "every file was published before", "")),
        ({"state": "failed", "failed_tasks": ("copy",)}, ("failed", "copy ended without a message", "")),
        ({"state": "failed"}, ("failed", "the run ended without a message", "")),
        (
            {"state": "failed", "failures": failed("copy", what="two\nlines")},
            ("failed", "copy: two lines", ""),
        ),
    ],
)
def test_a_batch_says_of_each_month_how_it_ended(changes: dict[str, Any], judged: tuple[str, ...]) -> None:
    month = month_of_report(PUBLISHED.model_copy(update=changes))

    assert (month.state, month.reason, month.next_step) == judged


def test_the_text_tells_what_is_not_in_every_report() -> None:
    changes = {
        "is_insecure": True,
        "files_published_before": ("old.tsv",),
        "copy_compute": (USE,),
        "publish_compute": (USE, USE),
        "reason": "asked for",
    }

    text = render_text(PUBLISHED.model_copy(update=changes))

    assert "no certificate was verified" in text
    assert "old.tsv: published before, with the same content" in text
    assert text.count("LOADS (SMALL): 1 statement, 2.0 s, credits unknown") == 3
    assert text.endswith("asked for") or "asked for\n" in text


def test_a_profile_marks_estimates_and_says_what_they_are() -> None:
    counted = {"kind": "text", "values": 9, "nulls": 1, "shortest": 2, "longest": 2, "distinct": 1_000}
    top = (TopValue(value="ab", share=0.5),)
    columns = (
        ColumnProfile(name="EXACT", is_distinct_exact=True, sampled=5, top=top, **counted),
        ColumnProfile(name="ABOUT", distinct_most=1_200, **{**counted, "longest": 7}),
        ColumnProfile(name="EMPTY", kind="empty", values=0, nulls=10),
    )

    _, exact, about, empty, *notes = profile_lines(columns)

    assert exact.split() == ["EXACT", "text", "10.00", "%", "1,000", "2", "ab", "50.00", "%"]
    assert about.split() == ["ABOUT", "text", "10.00", "%", "≈1,000–1,200", "2–7"]
    assert empty.split() == ["EMPTY", "empty", "100", "%"]
    assert [note.split()[0] for note in notes] == ["Distinct", "Those", "Top"]
