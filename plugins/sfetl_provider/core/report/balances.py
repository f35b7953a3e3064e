"""What a run counted at each step, as equations that must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfetl_provider.core.report.run_report import ReportedFile, RunReport

Part = tuple[int, str]


@dataclass(frozen=True)
class Balance:
    """One step's equation: a count and its name, and the parts that it must be the sum of (some are negative)."""

    step: str
    whole: Part
    parts: tuple[Part, ...]

    @property
    def is_even(self) -> bool:
        """Tell whether both sides are the same."""
        return self.whole[0] == sum(count for count, _ in self.parts)

    def __str__(self) -> str:
        """Write it as 7 records = 1 header + 1 empty + 5 staged."""
        first, *rest = self.parts
        tail = "".join(f" {'-' if count < 0 else '+'} {abs(count):,} {name}" for count, name in rest)
        sign = "=" if self.is_even else "≠"
        return f"{self.whole[0]:,} {self.whole[1]} {sign} {first[0]:,} {first[1]}{tail}".replace(" - ", " − ")


def balances(report: RunReport) -> tuple[Balance, ...]:
    """Give the equations of the steps that the run reached, in order; those of files first."""
    return (*map(_file, report.files), *_qc(report), *_copy(report), *_publication(report))


def _file(file: ReportedFile) -> Balance:
    parts = (
        (file.header_records, "header"),
        (file.empty_records, "empty"),
        (file.rejected_records, "rejected by QC"),
        (file.staged_records, "staged"),
    )
    return Balance(file.name, (file.records, "records"), _present(parts))


def _qc(report: RunReport) -> Iterator[Balance]:
    """Only of a QC that passed: what it rejects altogether may be staged beside it."""
    qc = report.qc
    if qc and qc.is_passed and qc.mode == "file" and report.rows_staged is not None:
        yield Balance("QC", (qc.rows, "good records"), ((report.rows_staged, "staged"),))


def _copy(report: RunReport) -> Iterator[Balance]:
    if report.rows_staged is None or report.rows_copied is None:
        return
    parts = ((report.rows_copied, "copied"), (report.rows_rejected_by_copy or 0, "rejected by COPY"))
    yield Balance("COPY", (report.rows_staged, "staged"), _present(parts))
    if report.audit:
        yield Balance(
            "audit", (report.rows_copied, "copied"), ((report.audit.rows, "counted in the load table"),)
        )


def _publication(report: RunReport) -> Iterator[Balance]:
    if report.rows_published is None or report.rows_copied is None:
        return
    parts = (
        (report.rows_published, "inserted"),
        (report.rows_updated or 0, "updated"),
        (report.rows_rejected or 0, "not of the month"),
    )
    yield Balance("publish", (report.rows_copied, "copied"), _present(parts))


def _present(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Leave out what is nothing, but for the last part of an equation that would be empty."""
    return tuple(part for part in parts if part[0]) or parts[-1:]
