"""`compare`: two files, or files and a table's month, on the command line."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import IMPOSSIBLE, REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.month_files import month_files, named_files
from sfetl_provider.cli.outputs import STDOUT, check_outputs, tell_written, write_output
from sfetl_provider.cli.progress import shown_progress
from sfetl_provider.cli.sessions import open_feed_session
from sfetl_provider.core.compare.comparison import Comparison
from sfetl_provider.core.compare.run import CompareJob, compare
from sfetl_provider.core.compare.table_month import open_table_month
from sfetl_provider.core.config.load import find_feed
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.events import Listener
from sfetl_provider.core.identifiers import resolve_identifier
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.report.compare_text import comparison_csv, render_comparison

_OUTPUTS = ("json", "csv", "differences")


def compare_files(arguments: Namespace, folders: Folders) -> int:
    """Compare; 0 when both sides hold the same rows, 1 when they differ, 2 when not all could be compared."""
    config = find_feed(Path(arguments.configs_dir or folders.configs_dir), arguments.feed)
    today = SystemClock().now().date()
    month = month_of(config, Month.parse(arguments.month, today)) if arguments.month else None
    files = _files(arguments, folders, config, month)
    outputs = [getattr(arguments, name) for name in _OUTPUTS]
    check_outputs([Path(name) for name in outputs if name and name != STDOUT], files)
    job = CompareJob(
        config,
        folders.scratch_dir,
        key=_columns(arguments.key),
        ignored=_columns(arguments.ignore),
        sample_limit=arguments.samples,
        differences=Path(arguments.differences) if arguments.differences else None,
    )
    with shown_progress() as listener:
        found = _compared(arguments, files, job, month, listener)
    _show(found, arguments)
    if found.differences:
        return REFUSED
    return 0 if found.is_equal else IMPOSSIBLE


def _files(
    arguments: Namespace, folders: Folders, config: FeedConfig, month: Month | None
) -> list[SourceFile]:
    files = named_files(arguments.files) if month is None else month_files(arguments, folders, config, month)
    if month is None and len(files) != 2:
        raise ConfigError("Name two files, or give --month to compare files with the table's month.")
    return files


def _columns(text: str | None) -> tuple[str, ...]:
    names = [name.strip() for name in (text or "").split(",")]
    try:
        return tuple(dict.fromkeys(resolve_identifier(name) for name in names if name))
    except ValueError as error:
        raise ConfigError(f"{error}.") from error


def _compared(
    arguments: Namespace, files: list[SourceFile], job: CompareJob, month: Month | None, listener: Listener
) -> Comparison:
    if month is None:
        return compare(files[:1], files[1:], job, listener)
    with open_feed_session(job.config, arguments.conn_id) as session:
        return compare(files, open_table_month(session, job.config, month), job, listener)


def _show(found: Comparison, arguments: Namespace) -> None:
    document = json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n"
    if arguments.json == STDOUT:
        sys.stdout.write(document)
    else:
        print(render_comparison(found))
        write_output(arguments.json, lambda: document)
    write_output(arguments.csv, lambda: comparison_csv(found))
    if arguments.differences:
        tell_written(arguments.differences)
