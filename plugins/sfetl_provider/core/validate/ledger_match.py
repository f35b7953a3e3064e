"""A month's rows held against what the ledger says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.ledger.month_history import RecordedMonth
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.validate.records import MonthState

Recorded = Mapping[str, RecordedMonth]


@dataclass(frozen=True)
class LedgerViews:
    """The ledger's months before and after the table was scanned; None where there is no ledger to see."""

    before: Recorded | None
    after: Recorded | None

    @property
    def is_seen(self) -> bool:
        """Tell whether there is a ledger."""
        return self.before is not None and self.after is not None

    def recorded(self, month: str) -> RecordedMonth | None:
        """Give what the ledger says of a month now."""
        return (self.after or {}).get(month)

    def is_changing(self, month: str) -> bool:
        """Tell whether something was recorded for a month while the table was scanned."""
        return (self.before or {}).get(month) != self.recorded(month)


def month_state(month: str, rows: int, ledger: LedgerViews, *, is_whole: bool) -> MonthState:
    """Say how a month's rows compare with the ledger, which only knows whole months."""
    recorded = ledger.recorded(month)
    if not is_whole:
        return "in part"
    if not ledger.is_seen:
        return "no ledger"
    if ledger.is_changing(month):
        return "changing"
    if recorded is None:
        return "not published" if rows else "empty"
    if rows == recorded.rows:
        return "as published" if rows else "empty"
    return "differs" if rows else "gone"


def state_findings(state: MonthState, month: str, rows: int, ledger: LedgerViews) -> Iterator[Finding]:
    """Say what is wrong between the table and the ledger."""
    recorded = ledger.recorded(month)
    if state == "changing":
        text = f"{month} was changed while the table was read; its rows are not held against the ledger."
        yield _finding("INFO", "month_changing", f"{text} Validate again.")
    elif state == "not published":
        text = f"{rows:,} rows of {month} were never published by this feed: the ledger has no row of that month."
        yield _finding("WARNING", "not_published", text)
    elif recorded and state in ("differs", "gone"):
        code = "rows_differ" if rows else "month_gone"
        yield _finding("CRITICAL", code, _difference(month, rows, recorded))


def _difference(month: str, rows: int, recorded: RecordedMonth) -> str:
    difference = f"{abs(rows - recorded.rows):,} {'more' if rows > recorded.rows else 'fewer'}"
    return (
        f"{rows:,} rows of {month}, {difference} than"
        f" the {recorded.rows:,} that its last {recorded.action} left (ledger row {recorded.sequence}): something"
        " else changed the table."
    )


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)
