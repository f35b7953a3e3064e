"""Airflow's scheduler must have noted a deferral before its trigger fires."""

from __future__ import annotations

import asyncio

# A task that resumes before the scheduler has read the executor's event of its deferral is taken for one that died
# and is retried (github.com/apache/airflow issues 71580 and 72716, open in Airflow 3.3.2).
SETTLE_SECONDS = 2.0


async def settle() -> None:
    """Wait until the scheduler has most probably noted the deferral; call it first in a trigger's run."""
    await asyncio.sleep(SETTLE_SECONDS)
