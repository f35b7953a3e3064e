"""Validating a feed's table as it stands, without loading: one scan by day, held against config and ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sfetl_provider.core.audit.day_scan import Aggregates
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.ledger.month_history import recorded_months
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import target_table
from sfetl_provider.core.ports import Clock, Warehouse
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.validate.key_search import KeyCounts, key_problem_findings, search_keys
from sfetl_provider.core.validate.ledger_match import LedgerViews
from sfetl_provider.core.validate.ledger_record import chain_findings, read_ledger
from sfetl_provider.core.validate.month_days import missing_between, overdue_after
from sfetl_provider.core.validate.month_judge import MonthJudge
from sfetl_provider.core.validate.own_rules import OwnRules
from sfetl_provider.core.validate.records import LedgerRecord, TableValidation
from sfetl_provider.core.validate.table_facts import TableFacts, read_facts
from sfetl_provider.core.validate.table_scan import Scope, TableScan, scan_table, scope_of
from sfetl_provider.core.validate.trend import Trend
from sfetl_provider.core.validate.wanted import Wanted

_LISTED_DAYS = 10


@dataclass(frozen=True)
class _Look:
    """All that was asked of Snowflake about one table."""

    scope: Scope
    facts: TableFacts
    scan: TableScan
    keys: KeyCounts
    rules: OwnRules | None
    ledger: LedgerViews
    record: LedgerRecord | None
    query_ids: tuple[str, ...]


def validate_table(config: FeedConfig, wanted: Wanted, warehouse: Warehouse, clock: Clock) -> TableValidation:
    """Look at a feed's table; writes nothing anywhere.

    One scan, of the date column and of what own rules need; a second query for keys when asked for, one for rows
    that break a rule when some do; the table's metadata; and the ledger's months before and after, so that a
    publication meanwhile is not taken for a fault.
    Memory and rows fetched: one per day. Raises MonthError for a month that the feed does not have,
    TargetTableError when the table is not there or has no date, StatementError when it may not be read.
    """
    look = _look(config, wanted, warehouse)
    today, scan = clock.now().date(), look.scan
    trend = Trend(config, _known_rows(look))
    judge = MonthJudge(config, look.scope.span, look.ledger, look.keys, look.rules, trend, today)
    return TableValidation(
        feed=config.feed,
        table=look.facts.table,
        validated_at=clock.now(),
        first_day=look.scope.span.first,
        last_day=look.scope.span.last,
        rows=scan.rows,
        undated_rows=scan.undated,
        other_rows=sum(scan.others.values()),
        size_bytes=look.facts.size_bytes,
        key=look.keys.columns,
        months=tuple(judge.judge(month, scan.inside[str(month)]) for month in scan.months),
        findings=tuple(_table_findings(look, config, today)),
        ledger=look.record,
        query_ids=look.query_ids,
    )


def _look(config: FeedConfig, wanted: Wanted, warehouse: Warehouse) -> _Look:
    scope, table = scope_of(config, wanted.months, wanted.days), target_table(config)
    facts, aggregates = read_facts(warehouse, config), Aggregates()
    rules = OwnRules(config, facts, aggregates) if wanted.has_rules else None
    before = recorded_months(warehouse, table, config.feed)
    scan = scan_table(warehouse, config, facts, (scope, aggregates), before or ())
    parts = [part for month in scan.months if (part := scope.span.part_of(month))]
    keys = search_keys(warehouse, config, facts, wanted.key, parts) if wanted.has_keys else KeyCounts(None)
    quoting = rules.quote(warehouse, parts, scan) if rules else ()
    ledger = LedgerViews(before, recorded_months(warehouse, table, config.feed))
    record = read_ledger(warehouse, table.database, config.feed) if wanted.has_ledger else None
    return _Look(scope, facts, scan, keys, rules, ledger, record, (scan.query_id, *keys.query_ids, *quoting))


def _known_rows(look: _Look) -> dict[str, int]:
    """Give the rows of whole months: the ledger's, and those of the table where it was looked at."""
    found = {name: recorded.rows for name, recorded in (look.ledger.after or {}).items()}
    rows, span = look.scan.month_rows, look.scope.span
    return {
        **found,
        **{str(month): rows[str(month)] for month in look.scan.months if span.part_of(month) is month},
    }


def _table_findings(look: _Look, config: FeedConfig, today: date) -> Iterator[Finding]:
    yield from _scan_findings(look.scan)
    yield from _ledger_findings(look, config, today)
    yield from key_problem_findings(look.keys)
    if look.rules is not None:
        yield from look.rules.not_checked()
    yield from chain_findings(look.record)


def _scan_findings(scan: TableScan) -> Iterator[Finding]:
    """Say what rows belong to no month."""
    if scan.undated:
        yield _finding(
            "CRITICAL", "undated", f"{scan.undated:,} rows have no date, so they belong to no month."
        )
    if scan.others:
        listed = ", ".join(f"{day} ({count:,})" for day, count in sorted(scan.others.items())[:_LISTED_DAYS])
        more = len(scan.others) - _LISTED_DAYS
        tail = f" and {more:,} more days" if more > 0 else ""
        text = f"{sum(scan.others.values()):,} rows lie in no month that the feed has: {listed}{tail}."
        yield _finding("WARNING", "no_month", text)


def _ledger_findings(look: _Look, config: FeedConfig, today: date) -> Iterator[Finding]:
    """Say what lacks; months between others only where all were looked at."""
    ledger, months = look.ledger, look.scan.months
    if not ledger.is_seen:
        text = "There is no ledger of this feed, or the role may not see it: rows are not held against it."
        yield _finding("WARNING", "no_ledger", text)
    if look.scope.span.is_everything and not months:
        yield _finding("WARNING", "table_empty", "The table has no rows, and the ledger knows of none.")
    elif look.scope.span.is_everything:
        yield from _lacking_months(ledger, months)
        if overdue := overdue_after(config, months[-1], today):
            text = (
                f"Nothing of {overdue}, though a month has passed since. Load what lacks, or set end_month."
            )
            yield _finding("WARNING", "months_overdue", text)


def _lacking_months(ledger: LedgerViews, months: tuple[Month, ...]) -> Iterator[Finding]:
    if gaps := missing_between(months):
        yield _finding("WARNING", "missing_months", f"Neither table nor ledger have {', '.join(gaps)}.")
    if unknown := sorted(set(ledger.before or {}) - {str(month) for month in months}):
        text = (
            f"The ledger has {', '.join(unknown)}: date.fiscal_months does not say when these begin and end."
        )
        yield _finding("WARNING", "unknown_months", text)


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)
