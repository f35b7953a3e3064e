"""What an inspection tells about a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sfetl_provider.core.qc.foreign import packing_suffix
from sfetl_provider.core.record import Record
from sfetl_provider.core.tsv.compressed import is_compressed

PLAIN = "plain text"
Sureness = Literal["sure", "likely", "unsure"]
ColumnKind = Literal["empty", "boolean", "integer", "number", "date", "timestamp", "time", "text"]


class ColumnGuess(Record):
    """One column as its sampled values show it.

    `format` is in Snowflake's notation, for dates, timestamps and times; `other_formats` fit as well. `misfits`
    counts values that are not of the kind, with one as example. `low` and `high` are the least and the greatest
    value, dates as 2024-01-31; `longest` counts characters, `whole_digits` and `decimals` those of numbers.
    """

    name: str
    kind: ColumnKind
    format: str = ""
    other_formats: tuple[str, ...] = ()
    values: int = 0
    nulls: int = 0
    misfits: int = 0
    misfit: str = ""
    low: str = ""
    high: str = ""
    longest: int = 0
    whole_digits: int = 0
    decimals: int = 0
    remark: str = ""


class Dialect(Record):
    """How records are written; `share` of the sampled records have `columns` fields.

    `delimiter` is empty in a file of one column, `quote` when no field is quoted in the sample.
    """

    delimiter: str
    quote: str
    columns: int
    sampled_records: int
    share: float
    sureness: Sureness


class LineEnds(Record):
    """Line ends in the sample, by kind."""

    lf: int
    crlf: int
    cr: int


class LineEstimate(Record):
    """Lines of a file, from blocks at many offsets: with 99 % confidence between `low` and `high`.

    Equal bounds: counted, not estimated. None for both: the content is compressed and only its beginning was
    seen, so nothing is known of the error.
    """

    lines: int
    low: int | None
    high: int | None
    sampled_bytes: int

    @property
    def is_exact(self) -> bool:
        """Tell whether all of the file was read."""
        return self.low == self.high == self.lines


class LineCount(Record):
    """Lines of a file, all counted; an empty line holds nothing, or a carriage return alone."""

    lines: int
    empty_lines: int
    is_last_newline_missing: bool
    content_bytes: int
    seconds: float


class TimeEstimate(Record):
    """Seconds that QC and compressing would take, from running both on the first `measured_bytes` of text.

    `text_bytes` is the size of all of it, estimated where the file is compressed.
    """

    measured_bytes: int
    text_bytes: int
    qc_seconds: float
    compress_seconds: float
    compressed_share: float


class Inspection(Record):
    """A file as its samples show it; what could not be told is None or empty.

    `kind` says what the file is in words, `is_text` whether it could be read as delimited text, `remarks` what
    hinders a load or deserves a look. `size_bytes` is the file's size on disk, `packing` the kind of a compressed
    one, `codec` Python's name of the encoding.
    """

    path: str
    size_bytes: int
    kind: str
    is_text: bool
    packing: str = ""
    encoding: str = ""
    codec: str = ""
    encoding_remark: str = ""
    line_ends: LineEnds | None = None
    dialect: Dialect | None = None
    has_header: bool = False
    header_sureness: Sureness = "unsure"
    columns: tuple[ColumnGuess, ...] = ()
    null_markers: tuple[str, ...] = ()
    sample_rows: tuple[tuple[str, ...], ...] = ()
    lines: LineEstimate | None = None
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def has_fitting_name(self) -> bool:
        """Tell whether a load takes the file for what it is: plain, or compressed as its name's ending says."""
        suffix = Path(self.path).suffix.lower() if is_compressed(self.path) else ""
        return packing_suffix(self.packing) == suffix if self.packing else not suffix
