"""What QC found in one file, and what it decides about a month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from operator import not_
from typing import Any, Literal

from pydantic import Field

from sfetl_provider.core.config.qc_model import DayClass
from sfetl_provider.core.config.qc_model import Severity as Severity
from sfetl_provider.core.packed_record import PACKED
from sfetl_provider.core.plan.month_plan import LeftOut, TableChange
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.qc.quality import Quality
from sfetl_provider.core.record import Record


class BadLine(Record):
    """A line that is no record: its number (from 1), byte offset (from 0), the reason and a sample of its text.

    `column` is the number (from 1) of the field at fault, None where the line as a whole is.
    """

    line: int
    byte_offset: int
    reason: str
    sample: str
    column: int | None = None

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        column = "" if self.column is None else f", column {self.column}"
        return f"line {self.line}{column} (byte {self.byte_offset})"


class RejectsFile(Record):
    """The file that lists a source file's bad lines; `lines` are those in it, all unless it reached its limit."""

    path: str
    lines: int


class TextForm(Record):
    """How a file's text is written, where that is worth a remark and no fault.

    `crlf_ends` and `lf_ends` count records, the header included, by how they end; a last record without
    newline is in neither. `header_remarks` say how an accepted header differs from the columns.
    """

    has_byte_order_mark: bool
    is_last_newline_missing: bool
    crlf_ends: int
    lf_ends: int
    header_remarks: tuple[str, ...]


class DateCounts(Record):
    """How many records fall on which date.

    `inside` counts every date of the month that occurs. Of those outside, `outside` is their number of records,
    `outside_days` of dates, and `outside_dates` counts the 100 dates with the most records. `undated` are records
    whose date is missing or unreadable.
    """

    inside: dict[date, int]
    outside: int
    outside_first: date | None
    outside_last: date | None
    undated: int
    outside_days: int
    outside_dates: dict[date, int]


class DayRows(Record):
    """The rows of one day, and how they compare with those of the other days."""

    day: date
    rows: int
    day_class: DayClass


class RuleCount(Record):
    """What one of the feed's own rules found in one file.

    `violations` are the records that break a condition, `unreadable` those with a value that cannot be read as
    what the rule takes it for (for a condition, they are violations too); `samples` quotes at most five.
    `parts` holds, for each aggregate of the expression in its order, what is needed to join files.
    """

    name: str
    violations: int
    unreadable: int
    parts: tuple[tuple[Decimal | None, ...], ...]
    samples: tuple[BadLine, ...]


TargetFault = Literal["unreadable", "too_large", "digits_lost"]


class TargetCount(Record):
    """Values of one column, in one file, that do not fit its type in one way.

    `worst` is the length of the longest text in characters, the digits before the point of the largest number,
    the decimals of the finest one, the bytes of the largest binary; 0 of what cannot be read. `samples` quotes
    at most five of the records with the worst values, the value in `reason`.
    """

    column: str
    type: str
    fault: TargetFault
    records: int
    worst: int
    samples: tuple[BadLine, ...] = ()


class ExpectationCount(Record):
    """What one expectation of the feed's suite found in one file.

    `facts` are what its kind needs to be judged, by name; `samples` quotes at most five unexpected records.
    """

    facts: dict[str, Any]
    samples: tuple[BadLine, ...] = ()


class QcReport(Record):
    """One file, checked in one pass; lines counted from 1, sizes in bytes.

    Conservation: records = header + empty + bad + good, or making the report fails. `bad_lines` quotes at
    most `qc.sample_limit` of the `bad_records`; `rejects` names the file that lists them, when one was asked for
    and there are any. `nulls` counts missing values of the columns that must have one.
    `rules` is empty when the feed has none, and when no record of the file could be read; so is `expectations`,
    which otherwise are those of the suite in its order. `target` has an entry for each way in which values of a
    column do not fit. `profile` holds every column in order, or nothing with `qc.profile: off` or unread records.
    Of a compressed file, `size_bytes` is its own size, `text_bytes` that of its text, and lines and byte offsets
    are those of the text. `other_delimiter` is the one that its columns seem to be separated by instead of the
    feed's, if so; `seems_utf8` tells that of a feed of another encoding the text is UTF-8 and more than ASCII.
    With `left_out`, the bad records are within `qc.reject_limit`, and everything else is about the good ones
    alone; `not_left_out` says why they are not, where that limit is above 0. `sha256` is that of a file that is
    staged in ranges.
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
    form: TextForm
    rejects: RejectsFile | None
    seconds: float
    rules: tuple[RuleCount, ...] = ()
    text_bytes: int | None = None
    other_delimiter: str = ""
    target: tuple[TargetCount, ...] = Field(default=(), exclude_if=not_)
    expectations: tuple[ExpectationCount, ...] = Field(default=(), exclude_if=not_)
    profile: tuple[ColumnProfile, ...] = ()
    left_out: LeftOut | None = Field(default=None, exclude_if=not_)
    not_left_out: str = Field(default="", exclude_if=not_)
    seems_utf8: bool = Field(default=False, exclude_if=not_)
    sha256: str = Field(default="", exclude_if=not_)

    def to_xcom(self) -> dict[str, Any]:
        """Give the form that a task hands on: as `to_json`, with a profile of lists; `from_json` reads it too."""
        return self.model_dump(mode="json", context=PACKED)


class Finding(Record):
    """One thing that QC has to say about a month; CRITICAL ones stop the load."""

    severity: Severity
    code: str
    message: str


class QcVerdict(Record):
    """The decision about a month, made once from the reports of all its files.

    `fingerprints` says which content of which file was checked; it is empty unless the mode is `file`. `days`
    holds every expected day and every other one that has rows, in order. `profile` is the month's, of all files;
    `quality` is None when no file was read. `left_out` says, by file, which bad records are not to be loaded.
    `table_changes` are those that made room in the target. `sha256` is by file, of those staged in ranges.
    """

    mode: Literal["file", "snowflake", "skip"]
    is_passed: bool
    findings: tuple[Finding, ...]
    fingerprints: dict[str, str]
    good_records: int
    days: tuple[DayRows, ...] = ()
    profile: tuple[ColumnProfile, ...] = ()
    quality: Quality | None = None
    table_changes: tuple[TableChange, ...] = ()
    left_out: dict[str, LeftOut] = Field(default_factory=dict, exclude_if=not_)
    sha256: dict[str, str] = Field(default_factory=dict, exclude_if=not_)

    def to_xcom(self) -> dict[str, Any]:
        """Give the form that a task hands on: as `to_json`, with a profile of lists; `from_json` reads it too."""
        return self.model_dump(mode="json", context=PACKED)
