"""Progress of a command: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from sfetl_provider.core.events import Event, Listener, Progress

LINE_EVERY_SECONDS = 10.0
_BYTES_PER_MB = 1_000_000


@contextmanager
def shown_progress(stream: TextIO = sys.stderr) -> Iterator[Listener]:
    """Give a listener that shows progress while the block runs; stdout stays free for results."""
    if not stream.isatty():
        yield line_listener(stream)
        return
    # Imported late: only a terminal needs it.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(file=stream), transient=True) as bars:
        tasks: dict[str, object] = {}

        def listen(event: Event) -> None:
            if isinstance(event, Progress):
                task = tasks.setdefault(event.subject, None) or bars.add_task(
                    event.subject, total=event.total
                )
                tasks[event.subject] = task
                bars.update(task, completed=event.done)  # type: ignore[arg-type]

        yield listen


def line_listener(stream: TextIO, monotonic: Callable[[], float] = time.monotonic) -> Listener:
    """Give a listener that writes a line of progress every ten seconds, the first one after ten."""
    last_seconds = monotonic()

    def listen(event: Event) -> None:
        nonlocal last_seconds
        if not isinstance(event, Progress):
            return
        now = monotonic()
        if now - last_seconds >= LINE_EVERY_SECONDS:
            last_seconds = now
            share = 100 * event.done / event.total if event.total else 100
            done = f"{event.done / _BYTES_PER_MB:,.0f} of {event.total / _BYTES_PER_MB:,.0f} MB"
            print(f"{event.step} {event.subject}: {share:.0f} % ({done})", file=stream, flush=True)

    return listen
