"""`qc`: the check of a load, on the command line; needs no Airflow."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.month_files import month_files
from sfetl_provider.cli.outputs import STDOUT, check_outputs, tell_written, write_output
from sfetl_provider.cli.progress import shown_progress
from sfetl_provider.core.config.load import find_feed
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, MonthCheck, check_month
from sfetl_provider.core.report.qc_tables import days_csv, findings_csv
from sfetl_provider.core.report.qc_text import render_check

_OUTPUTS = ("json", "csv", "html", "xlsx", "rejects")


def check_month_files(arguments: Namespace, folders: Folders) -> int:
    """Check files as a load would; 0 when the month passes, 1 when it is rejected."""
    config = find_feed(Path(arguments.configs_dir or folders.configs_dir), arguments.feed)
    month = Month.parse(arguments.month, SystemClock().now().date())
    files = month_files(arguments, folders, config, month)
    check_outputs(_output_paths(arguments), files)
    _check_data_docs(arguments.data_docs, config)
    rejects = Path(arguments.rejects) if arguments.rejects else None
    with shown_progress() as listener:
        check = check_month(files, config, month, CheckPaths(folders.scratch_dir, rejects), listener)
    _show(check, arguments)
    _write_data_docs(arguments.data_docs, config, check)
    return 0 if check.verdict.is_passed else REFUSED


def _check_data_docs(folder: str | None, config: FeedConfig) -> None:
    if folder is None:
        return
    if config.suite is None:
        raise OSError(None, f"feed {config.feed} names no suite in qc.expectations", folder)
    if find_spec("great_expectations") is None:
        raise OSError(None, "Data Docs need the package great-expectations", folder)
    Path(folder, config.feed).mkdir(parents=True, exist_ok=True)


def _write_data_docs(folder: str | None, config: FeedConfig, check: MonthCheck) -> None:
    if folder is None:
        return
    # Imported late: Great Expectations takes seconds and 300 MB.
    from sfetl_provider.core.report.data_docs import month_results, write_data_docs

    results = month_results(check.reports, config, check.month, SystemClock().now())
    if results:
        tell_written(write_data_docs(Path(folder, config.feed), results))


def _output_paths(arguments: Namespace) -> list[Path]:
    named = [getattr(arguments, name) for name in _OUTPUTS]
    paths = [Path(name) for name in named if name and name != STDOUT]
    return [*paths, days_path(Path(arguments.csv))] if arguments.csv else paths


def days_path(findings_path: Path) -> Path:
    """Give the file of rows per day that belongs to a file of findings: qc.csv has qc_days.csv."""
    return findings_path.with_name(f"{findings_path.stem}_days{findings_path.suffix}")


def _show(check: MonthCheck, arguments: Namespace) -> None:
    document = json.dumps(check.to_json(), indent=2, ensure_ascii=False) + "\n"
    if arguments.json == STDOUT:
        sys.stdout.write(document)
    else:
        print(render_check(check))
        write_output(arguments.json, lambda: document)
    write_output(arguments.csv, lambda: findings_csv(check))
    if arguments.csv:
        write_output(str(days_path(Path(arguments.csv))), lambda: days_csv(check))
    write_output(arguments.html, lambda: _page(check))
    if arguments.xlsx:
        _write_workbook(Path(arguments.xlsx), check)


def _page(check: MonthCheck) -> str:
    # Imported late: only this output needs Jinja2.
    from sfetl_provider.core.report.qc_page import render_page

    return render_page(check)


def _write_workbook(path: Path, check: MonthCheck) -> None:
    # Imported late: only this output needs XlsxWriter.
    from sfetl_provider.core.report.qc_workbook import write_workbook

    write_workbook(path, check)
    tell_written(path)
