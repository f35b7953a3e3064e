"""`qc`: the check of a load, on the command line; needs no Airflow."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial
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
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.check import CheckPaths, MonthCheck, check_month
from sfetl_provider.core.report.qc_tables import days_csv, findings_csv, profile_csv
from sfetl_provider.core.report.qc_text import render_check
from sfetl_provider.core.tsv.compressed import is_compressed

_OUTPUTS = ("json", "csv", "html", "xlsx", "rejects", "clean")
_PARTS: dict[str, Callable[[MonthCheck], str]] = {"days": days_csv, "columns": profile_csv}


def check_month_files(arguments: Namespace, folders: Folders) -> int:
    """Check files as a load would; 0 when the month passes, 1 when it is rejected."""
    config = find_feed(Path(arguments.configs_dir or folders.configs_dir), arguments.feed)
    month = month_of(config, Month.parse(arguments.month, SystemClock().now().date()))
    files = month_files(arguments, folders, config, month)
    check_outputs(_output_paths(arguments), files)
    _check_clean(arguments.clean, files)
    _check_data_docs(arguments.data_docs, config)
    rejects = Path(arguments.rejects) if arguments.rejects else None
    # The lists of what is left out lie beside that of the bad lines.
    paths = CheckPaths(folders.scratch_dir, rejects, rejects.parent if rejects else None)
    with shown_progress() as listener:
        check = check_month(files, config, month, paths, listener)
    _show(check, arguments)
    _write_clean(arguments.clean, files[0], config, check)
    _write_data_docs(arguments.data_docs, config, check)
    return 0 if check.verdict.is_passed else REFUSED


def _check_clean(path: str | None, files: Sequence[SourceFile]) -> None:
    if path is None:
        return
    if len(files) > 1:
        raise OSError(None, f"a clean file is of one file, not of {len(files)}: name it", path)
    if is_compressed(path):
        raise OSError(None, "a clean file is plain text: give it a name without that ending", path)


def _write_clean(path: str | None, file: SourceFile, config: FeedConfig, check: MonthCheck) -> None:
    if path is None:
        return
    # Imported late: NumPy is heavy, and only this output needs it.
    from sfetl_provider.core.qc.clean_file import write_clean_file

    cleaned = write_clean_file(file, config, check.reports[0], Path(path))
    left_out = f"{cleaned.left_out_records:,} bad records ({cleaned.left_out_bytes:,} bytes)"
    tell_written(f"{path}, {cleaned.size_bytes:,} bytes of text without {left_out}")


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
    beside = (csv_beside(Path(arguments.csv), part) for part in _PARTS) if arguments.csv else ()
    return [*paths, *beside]


def csv_beside(findings_path: Path, part: str) -> Path:
    """Give the file of a part that belongs to a file of findings: qc.csv has qc_days.csv and qc_columns.csv."""
    return findings_path.with_name(f"{findings_path.stem}_{part}{findings_path.suffix}")


def _show(check: MonthCheck, arguments: Namespace) -> None:
    document = json.dumps(check.to_json(), indent=2, ensure_ascii=False) + "\n"
    if arguments.json == STDOUT:
        sys.stdout.write(document)
    else:
        print(render_check(check))
        write_output(arguments.json, lambda: document)
    write_output(arguments.csv, lambda: findings_csv(check))
    if arguments.csv:
        for part, content in _PARTS.items():
            write_output(str(csv_beside(Path(arguments.csv), part)), partial(content, check))
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
