"""The plan of one run: everything that later tasks need to agree on, fixed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from sfetl_provider.core.config.load_model import LoadMode
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.record import Record

QcMode = Literal["file", "snowflake", "skip"]
TargetTypes = dict[str, tuple[str, ...]]


class TableName(Record):
    """A table by its stored names (not quoted)."""

    database: str
    schema_name: str
    name: str


class TableChange(Record):
    """A change of the target's definition; `column` is empty for the whole table, `query_id` before it is made."""

    kind: Literal["create", "add_column", "widen"]
    column: str
    statement: str
    query_id: str = ""


class MonthPlan(Record):
    """One run of one feed for one month.

    `run_key` is 12 hexadecimal digits made of DAG and run id: the same after a clear, different for every
    other run, so stage path and load tables belong to one run. `generation` is the month's generation as
    seen when the run was planned; publishing requires it to be unchanged. `chunk_set` is the folder of a carried
    set of chunks, empty when the month comes as files. `fiscal` is the month's first day and the first one after
    it where they are not the calendar's. `confirm_smaller`: a person said that fewer files or rows than were
    published may replace them. `target_types` holds the feed's columns by their type in the target table, as
    "NUMBER(9,2) NOT NULL"; empty when the table does not exist. `unpublished` are columns of the file that the
    target does not have, `table_changes` what the run changed of it. `is_insecure`: its proxy connection
    verifies no certificate.
    """

    feed: str
    month: str
    dag_id: str
    run_id: str
    run_key: str
    actor: str
    table: TableName
    generation: int
    qc_mode: QcMode
    is_dry_run: bool
    base_path: str
    explicit_files: tuple[str, ...]
    start_over: bool
    planned_at: datetime
    chunk_set: str = ""
    fiscal: tuple[date, date] | None = None
    is_insecure: bool = False
    load_mode: LoadMode = "replace_month"
    confirm_smaller: bool = False
    target_types: TargetTypes = Field(default_factory=dict)
    unpublished: tuple[str, ...] = ()
    table_changes: tuple[TableChange, ...] = ()

    @property
    def month_value(self) -> Month:
        """The month as a value."""
        return replace(Month.of_text(self.month), fiscal=self.fiscal)

    @property
    def first_day(self) -> date:
        """First day of the month."""
        return self.month_value.first_day

    @property
    def next_first_day(self) -> date:
        """First day after the month."""
        return self.month_value.next_first_day


class Cutting(Record):
    """What a file was divided by: its content and the settings. Of another one, its ranges mean nothing."""

    fingerprint: str
    chunk_bytes: int
    header: bool
    quote: str | None


class ByteRange(Record):
    """A part of a large file that one task stages: whole chunks, half open, numbered from 1 to `of`.

    `first_chunk` is the number, in the file, of the first of its `chunks`; `file_chunks` are those of all ranges.
    """

    number: int
    of: int
    start_byte: int
    end_byte: int
    first_chunk: int
    chunks: int
    file_chunks: int
    cutting: Cutting

    @property
    def size_bytes(self) -> int:
        """Uncompressed size."""
        return self.end_byte - self.start_byte


class LeftOut(Record):
    """Which records of a file QC leaves out: a list of their spans at a path, and what they come to.

    `sha256` is the list's own. `fingerprint` is that of the file that was checked, and `file_records` the number
    of all its records, header and empty ones included. `lines` and `size_bytes` are those of what is left out.
    """

    path: str
    sha256: str
    fingerprint: str
    file_records: int
    records: int
    lines: int
    size_bytes: int


def _is_none(value: object) -> bool:
    return value is None


class SourceFile(Record):
    """A file of the month as the sensor found it: path, size in bytes, modification time in nanoseconds.

    With a `byte_range` it stands for that part only, to those who stage; all others take the whole file. With
    `left_out` it stands for the file without those records, to those who read records. `sha256` is that of all
    its bytes where it is known before they are staged, else empty. `header` holds its columns when they are others
    than the config's, which the feed ignores.
    """

    path: str
    name: str
    key: str
    size_bytes: int
    modified_ns: int
    byte_range: ByteRange | None = None
    header: tuple[str, ...] = ()
    sha256: str = ""
    left_out: LeftOut | None = Field(default=None, exclude_if=_is_none)

    @property
    def range_number(self) -> int:
        """The number of its range, 0 for a whole file."""
        return self.byte_range.number if self.byte_range else 0

    @property
    def left_out_sha256(self) -> str:
        """The hash of the list of what is left out, empty without one."""
        return self.left_out.sha256 if self.left_out else ""

    @property
    def label(self) -> str:
        """What a person reads: the name, and which range of it."""
        part = self.byte_range
        return f"{self.name}, range {part.number} of {part.of}" if part else self.name
