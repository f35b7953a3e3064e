"""Many months in one report, and the command that makes one of the runs' reports."""

from __future__ import annotations

import json
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

import pytest

from sfetl_provider.cli.batch import report_batch
from sfetl_provider.cli.folders import Folders
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.plan.names import report_path
from sfetl_provider.core.report.batch import BatchMonth, BatchReport, build_batch, month_of_report
from sfetl_provider.core.report.batch_page import render_batch
from sfetl_provider.core.report.batch_text import render_batch_text
from sfetl_provider.core.report.report_file import write_report
from sfetl_provider.core.report.run_building import RunEnd, RunRecords, build_report
from sfetl_provider.core.report.run_report import RunReport
from sfetl_provider.core.report.task_failure import TaskFailure
from tests.core.load_samples import NOW
from tests.core.report.shown_page import ShownPage
from tests.core.report.test_run_report import ALL, DELETION, END, IDENTITY, PLAN

FAILURE = TaskFailure(
    task="qc_gate",
    error="QcFailedError",
    what="2 points:\n- <b>gap</b>",
    next_step="Correct it.\n- In DAY: a date.",
)
AT = "http://airflow/dags/load_flights/runs/"


def load(month: str, records: RunRecords, end: RunEnd = END, run_id: str = "manual__1") -> RunReport:
    changed = {"month": month, "url": f"{AT}{run_id}", "run_id": run_id}
    return build_report(IDENTITY.model_copy(update=changed), records, end)


DONE = load("2013-01", ALL)
FAILED = load(
    "2013-02", RunRecords(plan=PLAN), RunEnd(NOW, NOW + timedelta(hours=2), (FAILURE,)), "manual__2"
)
NOTHING_NEW = load("2013-03", RunRecords(), RunEnd(NOW, NOW, stopped="nothing_new"))
LOST = BatchMonth(feed="flights", month="2013-04", state="not run", reason="load_flights is paused")


def batch() -> BatchReport:
    reports = (FAILED, DONE, NOTHING_NEW)
    found = [
        (month_of_report(report, f"/reports/flights/{report.month}/k.html"), report) for report in reports
    ]
    return build_batch("manual__batch", [(LOST, None), *found], NOW, "ada")


def test_the_text_counts_months_and_names_where_a_failed_one_is_cleared() -> None:
    lines = render_batch_text(batch()).splitlines()

    assert lines[0] == "4 months: 1 failed, 1 not run, 1 done, 1 skipped; 5 rows in 2 h 0 min"
    assert [line.split()[:3] for line in lines[2:4]] == [
        ["flights", "2013-01", "done"],
        ["flights", "2013-02", "failed"],
    ]
    assert "qc_gate: 2 points: - <b>gap</b>" in lines[3]
    assert lines[-3:] == [
        "flights 2013-02 failed. Correct it.",
        "- In DAY: a date.",
        f"  Clear its failed tasks here: {AT}manual__2",
    ]


def test_the_page_links_failed_months_to_airflow_and_all_to_their_reports() -> None:
    page = ShownPage(render_batch(batch(), Path("/reports/batches")))

    assert page.addresses == [
        "data:,",
        f"{AT}manual__2",
        *(f"../flights/2013-0{month}/k.html" for month in (1, 2, 3)),
    ]
    for text in ("Months failed.", "load_flights is paused", "every file was published before", "<b>gap</b>"):
        assert text in page.text
    assert "b" not in page.tags


def test_a_batch_without_months_says_so() -> None:
    empty = build_batch("b", [], NOW)

    assert "0 months: nothing to do; 0 rows" in render_batch_text(empty)
    assert "<table" not in render_batch(empty, Path())


def test_the_command_takes_the_latest_load_of_each_month(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = load("2013-02", ALL, RunEnd(NOW, NOW + timedelta(hours=3)), "manual__3")
    for key, report in {"a": DONE, "b": FAILED, "c": again}.items():
        write_report(report_path(tmp_path, "flights", report.month, key), report)
    (tmp_path / "flights" / "2013-01" / "old.json").write_text("{}")

    def run(months: str, since: str | None = None) -> int:
        arguments = Namespace(
            feed=["flights"],
            months=months,
            since=since,
            reports=None,
            json="-",
            html=str(tmp_path / "b.html"),
        )
        return report_batch(arguments, Folders(tmp_path, tmp_path, tmp_path, tmp_path))

    assert run("2013-01..2013-02") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(month["state"], month["run_id"]) for month in told["months"]] == [
        ("done", "manual__1"),
        ("done", "manual__3"),
    ]
    assert 'href="flights/2013-02/c.html"' in (tmp_path / "b.html").read_text()
    report_path(tmp_path, "flights", "2013-02", "c").unlink()
    assert run("2013-02") == 1
    assert run("2013-01..2013-02", "2026-11-21T03:00") == 1
    gone = load("2013-01", RunRecords(deletion=DELETION), RunEnd(NOW, NOW + timedelta(hours=4)), "drop")
    write_report(
        report_path(tmp_path, "flights", "2013-01", "d"), gone.model_copy(update={"dag_id": "drop_month"})
    )
    assert run("2013-01") == 2
    assert "deleted since then: ledger row 10" in capsys.readouterr().out
    assert run("2013-03") == 2
    assert "no report of a load" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="no date or time"):
        run("2013-01", "soon")
