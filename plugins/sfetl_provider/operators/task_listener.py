"""What a running task tells: its log, and its progress in the task state store."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sfetl_provider.core.events import Event, Notice, Progress
from sfetl_provider.core.ports import CheckpointStore
from sfetl_provider.core.progress import (
    PROGRESS_KEY,
    Estimate,
    Estimator,
    estimate_text,
    progress_record,
)

LOG_SECONDS = 5.0
# A write takes about 12 ms, in which the task's own thread only waits, and 0.4 ms of a core.
STORE_SECONDS = 2.0


class _Pace:
    """Lets something happen at most once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last = float("-inf")

    def allows(self, now: float) -> bool:
        if now - self._last < self._seconds:
            return False
        self._last = now
        return True


class TaskListener:
    """Listens to the events of one file's step: notices go to the log at once.

    Progress becomes a line of the log at most every five seconds and a record under `progress` in the task
    state store at most every two seconds, both also when all is done. A store that fails is said once and left
    alone: progress is not worth a task. To be called by one thread.
    """

    def __init__(
        self,
        log: Any,
        store: CheckpointStore | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._log = log
        self._store = store
        self._monotonic = monotonic
        self._now = now
        self._estimators: dict[str, Estimator] = {}
        self._estimates: dict[str, Estimate] = {}
        self._log_pace = _Pace(LOG_SECONDS)
        self._store_pace = _Pace(STORE_SECONDS)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, Notice):
            self._log.info("%s: %s", event.step, event.message)
        elif isinstance(event, Progress):
            self._take(event)

    def _take(self, event: Progress) -> None:
        seconds = self._monotonic()
        estimator = self._estimators.setdefault(event.step, Estimator())
        self._estimates[event.step] = estimator.add(event, seconds)
        is_complete = all(estimate.is_complete for estimate in self._estimates.values())
        if self._log_pace.allows(seconds) or is_complete:
            text = "; ".join(map(estimate_text, self._estimates.values()))
            self._log.info("%s: %s", event.subject, text)
        if self._store_pace.allows(seconds) or is_complete:
            self._keep()

    def _keep(self) -> None:
        if self._store is None:
            return
        try:
            self._store.set(PROGRESS_KEY, progress_record(self._estimates.values(), self._now()))
        except Exception as error:  # noqa: BLE001  # whatever the store raises, the task goes on
            self._store = None
            self._log.warning("Progress is no longer kept for the page: %s", type(error).__name__)
