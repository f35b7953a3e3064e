"""`inspect`: what a file holds, on the command line; needs no Airflow."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.progress import shown_progress
from sfetl_provider.core.inspection.feed_config import config_text, feed_config
from sfetl_provider.core.inspection.line_count import count_lines
from sfetl_provider.core.inspection.look import inspect_file
from sfetl_provider.core.inspection.report import Inspection, LineCount, TimeEstimate
from sfetl_provider.core.inspection.text import render_inspection

_FEED = "inspected"


def inspect(arguments: Namespace, folders: Folders) -> int:
    """Print what is known of a file; 0 when it is text, 1 when it is not."""
    found = inspect_file(Path(arguments.file), SystemClock().monotonic)
    if found.is_text and arguments.config:
        print(config_text(found, arguments.config, arguments.table), end="")
        return 0
    count = _count(found) if found.is_text and arguments.count else None
    times = _times(found, arguments.table, folders) if found.is_text and arguments.estimate else None
    if arguments.json:
        print(json.dumps(_document(found, count, times), indent=2, ensure_ascii=False))
    else:
        print(render_inspection(found, count, times))
    return 0 if found.is_text else REFUSED


def _count(found: Inspection) -> LineCount:
    with shown_progress() as listener:
        return count_lines(Path(found.path), found, SystemClock().monotonic, listener)


def _times(found: Inspection, table: str, folders: Folders) -> TimeEstimate:
    # Imported late: DuckDB is heavy, and an inspection should be instant.
    from sfetl_provider.core.inspection.time_estimate import estimate_times

    config = feed_config(found, _FEED, table)
    return estimate_times(Path(found.path), config, folders.scratch_dir, SystemClock().monotonic)


def _document(found: Inspection, count: LineCount | None, times: TimeEstimate | None) -> dict[str, object]:
    parts = {"inspection": found, "count": count, "times": times}
    return {name: part.to_json() for name, part in parts.items() if part}
