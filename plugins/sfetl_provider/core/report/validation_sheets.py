"""What validations say, as sheets: those of a workbook, whose first is also what CSV holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.report.sheet import Cell, Sheet
from sfetl_provider.core.report.validation_text import (
    View,
    by_verdict,
    is_complete,
    last_trend,
    table_name,
    worst_text,
)
from sfetl_provider.core.validate.records import TableValidation, ValidatedMonth

Validations = Sequence[TableValidation]
_USUAL = ("NORMAL", "NOT_EXPECTED")


def validation_sheets(validations: Validations, view: View) -> list[Sheet]:
    """Give the sheets of a view, the one that matters most first.

    executive: a row a table. technical: a row a month; tables, findings and unusual days. audit: a row for each
    row of the ledger; their files, the chains, and each month beside the ledger.
    """
    return [make(validations) for make in _SHEETS[view]]


def _tables(validations: Validations) -> Sheet:
    columns = (
        *(("verdict", 14), ("feed", 24), ("table", 40), ("complete", 10), ("months", 9), ("first month", 12)),
        *(("last month", 12), ("rows", 16), ("bytes", 18), ("trend %", 9), ("last load of", 12)),
        *(("last load UTC", 20), ("QC", 12), ("critical", 9), ("warning", 9), ("first of all", 100)),
    )
    return Sheet("Tables", columns, map(_table_row, by_verdict(validations)), coloured_by=0)


def _table_row(found: TableValidation) -> tuple[Cell, ...]:
    counts, load = found.severity_counts(), found.last_load
    return (
        found.verdict,
        found.feed,
        table_name(found),
        "yes" if is_complete(found) else "no",
        len(found.months),
        found.months[0].month if found.months else None,
        found.months[-1].month if found.months else None,
        None if found.fault else found.rows,
        found.size_bytes,
        _percent(last_trend(found)),
        load[0] if load else None,
        load[1].recorded_at if load else None,
        load[1].qc_verdict if load else None,
        counts["CRITICAL"],
        counts["WARNING"],
        worst_text(found),
    )


def _months(validations: Validations) -> Sheet:
    columns = (
        *(("feed", 24), ("month", 9), ("state", 14), ("rows", 16), ("published rows", 16), ("trend %", 9)),
        *(("first", 12), ("last", 12), ("missing", 40), ("duplicate keys", 14), ("duplicate rows", 14)),
        *(("critical", 9), ("warning", 9), ("last change", 12), ("changed UTC", 20), ("changed by", 20)),
        ("QC", 12),
    )
    return Sheet("Months", columns, _month_rows(validations), coloured_by=2)


def _month_rows(validations: Validations) -> Iterator[tuple[Cell, ...]]:
    """Give a row a month, and one for each table that could not be looked at."""
    for found in validations:
        if found.fault:
            yield (found.feed, None, found.verdict, *(None,) * 14)
        yield from ((found.feed, *_month_row(month)) for month in found.months)


def _month_row(month: ValidatedMonth) -> tuple[Cell, ...]:
    severities = [finding.severity for finding in month.findings]
    recorded = month.recorded
    return (
        month.month,
        month.state,
        month.rows,
        recorded.rows if recorded else None,
        _percent(month.trend),
        month.first,
        month.last,
        " ".join(month.missing),
        month.duplicate_keys,
        month.duplicate_rows,
        severities.count("CRITICAL"),
        severities.count("WARNING"),
        *(
            (recorded.action, recorded.recorded_at, recorded.actor, recorded.qc_verdict)
            if recorded
            else (None,) * 4
        ),
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _findings(validations: Validations) -> Sheet:
    columns = (("severity", 11), ("feed", 24), ("month", 9), ("code", 22), ("message", 110))
    rows = (
        (finding.severity, found.feed, month or None, finding.code, finding.message)
        for found in validations
        for month, finding in found.sorted_findings()
    )
    return Sheet("Findings", columns, rows, coloured_by=0)


def _unusual_days(validations: Validations) -> Sheet:
    rows = (
        (found.feed, month.month, day.day, f"{day.day:%a}", day.rows, day.day_class)
        for found in validations
        for month in found.months
        for day in month.days
        if day.day_class not in _USUAL
    )
    columns = (("feed", 24), ("month", 9), ("day", 12), ("weekday", 9), ("rows", 14), ("class", 16))
    return Sheet("Unusual days", columns, rows, coloured_by=5)


def _ledger(validations: Validations) -> Sheet:
    columns = (
        *(("feed", 24), ("row", 8), ("recorded UTC", 20), ("action", 10), ("month", 9), ("generation", 11)),
        *(("rows before", 14), ("deleted", 14), ("inserted", 14), ("updated", 12), ("rejected", 12)),
        *(("rows after", 14), ("files", 7), ("load mode", 14), ("QC mode", 10), ("QC", 10), ("actor", 20)),
        *(("approver", 20), ("reason", 40), ("DAG", 24), ("run", 36), ("undoes", 8), ("version", 10)),
        *(("hash", 66), ("previous hash", 66)),
    )
    return Sheet("Ledger", columns, (_entry_row(entry) for _, entry in _entries(validations)))


def _entries(validations: Validations) -> Iterator[tuple[TableValidation, LedgerEntry]]:
    for found in validations:
        if found.ledger:
            yield from ((found, entry) for entry in found.ledger.entries)


def _entry_row(entry: LedgerEntry) -> tuple[Cell, ...]:
    return (
        *(entry.feed, entry.sequence, entry.recorded_at, entry.action, entry.month, entry.generation),
        *(
            entry.rows_before,
            entry.rows_deleted,
            entry.rows_inserted,
            entry.rows_updated,
            entry.rows_rejected,
        ),
        *(entry.rows_after, len(entry.files), entry.load_mode, entry.qc_mode, entry.qc_verdict, entry.actor),
        *(entry.approver, entry.reason, entry.dag_id, entry.run_id, entry.undoes or None, entry.version),
        *(entry.hash, entry.previous_hash),
    )


def _files(validations: Validations) -> Sheet:
    columns = (
        ("feed", 24),
        ("row", 8),
        ("month", 9),
        ("file", 60),
        ("bytes", 18),
        ("records", 14),
        ("SHA-256", 66),
    )
    rows = (
        (
            entry.feed,
            entry.sequence,
            entry.month,
            file.name,
            file.size_bytes,
            file.records,
            file.sha256 or None,
        )
        for _, entry in _entries(validations)
        for file in entry.files
    )
    return Sheet("Files", columns, rows)


def _chains(validations: Validations) -> Sheet:
    columns = (
        ("feed", 24),
        ("table", 40),
        ("chain", 10),
        ("rows", 10),
        ("hash of the last", 66),
        ("what", 90),
    )
    return Sheet("Chains", columns, map(_chain_row, validations), coloured_by=2)


def _chain_row(found: TableValidation) -> tuple[Cell, ...]:
    ledger = found.ledger
    chain = ledger.chain if ledger else None
    if chain is None:
        return found.feed, table_name(found), "unknown", None, None, ledger.fault if ledger else found.fault
    broken = f"row {chain.broken.sequence}: {chain.broken.reason}" if chain.broken else None
    state = "BROKEN" if broken else "whole"
    return found.feed, table_name(found), state, chain.rows, chain.end.hash, broken


_SHEETS: Mapping[View, tuple[Callable[[Validations], Sheet], ...]] = {
    "executive": (_tables,),
    "technical": (_months, _tables, _findings, _unusual_days),
    "audit": (_ledger, _files, _chains, _months),
}
