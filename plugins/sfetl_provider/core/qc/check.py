"""The check of a month's files: what the operators and the command line run, so that both decide alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.size import MIB
from sfetl_provider.core.events import Listener, ignore_events
from sfetl_provider.core.plan.file_columns import unknown_columns, with_file_columns
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import LeftOut, SourceFile
from sfetl_provider.core.plan.names import left_out_path
from sfetl_provider.core.qc.key_report import KeyReport
from sfetl_provider.core.qc.keys import check_keys
from sfetl_provider.core.qc.reading import working_folder
from sfetl_provider.core.qc.rejects import RejectsWriter, open_rejects
from sfetl_provider.core.qc.report import DayRows, QcReport, QcVerdict
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide, left_out_of
from sfetl_provider.core.record import Record


@dataclass(frozen=True)
class CheckPaths:
    """Where a check may write: a scratch folder, and the file for the list of bad lines (None: no list).

    `left_out` is the folder for the lists of what is left out of each file; without one nothing is left out.
    """

    scratch: Path
    rejects: Path | None = None
    left_out: Path | None = None


class MonthCheck(Record):
    """A month's files as they were found, and the decision about them."""

    feed: str
    month: str
    reports: tuple[QcReport, ...]
    verdict: QcVerdict
    keys: KeyReport | None = None
    fiscal: tuple[date, date] | None = None

    @property
    def days(self) -> tuple[DayRows, ...]:
        """Every day of the month, in order; one that is neither expected nor has rows is NOT_EXPECTED."""
        judged = {day.day: day for day in self.verdict.days}
        days = replace(Month.of_text(self.month), fiscal=self.fiscal).days()
        return tuple(judged.get(day) or DayRows(day=day, rows=0, day_class="NOT_EXPECTED") for day in days)


def check_files(
    files: Sequence[SourceFile],
    config: FeedConfig,
    month: Month,
    paths: CheckPaths,
    listener: Listener = ignore_events,
) -> tuple[QcReport, ...]:
    """Check each file in one pass; a load calls it with one file a task, and decides later about all reports.

    The list of bad lines appears when all files are read, if there are any bad ones. Raises as `scan_file`.
    """
    limit_bytes = config.qc.rejects_mib * MIB
    opened = open_rejects(paths.rejects, limit_bytes) if paths.rejects else nullcontext()
    with opened as rejects:
        return tuple(_scanned(file, config, month, _places(paths, rejects, file), listener) for file in files)


def _scanned(
    file: SourceFile, config: FeedConfig, month: Month, places: Places, listener: Listener
) -> QcReport:
    report = scan_file(file, with_file_columns(config, file.header), month, places, listener)
    if unknown := unknown_columns(config, file.header):
        told = f"columns that the config does not name, and that are not published: {', '.join(unknown)}"
        form = report.form.model_copy(update={"header_remarks": (*report.form.header_remarks, told)})
        return report.model_copy(update={"form": form})
    return report


def _places(paths: CheckPaths, rejects: RejectsWriter | None, file: SourceFile) -> Places:
    left_out = left_out_path(paths.left_out, file.key) if paths.left_out else None
    return Places(paths.scratch, rejects, left_out)


def without_left_out(files: Sequence[SourceFile], left_out: Mapping[str, LeftOut]) -> list[SourceFile]:
    """Give the files as they are read from then on: without what QC leaves out of them, by name."""
    return [file.model_copy(update={"left_out": left_out.get(file.name)}) for file in files]


def check_month(
    files: Sequence[SourceFile],
    config: FeedConfig,
    month: Month,
    paths: CheckPaths,
    listener: Listener = ignore_events,
) -> MonthCheck:
    """Check all files of a month and decide, as `file_qc`, `qc_keys` and `qc_gate` do in mode `file`.

    Without a folder for them, the lists of what is left out do not outlast the check and have no path.
    """
    if paths.left_out is None and config.qc.may_reject:
        with working_folder(paths.scratch) as folder:
            kept = replace(paths, left_out=folder)
            return _without_lists(check_month(files, config, month, kept, listener))
    reports = check_files(files, config, month, paths, listener)
    keys = None
    if config.qc.key:
        rest = without_left_out(files, left_out_of(reports))
        keys = check_keys(rest, config, paths.scratch, listener)
    verdict = decide(reports, config, month, "file", keys)
    return MonthCheck(
        feed=config.feed, month=str(month), reports=reports, verdict=verdict, keys=keys, fiscal=month.fiscal
    )


def _without_lists(check: MonthCheck) -> MonthCheck:
    forgotten = {
        name: left_out.model_copy(update={"path": ""}) for name, left_out in check.verdict.left_out.items()
    }
    reports = tuple(
        report.model_copy(update={"left_out": forgotten.get(report.file)}) for report in check.reports
    )
    verdict = check.verdict.model_copy(update={"left_out": forgotten})
    return check.model_copy(update={"reports": reports, "verdict": verdict})
