"""What validations say, as text for a terminal: the executive, the technical and the audit view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, get_args

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.counted import counted
from sfetl_provider.core.printable import printable
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.report.ledger_text import chain_text, entry_text
from sfetl_provider.core.validate.records import VERDICTS, TableValidation, ValidatedMonth

View = Literal["executive", "technical", "audit"]
VIEWS: tuple[View, ...] = get_args(View)
_MONTH_TITLES = ("month", "rows", "trend", "published", "first", "last", "state", "missing days")
_TABLE_TITLES = (
    "verdict",
    "feed",
    "table",
    "months",
    "rows",
    "size",
    "trend",
    "last load",
    "QC",
    "first of all",
)
_LACKING = frozenset(
    {
        "missing_days",
        "missing_months",
        "months_overdue",
        "month_empty",
        "month_gone",
        "rows_differ",
        "table_empty",
    }
)
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_SHORT_CHARACTERS = 100


def render_validations(validations: Sequence[TableValidation], view: View) -> str:
    """Give the text of a view; with several tables a line with their verdicts ends it."""
    texts = _RENDERED[view](validations)
    summary = [summary_line(validations)] if len(validations) > 1 else []
    return "\n\n".join([*texts, *summary])


def headline(found: TableValidation) -> str:
    """Give what was looked at and how many findings there are, in one line."""
    if found.fault:
        return f"{found.feed} in {table_name(found)}: not looked at: {found.fault}"
    counts = ", ".join(f"{count} {severity}" for severity, count in found.severity_counts().items() if count)
    days = span_text(found)
    return (
        f"{found.feed} in {table_name(found)}{f', {days}' if days else ''}: "
        f"{counted(len(found.months), 'month')}, {counted(found.rows, 'row')}; {counts or 'nothing found'}"
    )


def summary_line(validations: Sequence[TableValidation]) -> str:
    """Count the tables by verdict, the worst first."""
    verdicts = [found.verdict for found in validations]
    counts = ", ".join(f"{count} {name}" for name in VERDICTS if (count := verdicts.count(name)))
    return f"{counted(len(validations), 'table')}: {counts or 'none'}"


def table_name(found: TableValidation) -> str:
    """Give the table's full name, as a person reads it."""
    return f"{found.table.database}.{found.table.schema_name}.{found.table.name}"


def span_text(found: TableValidation) -> str:
    """Say which days were looked at, '' for all."""
    first, last = found.first_day, found.last_day
    return " ".join([*([f"from {first}"] if first else []), *([f"to {last}"] if last else [])])


def months_text(found: TableValidation) -> str:
    """Give the first and the last month, '' without any."""
    if not found.months:
        return ""
    first, last = found.months[0].month, found.months[-1].month
    return first if first == last else f"{first}–{last}"


def size_text(size_bytes: int | None) -> str:
    """Give a size in the unit that suits it; '' when it is not known."""
    if size_bytes is None:
        return ""
    size, unit = float(size_bytes), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 or size >= 100 else f"{size:.1f} {_UNITS[unit]}"


def trend_text(trend: float | None) -> str:
    """Give a share of the usual rows a day; '' when there is none."""
    return "" if trend is None else f"{100 * trend:.0f} %"


def last_trend(found: TableValidation) -> float | None:
    """Give the trend of the newest month that has one."""
    return next((month.trend for month in reversed(found.months) if month.trend is not None), None)


def is_complete(found: TableValidation) -> bool:
    """Tell whether nothing that should be in the table is known to lack."""
    is_lacking = any(
        finding.code in _LACKING and finding.severity != "INFO" for _, finding in found.all_findings()
    )
    return bool(found.months) and not is_lacking and not found.fault


def worst_text(found: TableValidation) -> str:
    """Give what is most severe; '' when there is nothing to act on."""
    listed = _to_act_on(found)
    if found.fault or not listed:
        return found.fault
    month, finding = listed[0]
    place = f"{month} " if month and month not in finding.message else ""
    return f"{place}{finding.message}"


def others_text(found: TableValidation) -> str:
    """Say how much more there is to act on than `worst_text` tells; '' when there is nothing."""
    others = 0 if found.fault else len(_to_act_on(found)) - 1
    return f"and {others:,} more" if others > 0 else ""


def _to_act_on(found: TableValidation) -> list[tuple[str, Finding]]:
    return [(month, finding) for month, finding in found.sorted_findings() if finding.severity != "INFO"]


def _executive(validations: Sequence[TableValidation]) -> list[str]:
    rows = [_TABLE_TITLES, *(_table_row(found) for found in by_verdict(validations))]
    return ["\n".join(aligned(rows, right=frozenset({4, 5, 6})))]


def by_verdict(validations: Sequence[TableValidation]) -> list[TableValidation]:
    """Give those that need somebody first."""
    return sorted(validations, key=lambda found: VERDICTS.index(found.verdict))


def _table_row(found: TableValidation) -> tuple[str, ...]:
    load = found.last_load
    text, others = printable(worst_text(found)), others_text(found)
    short = text if len(text) <= _SHORT_CHARACTERS else f"{text[:_SHORT_CHARACTERS]}…"
    return (
        found.verdict,
        found.feed,
        table_name(found),
        months_text(found),
        f"{found.rows:,}",
        size_text(found.size_bytes),
        trend_text(last_trend(found)),
        f"{load[0]} on {load[1].recorded_at:%Y-%m-%d}" if load else "",
        load[1].qc_verdict if load else "",
        f"{short} ({others})" if others else short,
    )


def _technical(validations: Sequence[TableValidation]) -> list[str]:
    return ["\n".join([headline(found), *_months(found), *_findings(found)]) for found in validations]


def _months(found: TableValidation) -> Iterator[str]:
    if found.months:
        rows = [_MONTH_TITLES, *map(_month_row, found.months)]
        yield from (f"  {line}" for line in aligned(rows, right=frozenset({1, 2, 3})))


def _month_row(month: ValidatedMonth) -> tuple[str, ...]:
    first, last = (str(day) if day else "" for day in (month.first, month.last))
    return (
        month.month,
        f"{month.rows:,}",
        trend_text(month.trend),
        "" if month.recorded is None else f"{month.recorded.rows:,}",
        first,
        last,
        month.state,
        ", ".join(month.missing),
    )


def _findings(found: TableValidation) -> Iterator[str]:
    for month, finding in found.sorted_findings():
        place = f" {month}" if month else ""
        yield f"{finding.severity}{place} {finding.code}: {printable(finding.message)}"


def _audit(validations: Sequence[TableValidation]) -> list[str]:
    return ["\n".join([headline(found), *_ledger(found)]) for found in validations]


def _ledger(found: TableValidation) -> Iterator[str]:
    if found.ledger is None:
        return
    if found.ledger.fault:
        yield f"  ledger: {printable(found.ledger.fault)}"
    if found.ledger.chain:
        yield f"  chain of {printable(chain_text(found.ledger.chain))}"
    yield from (f"  {printable(entry_text(entry))}" for entry in found.ledger.entries)
    yield from (
        f"  {month.month}: {month.state}, {counted(month.rows, 'row')} in the table"
        for month in found.months
        if month.state != "as published"
    )


_RENDERED: Mapping[View, Callable[[Sequence[TableValidation]], list[str]]] = {
    "executive": _executive,
    "technical": _technical,
    "audit": _audit,
}
