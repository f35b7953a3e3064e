"""What values that do not fit the target's columns mean for the month, and the statement that makes room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sfetl_provider.core.column_type import TypeKind, read_column_type
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.names import quoted_table, target_table
from sfetl_provider.core.qc.report import BadLine, Finding, QcReport, Severity, TargetCount
from sfetl_provider.core.qc.target_scan import type_of, unreadable_formats
from sfetl_provider.core.qc.widening import is_widened
from sfetl_provider.core.widening import widened_type, widening_statement

VALUE_CHARACTERS = 80
LISTED_COLUMNS = 20
_NOUNS: Mapping[TypeKind, str] = {
    "number": "a number",
    "float": "a number",
    "decfloat": "a number",
    "boolean": "true or false",
    "binary": "hexadecimal",
    "date": "a date as {date}",
    "time": "a time as {time}",
    "timestamp": "a timestamp as {timestamp}",
}


def target_findings(reports: Sequence[QcReport], config: FeedConfig) -> Iterator[Finding]:
    """Tell, of each file, the columns with values that do not fit, and which columns were held against no type."""
    for report in reports:
        for count in report.target:
            severity: Severity = getattr(config.qc.target_severities, count.fault)
            if is_widened(count, config):
                severity = "WARNING"
            message = f"{report.file}: {_MESSAGES[count.fault](count, config)}"
            yield Finding(severity=severity, code=f"target_{count.fault}", message=message)
    if reports and config.qc.target != "off":
        yield from _not_checked(config)


def _not_checked(config: FeedConfig) -> Iterator[Finding]:
    """Nothing of a table that does not exist: task `plan` has told it, and COPY needs the table."""
    types = {
        column.name: type_of(column, config)
        for column in config.columns
        if column.name not in config.altered_columns
    }
    # The date column is read by the section `date`, whatever is known of the table.
    unknown = [name for name, known in types.items() if known is None and name != config.date.column]
    is_any_known = any(types.values())
    if unknown and (is_any_known or config.qc.target == "config"):
        text = f"Values were held against no type, as none is known, of {_listed(unknown)}."
        yield Finding(severity="INFO", code="target_not_checked", message=text)
    unread = unreadable_formats(config)
    skipped = [name for name, known in types.items() if known and known.kind in unread]
    if skipped:
        text = (
            f"Dates and times were not read, as this check does not know their format, of {_listed(skipped)}."
        )
        yield Finding(severity="INFO", code="target_not_checked", message=text)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - LISTED_COLUMNS
    return ", ".join(names[:LISTED_COLUMNS]) + (f" and {more:,} more" if more > 0 else "")


def _unreadable(count: TargetCount, config: FeedConfig) -> str:
    form = config.format
    noun = _NOUNS[read_column_type(count.type).kind].format(
        date=form.date_format, time=form.time_format, timestamp=form.timestamp_format
    )
    return f"{_records(count)} with a value that is not {noun} in {_column(count)}{_quoted(count)}."


def _too_large(count: TargetCount, config: FeedConfig) -> str:
    known = read_column_type(count.type)
    if known.kind == "text":
        text = f"{_records(count)} with a text longer than {_column(count)}: up to {count.worst:,} characters"
    elif known.kind == "binary":
        text = f"{_records(count)} with a value longer than {_column(count)}: up to {count.worst:,} bytes"
    else:
        text = (
            f"{_records(count)} with a number too large for {_column(count)}: up to "
            f"{count.worst} digits before the decimal point"
        )
    wider = widened_type(known, count.worst)
    return f"{text}{_quoted(count)}. {_widening(count, config, wider)}"


def _widening(count: TargetCount, config: FeedConfig, wider: str) -> str:
    if not wider:
        return "No type of that scale has room for it: correct the file."
    alter = widening_statement(quoted_table(target_table(config)), config.target_of(count.column), wider)
    if is_widened(count, config):
        return f"A load makes room for it before COPY, as load.on_too_long says: {alter};"
    return f"Correct the file, or make room for what this one holds: {alter};"


def _digits_lost(count: TargetCount, _: FeedConfig) -> str:
    return (
        f"{_records(count)} with more decimals than {_column(count)} keeps, up to {count.worst}{_quoted(count)}. "
        "Snowflake rounds them, and cannot change the scale of a column."
    )


_MESSAGES: Mapping[str, Callable[[TargetCount, FeedConfig], str]] = {
    "unreadable": _unreadable,
    "too_large": _too_large,
    "digits_lost": _digits_lost,
}


def _column(count: TargetCount) -> str:
    return f"column {count.column} {count.type}"


def _records(count: TargetCount) -> str:
    return counted(count.records, "record")


def _quoted(count: TargetCount) -> str:
    quoted = [f"line {bad.line} (byte {bad.byte_offset}): {_short(bad)}" for bad in count.samples]
    return f"; {'; '.join(quoted)}" if quoted else ""


def _short(bad: BadLine) -> str:
    value = bad.reason
    return value if len(value) <= VALUE_CHARACTERS else f"{value[:VALUE_CHARACTERS]}…"
