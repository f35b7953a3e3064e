"""What a run left, and the decision about it: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.record import Record

Kind = Literal[
    "chunks", "load_table", "scratch", "kept_table", "rejected_rows", "warehouse_size", "rejects", "report"
]
OwnerState = Literal["living", "ended", "unknown"]
Owners = Callable[["Leftover"], OwnerState]
_MEGABYTE = 1e6
_ON_DISK: tuple[Kind, ...] = ("scratch", "rejects", "report")
# Reports are small, and they prove what the ledger held: room is made of the others.
_MAKING_ROOM: tuple[Kind, ...] = ("scratch", "rejects")


class Leftover(Record):
    """Something that belongs to one run: a stage path, a load table, a scratch folder, a clone that a drop kept,
    the rows that a publication left out, a warehouse that a load made larger, a report, or a list of bad lines.

    `place` is the stage path (`@…/`), the table's quoted name, of rows with what they are, the warehouse with the
    run's key, or the path on disk, where `database` is empty; no two have the same. `newest` is when the newest
    thing in it was written, in UTC. `until` is a clone's last day; nothing else has one. `dag_id` and `run_id` are
    empty where nobody wrote them down.
    """

    kind: Kind
    place: str
    database: str
    feed: str
    month: str
    run_key: str
    size_bytes: int
    newest: datetime
    until: date | None = None
    dag_id: str = ""
    run_id: str = ""


class Decision(Record):
    """Whether a leftover is to be removed, and why."""

    leftover: Leftover
    is_due: bool
    reason: str


@dataclass(frozen=True)
class Retention:
    """How long leftovers stay, in days: of a run that ended, and at least of one that nobody knows.

    A run without a report has not ended, or its report is lost. After 30 days Airflow has forgotten the
    checkpoints of either, so nothing could resume it. Above `disk_bytes` on disk scratch folders and lists of bad
    lines go earlier, the oldest first.
    """

    ended_days: int = 7
    unknown_days: int = 30
    rejects_days: int = 90
    rejected_rows_days: int = 90
    reports_days: int = 1095
    disk_bytes: int = 100 * 1024**3

    def days(self, kind: Kind) -> int:
        """Give how long something of a run that is over stays; a warehouse's size goes back at once."""
        days = {"rejects": self.rejects_days, "report": self.reports_days, "warehouse_size": 0}
        return days.get(kind, self.ended_days)


def decide(
    leftovers: Iterable[Leftover], owners: Owners, retention: Retention, now: datetime
) -> tuple[Decision, ...]:
    """Decide about each, oldest first; what a living run owns is never due."""
    ordered = sorted(leftovers, key=lambda leftover: (leftover.newest, leftover.place))
    decisions = [_decide(leftover, owners, retention, now) for leftover in ordered]
    return tuple(_make_room(decisions, owners, retention.disk_bytes))


def _decide(leftover: Leftover, owners: Owners, retention: Retention, now: datetime) -> Decision:
    if leftover.until is not None:
        if now.date() <= leftover.until:
            return _kept(leftover, f"kept for undoing a drop until {leftover.until}")
        return Decision(leftover=leftover, is_due=True, reason=f"was to be kept until {leftover.until}")
    age = now - leftover.newest
    if leftover.kind == "rejected_rows":
        return _decide_by_age(leftover, age, retention.rejected_rows_days)
    # The owner is asked only where it decides: each answer costs a look into Airflow.
    days = retention.days(leftover.kind)
    if age < timedelta(days=days):
        return _kept(leftover, f"younger than {days} days")
    state = owners(leftover)
    if state == "living":
        return _kept(leftover, "its run is not over")
    longer = max(days, retention.unknown_days)
    if state == "unknown" and age < timedelta(days=longer):
        return _kept(leftover, f"no report tells its run; kept {longer} days")
    old = "" if leftover.kind == "warehouse_size" else f"{age.days} days old, "
    return Decision(leftover=leftover, is_due=True, reason=f"{old}its run is {state}")


def _decide_by_age(leftover: Leftover, age: timedelta, kept_days: int) -> Decision:
    if age < timedelta(days=kept_days):
        return _kept(leftover, f"younger than {kept_days} days")
    return Decision(leftover=leftover, is_due=True, reason=f"{age.days} days old")


def _make_room(decisions: Sequence[Decision], owners: Owners, disk_bytes: int) -> list[Decision]:
    """Take more of what is kept on disk, oldest first, until the rest fits."""
    kept = [item.leftover for item in decisions if not item.is_due and item.leftover.kind in _ON_DISK]
    excess = sum(leftover.size_bytes for leftover in kept) - disk_bytes
    decided = []
    for decision in decisions:
        leftover = decision.leftover
        may_go = not decision.is_due and leftover.kind in _MAKING_ROOM
        if excess > 0 and may_go and owners(leftover) == "ended":
            excess -= leftover.size_bytes
            reason = f"what is kept on disk is more than {disk_bytes / _MEGABYTE:,.0f} MB, its run is ended"
            decision = Decision(leftover=leftover, is_due=True, reason=reason)
        decided.append(decision)
    return decided


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
