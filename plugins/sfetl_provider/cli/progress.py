"""Progress of a command: bars on a terminal, a line now and then elsewhere; what happens once is told on both."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from sfetl_provider.core.events import Event, Listener, Notice
from sfetl_provider.core.progress import Estimator, estimate_text

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

LINE_EVERY_SECONDS = 10.0
_STEP_LETTERS = len("compress")


@contextmanager
def shown_progress(stream: TextIO = sys.stderr) -> Iterator[Listener]:
    """Give a listener that shows progress while the block runs; stdout stays free for results."""
    if not stream.isatty():
        yield line_listener(stream)
        return
    with _bars(stream) as bars:
        yield bar_listener(bars)


def _bars(stream: TextIO) -> Bars:
    # Imported late: only a terminal needs it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(file=stream),
        transient=True,
    )


def bar_listener(bars: Bars) -> Listener:
    """Give a listener with a bar for each step of each file; its rate and time left are of late.

    What the first event counts as done was done before, so that a resumed step is not taken for a fast one.
    """
    tasks: dict[tuple[str, str], TaskID] = {}

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            bars.console.print(event.message, markup=False, highlight=False)
            return
        key = (event.step, event.subject)
        if key not in tasks:
            name = f"{event.step:<{_STEP_LETTERS}} {event.subject}"
            tasks[key] = bars.add_task(name, total=event.total, completed=event.done)
        bars.update(tasks[key], completed=event.done)

    return listen


def line_listener(stream: TextIO, monotonic: Callable[[], float] = time.monotonic) -> Listener:
    """Give a listener that writes a line of progress every ten seconds, the first one after ten."""
    last_seconds = monotonic()
    estimators: dict[tuple[str, str], Estimator] = {}

    def listen(event: Event) -> None:
        nonlocal last_seconds
        if isinstance(event, Notice):
            print(event.message, file=stream, flush=True)
            return
        now = monotonic()
        estimate = estimators.setdefault((event.step, event.subject), Estimator()).add(event, now)
        if now - last_seconds >= LINE_EVERY_SECONDS:
            last_seconds = now
            print(f"{event.subject}: {estimate_text(estimate)}", file=stream, flush=True)

    return listen
