"""The report says what a run got to, and never more."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.drop.records import DropReceipt
from sfetl_provider.core.publish.receipt import PublishReceipt
from sfetl_provider.core.qc.quality import Shares, rate
from sfetl_provider.core.qc.report import DayRows, Finding, RejectsFile
from sfetl_provider.core.report.report_file import read_report, write_report
from sfetl_provider.core.report.run_building import RunEnd, RunRecords, build_report
from sfetl_provider.core.report.run_report import RunIdentity, RunReport
from sfetl_provider.core.report.task_failure import TaskFailure
from sfetl_provider.core.report.text import render_text
from tests.core.load_samples import NOW, PASSED, sample_outcome, sample_plan, sample_staged_file

PLAN = sample_plan(generation=3)
IDENTITY = RunIdentity(
    feed=PLAN.feed, month=PLAN.month, dag_id=PLAN.dag_id, run_id=PLAN.run_id, run_key=PLAN.run_key
)


def failed(*tasks: str, what: str = "") -> tuple[TaskFailure, ...]:
    return tuple(TaskFailure(task=task, what=what) for task in tasks)


END = RunEnd(started_at=NOW, finished_at=NOW + timedelta(seconds=61.5))
LOW = Finding(severity="WARNING", code="low", message="few rows on 2013-01-06")
AUDIT = AuditReport(
    load_table=sample_outcome(PLAN).load_table,
    rows=5,
    undated=0,
    outside=0,
    distinct_days=3,
    first="2013-01-01",
    last="2013-01-31",
    nulls={},
    days={},
    findings=(LOW,),
    query_ids=("q1",),
    seconds=0.5,
)
PUBLICATION = PublishReceipt(
    feed="flights",
    month="2013-01",
    run_key=PLAN.run_key,
    generation=4,
    ledger_sequence=9,
    ledger_hash="f" * 64,
    rows_before=4,
    rows_deleted=4,
    rows_inserted=5,
    rows_updated=0,
    rows_rejected=0,
    load_mode="replace_month",
    query_ids={},
    reason="",
    published_at=NOW,
    is_repeat=False,
)
DELETION = DropReceipt(
    feed="flights",
    month="2013-01",
    run_key=PLAN.run_key,
    generation=5,
    ledger_sequence=10,
    ledger_hash="f" * 64,
    rows_deleted=5,
    delete_query_id="d1",
    kept_table="",
    query_ids={"delete": "d1"},
    dropped_at=NOW,
    is_repeat=False,
)
ALL = RunRecords(
    plan=PLAN,
    verdict=PASSED,
    staged_files=(sample_staged_file(), sample_staged_file((1,), "b.tsv")),
    outcome=sample_outcome(PLAN, rows_copied=6),
    audit=AUDIT,
    publication=PUBLICATION,
)


def published() -> RunReport:
    return build_report(IDENTITY, ALL, END)


def test_published_month_has_every_number() -> None:
    report = published()
    assert (report.state, report.generation, report.ledger_sequence) == ("published", 4, 9)
    assert (report.rows_in_files, report.rows_staged, report.rows_copied) == (6, 6, 6)
    assert (report.rows_published, report.rows_deleted, report.seconds) == (5, 4, 61.5)
    assert "rows rejected" not in render_text(report)
    assert (report.bytes_in_files, report.bytes_staged) == (2_000_000, 800_000)
    assert [(file.name, file.chunks) for file in report.files] == [("flights_2013-01.tsv", 2), ("b.tsv", 1)]


@pytest.mark.parametrize(
    ("records", "end", "state"),
    [
        (ALL, END, "published"),
        (RunRecords(deletion=DELETION), END, "dropped"),
        (RunRecords(plan=PLAN), RunEnd(NOW, NOW, stopped="dry_run"), "dry_run"),
        (RunRecords(plan=PLAN), RunEnd(NOW, NOW, failed("qc_gate"), stopped="dry_run"), "failed"),
        (RunRecords(plan=PLAN), END, "failed"),
        (RunRecords(), END, "failed"),
        (ALL, RunEnd(NOW, NOW, failed("clean_stage", what="stage gone")), "failed"),
    ],
)
def test_state_follows_from_what_happened(records: RunRecords, end: RunEnd, state: str) -> None:
    assert build_report(IDENTITY, records, end).state == state


def test_run_that_failed_at_once_reports_nothing_it_does_not_know() -> None:
    report = build_report(IDENTITY, RunRecords(), RunEnd(NOW, NOW, failed("plan", what="no month")))
    unknown = (report.rows_in_files, report.rows_copied, report.rows_published, report.generation, report.qc)
    assert unknown == (None,) * 5
    assert report.failed_tasks == ("plan",)


def test_run_that_changed_nothing_reports_the_generation_it_saw() -> None:
    assert build_report(IDENTITY, RunRecords(plan=PLAN, audit=AUDIT), END).generation == 3


def test_audit_without_a_plan_is_reported_all_the_same() -> None:
    report = build_report(IDENTITY, RunRecords(audit=AUDIT), END)
    assert report.audit is not None
    assert (report.audit.mode, report.audit.rows) == ("", 5)


def test_text_names_the_ranges_of_a_file_that_had_some() -> None:
    files = (sample_staged_file(), sample_staged_file(name="b.tsv").model_copy(update={"ranges": 3}))
    text = render_text(build_report(IDENTITY, replace(ALL, staged_files=files), END))

    assert "staged in 2 chunks (0 reused), 3 ranges\n" in text
    assert text.count("ranges") == 1


def test_text_is_aligned_and_complete() -> None:
    lines = render_text(published()).splitlines()
    starts = {match.end() for line in lines if (match := re.match(r"\S+(?: \S+)*\s{2,}", line))}
    assert len(starts) == 1
    assert lines[0].endswith("flights 2013-01: published (load_flights, manual__1)")
    text = "\n".join(lines)
    for words in (
        "1.00 MB, 7 records, 1 header, 1 empty, 5 staged in 2 chunks",
        "2.00 MB read, 0.80 MB staged",
    ):
        assert words in text
    for words in ("passed (file, 5 rows, 1 finding)", "few rows on 2013-01-06", "61.5 s"):
        assert words in text


def test_text_shows_every_day_that_was_judged() -> None:
    days = (DayRows(day=date(2013, 1, 1), rows=3, day_class="LOW"),)
    quality = rate(Shares(records=1, values=0.5, days=1), ["WARNING"])
    verdict = PASSED.model_copy(update={"days": days, "findings": (LOW,), "quality": quality})
    text = render_text(build_report(IDENTITY, RunRecords(plan=PLAN, verdict=verdict), END))
    assert re.search(r"^qc warning +few rows on 2013-01-06$", text, re.MULTILINE)
    assert re.search(r"^quality +85 of 100 \(.*1 WARNING\)$", text, re.MULTILINE)
    assert re.search(r"^qc day +2013-01-01 Tue 3  LOW$", text, re.MULTILINE)


def test_text_of_a_failed_run_names_its_tasks_and_reason() -> None:
    refused = PASSED.model_copy(update={"is_passed": False})
    end = RunEnd(NOW, NOW, failed("qc_gate", "copy", what="2 days are missing"))
    text = render_text(build_report(IDENTITY, RunRecords(plan=PLAN, verdict=refused), end))
    for words in ("FAILED (file", "qc_gate, copy", "2 days are missing"):
        assert words in text
    assert "rows copied" not in text


def test_report_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "flights" / "2013-01" / "key.json"
    assert write_report(path, published()) == path
    assert read_report(path) == published()
    write_report(path, build_report(IDENTITY, RunRecords(), END))
    assert read_report(path).state == "failed"
    assert [entry.name for entry in path.parent.iterdir()] == ["key.json"]


def test_rows_that_copy_left_out_are_told_with_their_list() -> None:
    rejects = RejectsFile(path="/reports/copy.tsv", lines=2)
    outcome = sample_outcome(PLAN, rows_copied=4).model_copy(update={"rows_rejected": 2, "rejects": rejects})
    text = render_text(build_report(IDENTITY, replace(ALL, outcome=outcome), END))
    assert re.search(r"rows rejected by COPY +2\n", text)
    assert "2 rows listed in /reports/copy.tsv" in text


@pytest.mark.parametrize("insecure", ["plan", "publication", "deletion"])
def test_a_change_over_an_insecure_connection_is_marked(insecure: str) -> None:
    parts = {"plan": PLAN, "publication": PUBLICATION, "deletion": DELETION}
    marked = parts[insecure].model_copy(update={"is_insecure": True})

    assert "INSECURE" not in render_text(build_report(IDENTITY, ALL, END))
    assert "INSECURE" in render_text(build_report(IDENTITY, replace(ALL, **{insecure: marked}), END))
