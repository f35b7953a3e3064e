"""What QC found in one file, and what it decides about a month."""

from __future__ import annotations

from datetime import date
from typing import Literal

from sfetl_provider.core.record import Record

Severity = Literal["CRITICAL", "WARNING", "INFO"]


class BadLine(Record):
    """A line that is no record: its number (from 1), byte offset (from 0), the reason and a sample of its text."""

    line: int
    byte_offset: int
    reason: str
    sample: str


class DateCounts(Record):
    """How many records fall on which date.

    `inside` counts every date of the month that occurs; `outside` only totals what is not in the month, with
    its first and last date; `undated` are records whose date is missing or unreadable.
    """

    inside: dict[date, int]
    outside: int
    outside_first: date | None
    outside_last: date | None
    undated: int


class QcReport(Record):
    """One file, checked in one pass; lines counted from 1, sizes in bytes.

    Conservation: records = header + empty + bad + good, or making the report fails. `bad_lines` quotes at
    most `qc.sample_limit` of the `bad_records`. `nulls` counts missing values of the columns that must have one.
    """

    file: str
    fingerprint: str
    size_bytes: int
    records: int
    header_records: int
    empty_records: int
    bad_records: int
    good_records: int
    bad_lines: tuple[BadLine, ...]
    header_faults: tuple[str, ...]
    nulls: dict[str, int]
    dates: DateCounts
    seconds: float


class Finding(Record):
    """One thing that QC has to say about a month; CRITICAL ones stop the load."""

    severity: Severity
    code: str
    message: str


class QcVerdict(Record):
    """The decision about a month, made once from the reports of all its files.

    `fingerprints` says which content of which file was checked; it is empty unless the mode is `file`.
    """

    mode: Literal["file", "snowflake", "skip"]
    is_passed: bool
    findings: tuple[Finding, ...]
    fingerprints: dict[str, str]
    good_records: int
