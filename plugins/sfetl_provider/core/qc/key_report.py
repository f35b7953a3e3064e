"""What was found out about the keys of a month's files."""

from __future__ import annotations

from sfetl_provider.core.record import Record


class KeyPlace(Record):
    """Where a record stands: its file, its line (from 1) and its byte offset (from 0).

    Line and offset are None in a file where DuckDB's records cannot be matched with the file's lines: one with
    bad lines, or of a single column.
    """

    file: str
    line: int | None = None
    byte_offset: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file} line {self.line:,} (byte {self.byte_offset})"


class KeySample(Record):
    """One key that stands more than once: its values, cut to 200 characters each, and the first of its places."""

    values: tuple[str, ...]
    records: int
    places: tuple[KeyPlace, ...]


class KeyFile(Record):
    """What was compared of one file: all records that could be read, less those whose key lacks a value.

    `is_read` is False for a file that could not be read to its end; nothing of it counts.
    """

    file: str
    fingerprint: str
    records: int
    missing: int
    is_read: bool = True


class KeyReport(Record):
    """The keys of all files of a month, compared by value, as texts.

    `duplicated_keys` are the different keys that stand more than once, `surplus_records` the records that would
    have to go for each to stand once. `samples` are keys with the most records, at most five.
    """

    columns: tuple[str, ...]
    files: tuple[KeyFile, ...]
    duplicated_keys: int
    surplus_records: int
    samples: tuple[KeySample, ...]
    seconds: float

    @property
    def compared_records(self) -> int:
        """Records whose keys were compared with all others."""
        return sum(file.records - file.missing for file in self.files)


def keys_text(report: KeyReport) -> str:
    """Give the numbers of a report in one line."""
    return (
        f"Keys ({', '.join(report.columns)}): {report.compared_records:,} records compared in"
        f" {report.seconds:.1f} s, {report.duplicated_keys:,} keys more than once,"
        f" {report.surplus_records:,} records too many"
    )
