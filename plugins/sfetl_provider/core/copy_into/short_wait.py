"""Waiting for a COPY on the spot, where that costs less than handing it over and being called again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyStep, Waiting
from sfetl_provider.core.copy_into.submission import advance
from sfetl_provider.core.errors import WarehouseUnavailableError

POLL_SECONDS = 0.25


def steps_within(
    job: CopyJob, ports: CopyPorts, seconds: float, pause: Callable[[float], None] = time.sleep
) -> Iterator[CopyStep]:
    """Give each new step of `advance`, going on for as long as its queries end within so many seconds in all.

    The last one given is where things stand. With 0 seconds, that is the first one. Raises what `advance` raises;
    only a warehouse that cannot be reached ends the waiting instead: the query goes on, and who waits longer
    bears such faults.
    """
    deadline = ports.clock.monotonic() + seconds
    step = advance(job, ports)
    yield step
    while isinstance(step, Waiting) and ports.clock.monotonic() < deadline:
        pause(POLL_SECONDS)
        try:
            found = advance(job, ports)
        except WarehouseUnavailableError:
            return
        if found != step:
            yield found
        step = found
