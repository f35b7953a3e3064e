"""Waiting for a month's files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sfetl_provider.adapters.local_files import find_delivery
from sfetl_provider.core.plan.delivery import DeliveredFiles, Delivery
from sfetl_provider.triggers.settling import settle


class MonthlyFileTrigger(BaseTrigger):
    """Fires `found` once the same files were seen, unchanged, for `still_seconds`; `timeout` at the deadline.

    With a `delivery` (count, marker, manifest) it waits until nothing of it is missing too.

    A file's age alone proves nothing: copies that keep modification times look old while they grow. So size
    and modification time are watched. `deadline` is in seconds since the epoch; it survives a restart.
    """

    def __init__(
        self,
        *,
        base_path: str,
        patterns: list[str],
        explicit: list[str],
        poll_seconds: float,
        still_seconds: float,
        deadline: float,
        delivery: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.base_path = base_path
        self.patterns = patterns
        self.explicit = explicit
        self.poll_seconds = poll_seconds
        self.still_seconds = still_seconds
        self.deadline = deadline
        self.delivery = delivery or {}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give what the triggerer stores."""
        names = (
            "base_path",
            "patterns",
            "explicit",
            "poll_seconds",
            "still_seconds",
            "deadline",
            "delivery",
        )
        return (
            "sfetl_provider.triggers.monthly_file.MonthlyFileTrigger",
            {name: getattr(self, name) for name in names},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire what `watch` gives."""
        await settle()
        yield TriggerEvent(await self.watch(self.deadline))

    async def glance(self, seconds: float) -> dict[str, Any] | None:
        """Give the event of files that are all there and still for long enough within so many seconds, else None.

        None at once when something is missing, or must be still for longer.
        """
        if self.still_seconds > seconds or not (await self._look()).is_complete:
            return None
        event = await self.watch(time.time() + seconds)
        return event if event["status"] == "found" else None

    async def watch(self, deadline: float) -> dict[str, Any]:
        """Look, compare with the look before, and sleep in between; give the event."""
        seen, since = await self._look(), time.monotonic()
        while True:
            still_for = time.monotonic() - since
            if seen.is_complete and still_for >= self.still_seconds:
                return {"status": "found", **seen.to_json()}
            if time.time() >= deadline:
                return {"status": "timeout", "missing": seen.missing}
            pause_seconds = self.poll_seconds
            if seen.is_complete:
                pause_seconds = min(self.poll_seconds, self.still_seconds - still_for)
            await asyncio.sleep(max(pause_seconds, 0.1))
            found = await self._look()
            if found != seen:
                seen, since = found, time.monotonic()

    async def _look(self) -> DeliveredFiles:
        # A network share can block for seconds; the triggerer's other triggers must go on.
        delivery = Delivery.from_json(self.delivery)
        return await asyncio.to_thread(
            find_delivery, Path(self.base_path), self.patterns, self.explicit, delivery
        )
