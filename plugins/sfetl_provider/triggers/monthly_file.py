"""Waiting for a month's files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from sfetl_provider.adapters.local_files import find_files
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.triggers.settling import settle


class MonthlyFileTrigger(BaseTrigger):
    """Fires `found` once the same files were seen, unchanged, for `still_seconds`; `timeout` at the deadline.

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
    ) -> None:
        super().__init__()
        self.base_path = base_path
        self.patterns = patterns
        self.explicit = explicit
        self.poll_seconds = poll_seconds
        self.still_seconds = still_seconds
        self.deadline = deadline

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give what the triggerer stores."""
        names = ("base_path", "patterns", "explicit", "poll_seconds", "still_seconds", "deadline")
        return (
            "sfetl_provider.triggers.monthly_file.MonthlyFileTrigger",
            {name: getattr(self, name) for name in names},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look, compare with the look before, and sleep in between."""
        await settle()
        seen, since = await self._look(), time.monotonic()
        while True:
            still_for = time.monotonic() - since
            if seen and still_for >= self.still_seconds:
                yield TriggerEvent({"status": "found", "files": [file.to_json() for file in seen]})
                return
            if time.time() >= self.deadline:
                yield TriggerEvent({"status": "timeout"})
                return
            pause_seconds = (
                min(self.poll_seconds, self.still_seconds - still_for) if seen else self.poll_seconds
            )
            await asyncio.sleep(max(pause_seconds, 0.1))
            found = await self._look()
            if found != seen:
                seen, since = found, time.monotonic()

    async def _look(self) -> list[SourceFile]:
        # A network share can block for seconds; the triggerer's other triggers must go on.
        return await asyncio.to_thread(find_files, Path(self.base_path), self.patterns, self.explicit)
