"""Validating a feed's table as it stands, without loading: one scan by day, held against config and ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sfetl_provider.core.audit.day_scan import as_date
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.ledger.month_history import recorded_months
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import target_table
from sfetl_provider.core.ports import Clock, Warehouse
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.validate.ledger_match import LedgerViews
from sfetl_provider.core.validate.month_days import missing_between, present_months, split_by_month
from sfetl_provider.core.validate.month_judge import KeyCounts, MonthJudge
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.core.validate.statements import MonthSpan, days_statement, keys_statement

_LISTED_DAYS = 10


@dataclass(frozen=True)
class ValidateJob:
    """What to look at: months of the feed in order, all without any; whether keys are compared too."""

    config: FeedConfig
    months: tuple[Month, ...] = ()
    has_keys: bool = False


@dataclass(frozen=True)
class _Scan:
    """Rows of the table by day."""

    rows: Mapping[date, int]
    undated: int
    query_id: str


def validate_table(job: ValidateJob, warehouse: Warehouse, clock: Clock) -> TableValidation:
    """Look at a feed's table; writes nothing anywhere.

    One scan of the date column, a second query for keys when asked for, and the ledger's months before and after,
    so that a publication meanwhile is not taken for a fault. Memory and rows fetched: one per day. Raises
    MonthError for a month that the feed does not have, StatementError when the table is not there.
    """
    config, table = job.config, target_table(job.config)
    wanted = tuple(sorted(month_of(config, month) for month in job.months))
    key = config.qc.key if job.has_keys and not _keys_problem(config) else ()
    before = recorded_months(warehouse, table, config.feed)
    scan = _scanned(warehouse, config, MonthSpan(wanted[0], wanted[-1]) if wanted else None)
    months = wanted or present_months(config, scan.rows, before or {})
    keys = _found_keys(warehouse, config, key, months)
    ledger = LedgerViews(before, recorded_months(warehouse, table, config.feed))
    inside, others = split_by_month(scan.rows, months)
    if wanted:  # days between months that were asked for
        others = {}
    judge = MonthJudge(config, ledger, keys, clock.now().date())
    return TableValidation(
        feed=config.feed,
        table=table,
        validated_at=clock.now(),
        rows=scan.undated + sum(others.values()) + sum(sum(days.values()) for days in inside.values()),
        undated_rows=scan.undated,
        other_rows=sum(others.values()),
        months=tuple(judge.judge(month, inside[str(month)]) for month in months),
        findings=(
            *_scan_findings(scan.undated, others),
            *_ledger_findings(ledger, () if wanted else months),
            *_key_findings(job),
        ),
        query_ids=(scan.query_id, *keys.query_ids),
    )


def _keys_problem(config: FeedConfig) -> str:
    """Say why the table cannot be looked through for the feed's key, '' when it can."""
    if not config.qc.key:
        return "the feed has no qc.key"
    altered = [name for name in config.qc.key if name in config.altered_columns]
    return f"the table holds {', '.join(altered)} masked or computed" if altered else ""


def _scanned(warehouse: Warehouse, config: FeedConfig, span: MonthSpan | None) -> _Scan:
    statement = days_statement(config, span)
    result = warehouse.query(statement.text, statement.binds)
    counts = {as_date(day): int(str(count)) for day, count in result.rows}
    rows = {day: count for day, count in counts.items() if day is not None}
    return _Scan(rows, counts.get(None, 0), result.query_id)


def _found_keys(
    warehouse: Warehouse, config: FeedConfig, key: Sequence[str], months: Sequence[Month]
) -> KeyCounts:
    if not key or not months:
        return KeyCounts(None)
    statement = keys_statement(config, key, months)
    result = warehouse.query(statement.text, statement.binds)
    counts = {str(month): (int(str(keys)), int(str(rows))) for month, keys, rows in result.rows}
    return KeyCounts(counts, (result.query_id,))


def _scan_findings(undated: int, others: Mapping[date, int]) -> Iterator[Finding]:
    """Say what rows belong to no month."""
    if undated:
        yield _finding("CRITICAL", "undated", f"{undated:,} rows have no date, so they belong to no month.")
    if others:
        listed = ", ".join(f"{day} ({count:,})" for day, count in sorted(others.items())[:_LISTED_DAYS])
        more = len(others) - _LISTED_DAYS
        tail = f" and {more:,} more days" if more > 0 else ""
        text = f"{sum(others.values()):,} rows lie in no month that the feed has: {listed}{tail}."
        yield _finding("WARNING", "no_month", text)


def _ledger_findings(ledger: LedgerViews, months: Sequence[Month]) -> Iterator[Finding]:
    """Say what lacks; `months` are all that table and ledger have, none when only some were asked for."""
    if not ledger.is_seen:
        text = "There is no ledger of this feed, or the role may not see it: rows are not held against it."
        yield _finding("WARNING", "no_ledger", text)
    if gaps := missing_between(months):
        yield _finding("WARNING", "missing_months", f"Neither table nor ledger have {', '.join(gaps)}.")
    unknown = sorted(set(ledger.before or {}) - {str(month) for month in months}) if months else []
    if unknown:
        text = (
            f"The ledger has {', '.join(unknown)}: date.fiscal_months does not say when these begin and end."
        )
        yield _finding("WARNING", "unknown_months", text)


def _key_findings(job: ValidateJob) -> Iterator[Finding]:
    if job.has_keys and (problem := _keys_problem(job.config)):
        yield _finding("INFO", "keys_not_compared", f"Keys were not compared: {problem}.")


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)
