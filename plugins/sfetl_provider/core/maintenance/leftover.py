"""What a run left, and the decision about it: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.record import Record

OwnerState = Literal["living", "ended", "unknown"]
Owners = Callable[["Leftover"], OwnerState]
_MEGABYTE = 1e6


class Leftover(Record):
    """Something that belongs to one run: a stage path, a load table, a scratch folder, a clone that a drop kept,
    or the rows that a publication left out.

    `place` is the stage path (`@…/`), the table's quoted name, of rows with what they are, or the folder's path;
    no two have the same. `database` is empty for a folder. `newest` is when the newest thing in it was written, in
    UTC. `until` is a clone's last day; nothing else has one.
    """

    kind: Literal["chunks", "load_table", "scratch", "kept_table", "rejected_rows"]
    place: str
    database: str
    feed: str
    month: str
    run_key: str
    size_bytes: int
    newest: datetime
    until: date | None = None


class Decision(Record):
    """Whether a leftover is to be removed, and why."""

    leftover: Leftover
    is_due: bool
    reason: str


@dataclass(frozen=True)
class Retention:
    """How long leftovers stay, in days: of a run that ended, of one that nobody knows, and rows left out.

    A run without a report has not ended, or its report is lost. After 30 days Airflow has forgotten the
    checkpoints of either, so nothing could resume it.
    """

    ended_days: int = 7
    unknown_days: int = 30
    rejected_rows_days: int = 90


def decide(
    leftovers: Iterable[Leftover], owners: Owners, retention: Retention, now: datetime
) -> tuple[Decision, ...]:
    """Decide about each, oldest first; what a living run owns is never due."""
    ordered = sorted(leftovers, key=lambda leftover: (leftover.newest, leftover.place))
    return tuple(_decide(leftover, owners, retention, now) for leftover in ordered)


def _decide(leftover: Leftover, owners: Owners, retention: Retention, now: datetime) -> Decision:
    if leftover.until is not None:
        if now.date() <= leftover.until:
            return _kept(leftover, f"kept for undoing a drop until {leftover.until}")
        return Decision(leftover=leftover, is_due=True, reason=f"was to be kept until {leftover.until}")
    age = now - leftover.newest
    if leftover.kind == "rejected_rows":
        return _decide_by_age(leftover, age, retention.rejected_rows_days)
    # The owner is asked only where it decides: each answer costs a look into Airflow.
    kept_days = min(retention.ended_days, retention.unknown_days)
    if age < timedelta(days=kept_days):
        return _kept(leftover, f"younger than {kept_days} days")
    state = owners(leftover)
    if state == "living":
        return _kept(leftover, "its run is not over")
    days = retention.ended_days if state == "ended" else retention.unknown_days
    if age < timedelta(days=days):
        return _kept(leftover, f"no report tells its run; kept {days} days")
    return Decision(leftover=leftover, is_due=True, reason=f"{age.days} days old, its run is {state}")


def _decide_by_age(leftover: Leftover, age: timedelta, kept_days: int) -> Decision:
    if age < timedelta(days=kept_days):
        return _kept(leftover, f"younger than {kept_days} days")
    return Decision(leftover=leftover, is_due=True, reason=f"{age.days} days old")


def _kept(leftover: Leftover, reason: str) -> Decision:
    return Decision(leftover=leftover, is_due=False, reason=reason)


def render_decisions(decisions: Sequence[Decision]) -> str:
    """Write a line for each: what follows, kind, place, size, age and reason."""
    if not decisions:
        return "No run left anything."
    rows = [
        (
            "remove" if decision.is_due else "keep",
            decision.leftover.kind,
            decision.leftover.place,
            f"{decision.leftover.size_bytes / _MEGABYTE:,.1f} MB",
            f"{decision.leftover.newest:%Y-%m-%d %H:%M}",
            decision.reason,
        )
        for decision in decisions
    ]
    return "\n".join(aligned(rows, frozenset({3})))
