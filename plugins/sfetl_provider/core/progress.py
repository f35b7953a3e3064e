"""From progress events to rates and remaining times, and from those to a line of text and a small record."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sfetl_provider.core.events import Progress
from sfetl_provider.core.ports import JsonValue

PROGRESS_KEY = "progress"
_SAMPLES = 20
_SAMPLE_SECONDS = 1.0
_SHORTEST_SECONDS = 0.1
_MEGABYTE = 1e6
_GIGABYTE = 1e9


@dataclass(frozen=True)
class Estimate:
    """How far a step is, how many units a second it makes of late and what is left; None: not known yet."""

    event: Progress
    per_second: float | None
    left_seconds: float | None

    @property
    def percent(self) -> float:
        """Share that is done; all of nothing is 100."""
        return 100 * self.event.done / self.event.total if self.event.total else 100.0

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left."""
        return self.event.done >= self.event.total


class Estimator:
    """Turns one step's events into estimates.

    The rate is that of the last 20 advances, which are at least a second apart: of about 20 s when progress
    comes steadily, of 20 chunks when a chunk takes minutes. What the first event counts as done was done
    before, so a resumed step is not taken for a fast one. No rate is told within the first tenth of a second.
    Memory: 20 pairs.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)

    def add(self, event: Progress, seconds: float) -> Estimate:
        """Take an event that came at a moment of a clock that never goes back."""
        if not self._samples or self._is_advance(event, seconds):
            self._samples.append((seconds, event.done))
        began, done_before = self._samples[0]
        elapsed, advance = seconds - began, event.done - done_before
        per_second = advance / elapsed if elapsed >= _SHORTEST_SECONDS and advance > 0 else None
        left = max(0, event.total - event.done)
        if not left:
            return Estimate(event, per_second, 0.0)
        return Estimate(event, per_second, left / per_second if per_second else None)

    def _is_advance(self, event: Progress, seconds: float) -> bool:
        last_seconds, last_done = self._samples[-1]
        return event.done != last_done and seconds - last_seconds >= _SAMPLE_SECONDS


def estimate_text(estimate: Estimate) -> str:
    """Write an estimate for a person: compress 45 % of 2.6 GB, 210.0 MB/s, 7 s left."""
    event = estimate.event
    parts = [f"{event.step} {int(estimate.percent)} % of {amount_text(event.total, event.unit)}"]
    if estimate.per_second is not None:
        parts.append(f"{_rate_text(estimate.per_second, event.unit)}/s")
    if estimate.left_seconds:
        parts.append(f"{duration_text(estimate.left_seconds)} left")
    return ", ".join(parts)


def amount_text(amount: float, unit: str) -> str:
    """Write an amount: bytes as MB or GB, all else as a number with its unit."""
    if unit != "bytes":
        return f"{amount:,.0f} {unit}"
    return f"{amount / _GIGABYTE:.1f} GB" if amount >= _GIGABYTE else f"{amount / _MEGABYTE:.1f} MB"


def _rate_text(per_second: float, unit: str) -> str:
    return f"{per_second / _MEGABYTE:.1f} MB" if unit == "bytes" else amount_text(per_second, unit)


def duration_text(seconds: float) -> str:
    """Write a duration in its two greatest units: 40 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def progress_record(estimates: Iterable[Estimate], moment: datetime) -> JsonValue:
    """Give what a page needs to show: per step done, total, unit, percent, rate, remaining seconds."""
    steps: dict[str, JsonValue] = {
        estimate.event.step: {
            "subject": estimate.event.subject,
            "done": estimate.event.done,
            "total": estimate.event.total,
            "unit": estimate.event.unit,
            "percent": round(estimate.percent, 1),
            "per_second": _rounded(estimate.per_second),
            "left_seconds": _rounded(estimate.left_seconds),
        }
        for estimate in estimates
    }
    return {"updated_at": moment.isoformat(), "steps": steps}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
