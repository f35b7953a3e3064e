"""The audit of one load table: two queries at most, then rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sfetl_provider.core.audit.findings import (
    by_policy,
    date_findings,
    null_findings,
    row_count_finding,
)
from sfetl_provider.core.audit.month_range import bounds
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.audit.statements import days_statement, totals_statement
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.errors import AuditFailedError
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.ports import Clock, Warehouse
from sfetl_provider.core.qc.date_tally import DateTally, outside_text
from sfetl_provider.core.qc.days import classify_days, day_findings
from sfetl_provider.core.qc.report import DateCounts, DayRows, Finding


@dataclass(frozen=True)
class AuditJob:
    """Which load table to check, and against what."""

    plan: MonthPlan
    config: FeedConfig
    outcome: CopyOutcome


@dataclass(frozen=True)
class _Totals:
    rows: int
    undated: int
    outside: int
    distinct_days: int
    first: str
    last: str
    nulls: dict[str, int]
    query_id: str


@dataclass(frozen=True)
class _Days:
    dates: DateCounts
    day_rows: tuple[DayRows, ...]
    query_ids: tuple[str, ...]


def check_load_table(job: AuditJob, warehouse: Warehouse, clock: Clock) -> AuditReport:
    """Check a load table and report; changes nothing, and fails only when Snowflake does.

    Always: its rows are those that COPY loaded, each with a date in the month. Unless QC is skipped: no NULL
    where none may be. With `qc.mode: snowflake`: every expected day has rows, and how many each day has.
    """
    started = clock.monotonic()
    totals = _read_totals(job, warehouse)
    days = _read_days(job, warehouse)
    return AuditReport(
        load_table=job.outcome.load_table,
        rows=totals.rows,
        undated=totals.undated,
        outside=totals.outside,
        distinct_days=totals.distinct_days,
        first=totals.first,
        last=totals.last,
        nulls=totals.nulls,
        days=days.dates.inside,
        day_rows=days.day_rows,
        findings=tuple(_judge(job, totals, days)),
        query_ids=(totals.query_id, *days.query_ids),
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
        safe="The target table was not touched; chunks and load table are kept.",
        next_step="Correct the files and clear this run's tasks from wait_for_files on, or correct the config.",
    )


def _required_columns(job: AuditJob) -> list[str]:
    if job.plan.qc_mode == "skip":
        return []
    return [column.name for column in job.config.columns if not column.nullable]


def _read_totals(job: AuditJob, warehouse: Warehouse) -> _Totals:
    required = _required_columns(job)
    statement = totals_statement(job.outcome.load_table, job.config.date.column, required)
    result = warehouse.query(statement, bounds(job.plan.month_value))
    (row,) = result.rows
    rows, undated, outside, distinct_days = (int(str(value)) for value in row[:4])
    first, last = ("" if value is None else str(value) for value in row[4:6])
    nulls = dict(zip(required, _counts(row[6:]), strict=True))
    return _Totals(rows, undated, outside, distinct_days, first, last, nulls, result.query_id)


def _counts(values: Sequence[object]) -> list[int]:
    return [int(str(value)) for value in values]


def _read_days(job: AuditJob, warehouse: Warehouse) -> _Days:
    month = job.plan.month_value
    tally = DateTally(month)
    if job.plan.qc_mode != "snowflake":
        return _Days(tally.counts(), (), ())
    result = warehouse.query(days_statement(job.outcome.load_table, job.config.date.column))
    for day, count in result.rows:
        tally.add(_as_date(day), int(str(count)))
    dates = tally.counts()
    return _Days(dates, classify_days(dates.inside, job.config.qc, month), (result.query_id,))


def _as_date(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _judge(job: AuditJob, totals: _Totals, days: _Days) -> list[Finding]:
    month = job.plan.month_value
    extremes = (totals.first, totals.last)
    findings = row_count_finding(totals.rows, job.outcome.rows_copied)
    listed = outside_text(days.dates, month) if days.dates.outside else ""
    dated = date_findings(month, totals.undated, totals.outside, extremes, listed)
    findings += by_policy(dated, job.config.publish.outside_month)
    findings += null_findings(totals.nulls)
    if job.plan.qc_mode == "snowflake":
        findings += day_findings(days.day_rows, job.config.qc, month)
    return findings
