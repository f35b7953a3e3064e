"""What a run came to, in sentences."""

from __future__ import annotations

from sfetl_provider.core.qc.expected_days import day_ranges
from sfetl_provider.core.report.run_report import RunReport, RunState

STATE_WORDS: dict[RunState, str] = {
    "published": "Published",
    "dropped": "Deleted",
    "restored": "Restored",
    "dry_run": "Dry run",
    "rejected": "Rejected",
    "nothing_new": "Nothing new",
    "failed": "Failed",
}


def outcome_text(report: RunReport) -> str:
    """Say what became of the month's rows."""
    if report.state == "failed":
        return _failure_text(report)
    if report.state in ("published", "dropped", "restored"):
        return _change_text(report)
    if report.state == "nothing_new":
        return "Every file was published before, with the same content; nothing was changed."
    if report.state == "rejected":
        return "Nobody approved it; nothing was changed."
    return "Nothing was changed."


def completeness_text(report: RunReport) -> str:
    """Say which expected days have no rows, '' when no days were looked at."""
    checks = report.audit if report.audit and report.audit.days else report.qc
    days = checks.days if checks else ()
    if not days:
        return ""
    missing = [day.day for day in days if day.day_class == "MISSING"]
    counted = f"{sum(day.rows > 0 for day in days)} days have rows"
    if not missing:
        return f"Complete: {counted}, no expected day is missing."
    return f"Incomplete: {counted}, {len(missing)} expected have none: {', '.join(day_ranges(missing))}."


def table_text(report: RunReport) -> str:
    """Give the table's full name, as a person reads it; '' when the run did not get to know it."""
    table = report.table
    return f"{table.database}.{table.schema_name}.{table.name}" if table else ""


def _failure_text(report: RunReport) -> str:
    tasks = f"{'Tasks' if len(report.failed_tasks) > 1 else 'Task'} {', '.join(report.failed_tasks)} failed."
    if not report.failed_tasks:
        tasks = "The run ended before it had done its work."
    if report.ledger_sequence is None:
        return tasks
    return f"{tasks} The table was changed before that: {_change_text(report)}"


def _change_text(report: RunReport) -> str:
    """Say what was done with the month; each change is counted again in the table before it is reported."""
    deleted, back = report.rows_deleted or 0, report.rows_restored
    if back is not None:
        return f"{back:,} rows are back in the month, in place of {deleted:,}."
    if report.rows_published is None:
        return f"{deleted:,} rows of the month were deleted."
    before, updated = report.rows_before or 0, report.rows_updated or 0
    after = before - deleted + report.rows_published
    changed = f", {updated:,} updated" if updated else ""
    return (
        f"{after:,} rows are in the month now: {before:,} before − {deleted:,} deleted"
        f" + {report.rows_published:,} inserted{changed}."
    )
