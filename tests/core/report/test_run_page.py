"""The page of a run: for the analyst, the engineer on call and the auditor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.core.qc.rejects import open_rejects
from sfetl_provider.core.qc.report import RejectsFile
from sfetl_provider.core.report.balances import balances
from sfetl_provider.core.report.listed_rows import first_rows
from sfetl_provider.core.report.run_building import RunEnd, RunRecords, build_report
from sfetl_provider.core.report.run_page import render_run
from sfetl_provider.core.report.task_failure import ErrorText, TaskFailure
from tests.core.load_samples import NOW, PASSED, TABLE, sample_outcome
from tests.core.report.check_samples import sample_check, sample_report
from tests.core.report.shown_page import ShownPage
from tests.core.report.test_run_report import ALL, AUDIT, DELETION, END, IDENTITY, PLAN, PUBLICATION

WHOLE = replace(
    ALL,
    verdict=PASSED.model_copy(update={"good_records": 6}),
    audit=AUDIT.model_copy(update={"rows": 6}),
    publication=PUBLICATION.model_copy(
        update={"rows_inserted": 6, "query_ids": {"copy": ("c1", "c2"), "insert": "i1"}}
    ),
)
IN_AIRFLOW = IDENTITY.model_copy(
    update={"actor": "ada", "url": "http://airflow/dags/load_flights/runs/manual__1"}
)


def shown(records: RunRecords, end: RunEnd = END) -> ShownPage:
    return ShownPage(render_run(build_report(IN_AIRFLOW, records, end)))


def test_a_published_month_shows_its_rows_and_what_an_auditor_asks_for() -> None:
    page = shown(WHOLE)

    for text in (
        "6 rows are in the month now: 4 before − 4 deleted + 6 inserted.",
        "7 records = 1 header + 1 empty + 5 staged",
        "6 copied = 6 counted in the load table",
        "ab" * 32,
        "DEMO.PUBLIC.FLIGHTS",
        "ada",
        "c1, c2",
        "f" * 64,
        "trigger restore_month with ledger row 9",
        "2026-11-21 01:03:04 UTC, after 1 min 2 s",
    ):
        assert text in page.text
    assert "does not add up" not in page.text
    assert page.addresses == ["data:,", IN_AIRFLOW.url]


def test_a_failed_run_says_what_failed_what_is_safe_and_what_to_do_and_quotes_bad_lines() -> None:
    error = QcFailedError(
        "Two points:\n- <script>\x1b[31m", safe="Nothing was loaded.", next_step="Correct it."
    )
    failures = (
        TaskFailure(task="qc_gate", **ErrorText.of_error(error).model_dump()),
        TaskFailure(task="compress_stage_0"),
    )
    records = RunRecords(plan=PLAN, verdict=sample_check().verdict, bad_files=(sample_report(),))
    page = shown(records, RunEnd(NOW, NOW, failures))

    for text in (
        "Failed. Tasks qc_gate, compress_stage_0 failed.",
        "Incomplete: 21 days have rows, 1 expected have none: 2024-02-29.",
        "qc_gate (QcFailedError)",
        "Two points:\n- <script>\\x1b[31m",
        "Nothing was loaded.",
        "Correct it.",
        "It left no message",
        "12,000",
        "/reports/<bad>.tsv",
    ):
        assert text in page.text
    assert "script" not in page.tags


def test_a_failure_after_publishing_does_not_hide_that_the_table_changed() -> None:
    page = shown(WHOLE, RunEnd(NOW, NOW, (TaskFailure(task="clean_stage", what="stage gone"),)))

    assert (
        "Task clean_stage failed. The table was changed before that: 6 rows are in the month now" in page.text
    )


def test_a_run_that_knows_nothing_has_a_page_without_empty_sections() -> None:
    page = shown(RunRecords(), RunEnd(NOW, NOW))

    assert "The run ended before it had done its work." in page.text
    assert page.tags.count("h2") == 1
    assert "table" not in page.tags


def test_a_drop_says_how_it_is_undone() -> None:
    dropped = DELETION.model_copy(update={"kept_table": "KEPT_1"})
    page = shown(RunRecords(table=TABLE, deletion=dropped))

    for text in ("5 rows of the month were deleted.", "KEPT_1", "DEMO.PUBLIC.FLIGHTS", "with ledger row 10"):
        assert text in page.text


def test_what_copy_left_out_is_quoted_and_accounted_for_and_a_gap_is_seen(tmp_path: Path) -> None:
    with open_rejects(tmp_path / "copy.tsv", 1_000_000) as writer:
        writer.add_at(("a.tsv", "102 to 104", 2, None), "Numeric value '<b>'", b"x\t<b>" + b"y" * 600)
    rejects = RejectsFile(path=str(writer.path), lines=writer.lines)
    outcome = sample_outcome(PLAN, rows_copied=5).model_copy(update={"rows_rejected": 1, "rejects": rejects})
    records = replace(WHOLE, outcome=outcome, copy_bad_rows=first_rows(rejects))
    report = build_report(IDENTITY, records, END)

    told = {balance.step: (str(balance), balance.is_even) for balance in balances(report)}
    assert told["COPY"] == ("6 staged = 5 copied + 1 rejected by COPY", True)
    assert told["publish"] == ("5 copied ≠ 6 inserted", False)
    page = ShownPage(render_run(report))
    for text in ("does not add up", rejects.path, "102 to 104", "Numeric value '<b>'", "x\\t<b>yyy", "yy…"):
        assert text in page.text
    assert first_rows(RejectsFile(path=str(tmp_path / "gone.tsv"), lines=1)) == ()
