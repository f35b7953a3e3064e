"""One run, from files to table, as an HTML page that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sfetl_provider.core.compute.use import use_text
from sfetl_provider.core.progress import duration_text
from sfetl_provider.core.qc.report import DayRows, Finding
from sfetl_provider.core.report.balances import balances
from sfetl_provider.core.report.bar_chart import bar_chart
from sfetl_provider.core.report.page_template import page_template
from sfetl_provider.core.report.qc_text import CLASSES, SEVERITIES
from sfetl_provider.core.report.quality_text import quality_text
from sfetl_provider.core.report.run_report import ReportedChecks, RunReport
from sfetl_provider.core.report.run_words import STATE_WORDS, completeness_text, outcome_text, table_text

_BYTES_PER_MB = 1_000_000
_STATE_CLASSES = {"failed": "CRITICAL", "published": "passed", "dropped": "passed", "restored": "passed"}


def render_run(report: RunReport) -> str:
    """Give the page: what happened and what to do, findings, bad lines, counts, files, record."""
    days = _days(report)
    return page_template("run_page.html.j2").render(
        report=report,
        state_word=STATE_WORDS[report.state],
        state_class=_STATE_CLASSES.get(report.state, "WARNING"),
        outcome=outcome_text(report),
        completeness=completeness_text(report),
        checks=[(name, checks, _verdict(checks)) for name, checks in _checks(report)],
        findings=list(_findings(report)),
        chart=bar_chart(days),
        days=days,
        classes=CLASSES,
        balances=balances(report),
        facts=list(_facts(report)),
        megabytes=lambda size_bytes: f"{size_bytes / _BYTES_PER_MB:,.2f}",
    )


def _checks(report: RunReport) -> Iterator[tuple[str, ReportedChecks]]:
    if report.qc:
        yield "QC of the files", report.qc
    if report.audit:
        yield "audit of the load table", report.audit


def _verdict(checks: ReportedChecks) -> str:
    counts = {
        severity: sum(finding.severity == severity for finding in checks.findings) for severity in SEVERITIES
    }
    found = ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)
    quality = f"; quality {quality_text(checks.quality)}" if checks.quality else ""
    mode = f"mode {checks.mode}, " if checks.mode else ""
    return f"{mode}{checks.rows:,} rows; {found or 'no findings'}{quality}"


def _findings(report: RunReport) -> Iterator[tuple[str, Finding]]:
    """Give the findings of both checks, the gravest first."""
    for severity in SEVERITIES:
        for name, checks in (("QC", report.qc), ("audit", report.audit)):
            for finding in checks.findings if checks else ():
                if finding.severity == severity:
                    yield name, finding


def _days(report: RunReport) -> tuple[DayRows, ...]:
    """Give the days as the audit counted them in the load table, else as QC did in the files, without gaps."""
    checks = report.audit if report.audit and report.audit.days else report.qc
    found = {day.day: day for day in checks.days} if checks else {}
    if not found:
        return ()
    first, last = min(found), max(found)
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return tuple(found.get(day) or DayRows(day=day, rows=0, day_class="NOT_EXPECTED") for day in days)


def _facts(report: RunReport) -> Iterator[tuple[str, str]]:
    """Give who, when, where and by which queries, for those who must prove it later."""
    yield "run", f"{report.run_id} of {report.dag_id} (key {report.run_key})"
    yield "started by", report.actor
    yield "approved by", report.approver
    yield "reason", report.reason
    yield "started", f"{report.started_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "finished", f"{report.finished_at:%Y-%m-%d %H:%M:%S} UTC, after {duration_text(report.seconds)}"
    yield "table", table_text(report)
    yield "load mode", report.load_mode
    yield from _ledger_facts(report)
    for step, ids in report.query_ids.items():
        yield f"query of {step}", ids if isinstance(ids, str) else ", ".join(ids)
    yield "COPY on", use_text(report.copy_compute)
    yield "publish on", use_text(report.publish_compute)
    yield from (("table changed", change.statement) for change in report.table_changes)
    yield "version", f"sfetl {report.version}"


def _ledger_facts(report: RunReport) -> Iterator[tuple[str, str]]:
    yield "generation", "" if report.generation is None else str(report.generation)
    yield "ledger row", "" if report.ledger_sequence is None else str(report.ledger_sequence)
    yield "ledger hash", report.ledger_hash or ""
    yield "undoes", "" if report.undoes is None else f"ledger row {report.undoes}"
    yield "table as it was", report.kept_table
    if report.ledger_sequence is not None:
        yield "to undo it", f"trigger restore_month with ledger row {report.ledger_sequence}"
