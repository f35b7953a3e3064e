"""The audit of one load table: one scan by day, and a few more queries where the feed asks for more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfetl_provider.core.audit.day_scan import Aggregates, DayScan, scan_days
from sfetl_provider.core.audit.findings import (
    by_policy,
    date_findings,
    day_count_findings,
    null_findings,
    row_count_finding,
)
from sfetl_provider.core.audit.history import history_findings, months_a_day
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.audit.load_keys import KeyCheck
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.audit.rule_check import RuleCheck
from sfetl_provider.core.audit.statements import day_of, days_statement, null_count
from sfetl_provider.core.errors import AuditFailedError
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.ports import Clock, ExpectationEngine, Warehouse
from sfetl_provider.core.qc.date_tally import DateTally, outside_text
from sfetl_provider.core.qc.days import classify_days, day_findings
from sfetl_provider.core.qc.report import DateCounts, DayRows, Finding


@dataclass(frozen=True)
class _Table:
    """The load table as the scan found it."""

    scan: DayScan
    dates: DateCounts
    days: tuple[DayRows, ...]
    nulls: dict[str, int]

    @property
    def extremes(self) -> tuple[str, str]:
        """The first and the last date; empty when there is none."""
        dates = self.scan.dates
        return (str(dates[0]), str(dates[-1])) if dates else ("", "")


def check_load_table(
    job: AuditJob, warehouse: Warehouse, clock: Clock, engine: ExpectationEngine | None = None
) -> AuditReport:
    """Check a load table and report; changes nothing, and fails only when Snowflake does.

    Always, in one scan: its rows are those that COPY loaded, each with a date in the month, and each day has as
    many as QC counted, when it read the files. Unless QC is skipped: no NULL where none may be, and not far fewer
    or more rows than earlier months. With `qc.mode: snowflake`: days, own rules and keys as well, and the feed's
    suite, for which it needs the `engine`.
    """
    started = clock.monotonic()
    aggregates = Aggregates()
    nulls = {name: aggregates.place(null_count(name)) for name in job.required}
    checks = (RuleCheck(job, warehouse, aggregates), KeyCheck(job, warehouse, aggregates))
    day = day_of(job.config.date.column)
    scan = scan_days(warehouse, days_statement(job.load_table, day, aggregates.listed))
    table = _table(job, scan, {name: scan.total(place) for name, place in nulls.items()})
    findings = [*_judge(job, table)]
    for check in checks:
        findings += check.findings(scan, table.dates)
    if job.has_suite:
        findings += _suite_findings(job, engine)
    return AuditReport(
        load_table=job.load_table,
        rows=scan.rows,
        undated=table.dates.undated,
        outside=table.dates.outside,
        distinct_days=len(scan.dates),
        first=table.extremes[0],
        last=table.extremes[1],
        nulls=table.nulls,
        days=table.dates.inside,
        day_rows=table.days,
        findings=tuple(findings),
        query_ids=(scan.query_id, *(query_id for check in checks for query_id in check.query_ids)),
        seconds=clock.monotonic() - started,
    )


def require_passed(report: AuditReport, plan: MonthPlan) -> AuditReport:
    """Give the report back when it has passed; raises AuditFailedError with every critical finding."""
    if report.is_passed:
        return report
    critical = [finding.message for finding in report.findings if finding.severity == "CRITICAL"]
    faults = "; ".join(message.rstrip(".") for message in critical)
    raise AuditFailedError(
        f"The load table of {plan.feed} {plan.month} did not pass the audit: {faults}.",
        safe="No row of the target table was touched; chunks and load table are kept.",
        next_step="Correct the files and clear this run's tasks from wait_for_files on, or correct the config.",
    )


def _suite_findings(job: AuditJob, engine: ExpectationEngine | None) -> Iterator[Finding]:
    if engine is None:
        raise TypeError("a feed with a suite is audited with an engine")
    # Imported late: a third of a second, which feeds without a suite do not need.
    from sfetl_provider.core.audit.suite_check import suite_findings

    return suite_findings(job, engine)


def _table(job: AuditJob, scan: DayScan, nulls: dict[str, int]) -> _Table:
    month = job.plan.month_value
    tally = DateTally(month)
    for group in scan.groups:
        tally.add(group.day, group.rows)
    dates = tally.counts()
    return _Table(scan, dates, classify_days(dates.inside, job.config.qc, month), nulls)


def _judge(job: AuditJob, table: _Table) -> Iterator[Finding]:
    month, dates = job.plan.month_value, table.dates
    yield from row_count_finding(table.scan.rows, job.outcome.rows_copied)
    listed = outside_text(dates, month) if dates.outside else ""
    dated = date_findings(month, dates.undated, dates.outside, table.extremes, listed)
    yield from by_policy(dated, job.config.publish.outside_month)
    yield from null_findings(table.nulls)
    if job.verdict and job.verdict.mode == "file" and job.verdict.days:
        yield from day_count_findings(job.verdict.days, dates.inside, job.outcome.rows_rejected)
    if job.is_quality_control:
        yield from day_findings(table.days, job.config.qc, month)
    # Files that are appended or merged are a part of their month: whole months say nothing of them.
    if job.plan.qc_mode != "skip" and job.plan.load_mode == "replace_month":
        earlier = months_a_day(job.earlier, job.config)
        yield from history_findings(sum(dates.inside.values()), month, earlier, job.config)
