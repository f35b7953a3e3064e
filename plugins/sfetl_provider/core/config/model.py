"""The configuration of one feed: one table, filled by one or more files a month.

Field descriptions are the documentation: they go into feed.schema.json, which editors show while typing.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.config.audit_model import AuditConfig
from sfetl_provider.core.config.drift_model import DriftConfig
from sfetl_provider.core.config.qc_check import FileFields, check_qc
from sfetl_provider.core.config.qc_model import CheckedDaysConfig
from sfetl_provider.core.config.reject_limit import RejectLimit, may_reject
from sfetl_provider.core.config.section import Section
from sfetl_provider.core.config.share import Share
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.expression.tree import Kind
from sfetl_provider.core.identifiers import resolve_identifier
from sfetl_provider.core.text_encoding import EncodingName, check_encoding_name

MIB = 1024 * 1024

Identifier = Annotated[str, AfterValidator(resolve_identifier)]


def _check_pattern(pattern: str) -> str:
    path = PurePosixPath(pattern)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError("a pattern is relative to the base path and stays below it")
    try:
        pattern.format(month="", date_range="", yyyymm="", mmyyyy="")
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(
            "unknown placeholder: use {month}, {date_range}, {yyyymm} or {mmyyyy}, * and ?"
        ) from error
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_check_pattern)]


def _check_moment_format(text: str) -> str:
    if not text.strip() or text.strip().upper() == "AUTO":
        raise ValueError("state the format, as YYYY-MM-DD; AUTO would guess")
    return text


def _check_ascii(mark: str) -> str:
    if not mark.isascii() or mark in "\r\n":
        raise ValueError("one ASCII character that ends no line")
    return mark


MomentFormat = Annotated[str, AfterValidator(_check_moment_format)]


def _check_type(text: str) -> str:
    return read_column_type(text).text


TypeText = Annotated[str, AfterValidator(_check_type)]


class ColumnConfig(Section):
    """One column of the file, in the file's order."""

    name: Identifier
    """Column of the target table, and name in the file's header (compared without case)."""
    nullable: bool = True
    """False: a record without a value here fails QC."""
    type: TypeText | None = None
    """Snowflake type of the table's column, as NUMBER(12,2), against which QC holds the values when the table's
    own is not known: see qc.target."""


def _column_from_name(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Column = Annotated[
    ColumnConfig, BeforeValidator(_column_from_name, json_schema_input_type=str | ColumnConfig)
]


class TableConfig(Section):
    """The target table; it must exist, with a column for each column of the file."""

    database: Identifier
    """Database; schema SFETL (ledger, load tables, stage) is made in it too."""
    schema_name: Identifier = Field(alias="schema")
    """Schema of the target table."""
    name: Identifier
    """The target table."""


class FilesConfig(Section):
    """Where the month's files lie and when they are complete."""

    base_path: str = ""
    """Folder of the files; relative to [sfetl] base_path when not absolute."""
    patterns: tuple[Pattern, ...] = Field(min_length=1)
    """Names below the base path: {month} is 2024-01, {date_range} 20240101-20240131, {yyyymm} 202401,
    {mmyyyy} 012024; * and ? match within a name. Names that end with .gz, .zst, .bz2 or .zip are compressed: these
    are read as streams; a .zip must hold one file."""
    expected: int | None = Field(default=None, ge=1)
    """How many files a month has: fewer are waited for, more are refused; null: as many as match."""
    marker: Pattern | None = None
    """A file that the sender writes last: the month is waited for until it is there; null: none."""
    manifest: Pattern | None = None
    """A file that lists the month's files, a line each: name, size in bytes and SHA-256, separated by tabs (the
    last two may be left out), or as sha256sum writes them. All are waited for, others that match are refused,
    sizes and hashes are checked; null: none."""
    still_seconds: float = Field(default=30, ge=0)
    """A file counts as complete when size and modification time stayed the same for so long."""
    poll_seconds: float = Field(default=60, gt=0)
    """How often the folder is looked at."""
    timeout_seconds: float = Field(default=7 * 24 * 3600, gt=0)
    """How long the run waits for its files before it fails."""


class FormatConfig(Section):
    """How the text is written. Date formats are in Snowflake's notation."""

    delimiter: Annotated[str, AfterValidator(_check_ascii)] = Field(default="\t", min_length=1, max_length=1)
    """Field delimiter, one character."""
    header: bool = False
    """True: the first record of each file names the columns; it is checked and not staged."""
    quote: Literal['"', "'"] | None = None
    """Character around fields that may hold delimiters and newlines; null: the file never quotes."""
    null_markers: tuple[str, ...] = ("",)
    """Field texts that stand for NULL."""
    encoding: Annotated[EncodingName, BeforeValidator(check_encoding_name)] = "UTF8"
    """Encoding of the files, under Snowflake's name: UTF8, or one of one byte a character. Files are staged as
    they are; COPY converts them, and QC checks the converted text."""
    date_format: MomentFormat = "YYYY-MM-DD"
    """Format of every DATE column."""
    time_format: MomentFormat = "HH24:MI:SS"
    """Format of every TIME column."""
    timestamp_format: MomentFormat = "YYYY-MM-DD HH24:MI:SS"
    """Format of every TIMESTAMP column."""


def _check_time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"{name!r} is no time zone of the IANA database: write one as Europe/Berlin"
        ) from error


TimeZone = Annotated[str, AfterValidator(_check_time_zone)]


class DateConfig(Section):
    """The column that says to which month a record belongs."""

    column: Identifier
    """One of the columns."""
    type: Literal["date", "timestamp"] = "date"
    """Type of that column in the table, and so which of the two formats the file uses."""
    time_zone: TimeZone = "UTC"
    """Zone in which months begin when the column is TIMESTAMP_LTZ or TIMESTAMP_TZ, as Europe/Berlin: sessions
    of the feed have it as TIMEZONE, so COPY reads times without offset in it too. DATE and TIMESTAMP_NTZ have
    no zone."""


class QcConfig(CheckedDaysConfig):
    """Checks before anything becomes visible."""

    mode: Literal["file", "snowflake", "skip"] = "file"
    """file: read the file before or while it is staged; snowflake: check the load table only; skip: only what
    a publication needs (counts, dates within the month)."""
    gate: Literal["beside", "before_stage"] = "beside"
    """beside: QC and staging read the file at the same time, unless qc.reject_limit lets lines be left out;
    before_stage: no byte leaves before QC passed."""
    memory_mib: int = Field(default=512, ge=128)
    """Memory limit of the QC scan."""
    sample_limit: int = Field(default=20, ge=1)
    """How many bad lines the report quotes; all are counted, and listed in the rejects file."""
    expectations: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    """Suite of Great Expectations to run over the files: <name>.json in the folder expectations beside the
    configs' folder; null: none."""
    reject_limit: RejectLimit = 0
    """How many bad lines of a file are left out and told, instead of stopping the load: a count, or a share of
    the file's records as "0.1%", rounded down. Above 0, files are staged after QC passed, and
    qc.mode must be file."""
    rejects_mib: int = Field(default=1024, ge=1)
    """Size at which the list of bad lines of a file ends; a wrong delimiter would make it larger than the file."""
    profile: Literal["off", "basic", "full"] = "basic"
    """What QC of the file tells of each column. basic: missing values, bounds, lengths; full: also distinct
    values, most frequent values and quantiles."""
    drift: DriftConfig = DriftConfig()
    """Comparison of the profile with those of earlier published months, by the load's task qc_gate."""

    @property
    def may_reject(self) -> bool:
        """Tell whether bad lines may be left out."""
        return may_reject(self.reject_limit)

    @property
    def is_before_stage(self) -> bool:
        """Tell whether QC decides before anything is staged."""
        return self.gate == "before_stage" or self.may_reject

    @field_validator("reject_limit")
    @classmethod
    def _check_mode(cls, limit: int | str, info: ValidationInfo) -> int | str:
        if may_reject(limit) and info.data.get("mode", "file") != "file":
            raise ValueError("only QC of the file finds what to leave out: set qc.mode to file, or 0 here")
        return limit


def _check_level(value: Any) -> Any:
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 19):
        return value
    raise ValueError('a whole number from 1 to 19, or "auto"')


# Checked by hand: the faults of a union would not point at the field.
ZstdLevel = Annotated[
    int | Literal["auto"],
    PlainValidator(_check_level, json_schema_input_type=Annotated[int, Field(ge=1, le=19)] | Literal["auto"]),
]


Compression = Literal["zstd", "gzip", "none"]


class StageConfig(Section):
    """How files become chunks on the stage."""

    chunk_mib: int = Field(default=400, ge=1)
    """Uncompressed text per chunk; 400 MiB compress to about 150 MB, which Snowflake loads best (none: 150)."""
    range_mib: int | None = Field(default=10240, ge=1)
    """A larger file that is not compressed is divided evenly into byte ranges of at most so much text, rounded
    up to whole chunks, and each is staged by a task of its own; null: one task stages the whole file."""
    compression: Compression = "zstd"
    """How chunks are compressed: zstd, gzip (at one level) or none. A task whose setting was changed stages its
    file afresh."""
    as_is_mib: int | None = Field(default=None, ge=1, le=5000)
    """A .gz or .zst file of at most so many MiB, of one member or frame and without a byte order mark, is uploaded
    as it was delivered, as one chunk. Snowflake loads a file on one core, and 100 to 250 MB best; null: never."""
    zstd_level: ZstdLevel = "auto"
    """Compression level of zstd chunks, 1 to 19; 1 is fastest. auto: each chunk's level follows the link: one of
    1, 3, 6, 9, 12, harder while finished chunks wait for their upload, lighter while uploads wait for chunks."""
    workers: int = Field(default=2, ge=1, le=64)
    """Chunks compressed at the same time (of a compressed source: threads for its one chunk); disk and memory
    needed grow with it."""
    upload_workers: int = Field(default=2, ge=1, le=16)
    """Chunks uploaded at the same time, each by a process with a Snowflake session of its own."""
    upload_tries: int = Field(default=5, ge=1, le=20)
    """How often a chunk's upload is tried before the task fails; what a retry cannot help fails at once."""
    upload_delay_seconds: float = Field(default=2, ge=0, le=600)
    """Delay before a chunk's second try; it doubles each time, up to a minute."""
    upload_timeout_seconds: float = Field(default=120, gt=0)
    """An upload that takes longer than this, plus the chunk's size by upload_timeout_mib_per_second, is
    ended and tried again; a login has this time alone."""
    upload_timeout_mib_per_second: float = Field(default=0.25, gt=0)
    """The slowest upload of one chunk that is borne; with several at once they share the line."""

    @property
    def chunk_bytes(self) -> int:
        """Uncompressed bytes per chunk."""
        return self.chunk_mib * MIB

    @property
    def as_is_bytes(self) -> int | None:
        """Size up to which a compressed file is uploaded as it is; None for never."""
        return None if self.as_is_mib is None else self.as_is_mib * MIB

    @property
    def range_bytes(self) -> int | None:
        """Size above which a file is divided, in bytes; None for never."""
        return None if self.range_mib is None else self.range_mib * MIB

    @property
    def upload_timeout_bytes_per_second(self) -> float:
        """The slowest upload that is borne, in bytes."""
        return self.upload_timeout_mib_per_second * MIB


class CopyConfig(Section):
    """How chunks become rows of the load table."""

    batch_files: int = Field(default=200, ge=1, le=1000)
    """Most chunks per COPY statement; Snowflake takes 1,000 at most."""
    batch_mib: int = Field(default=10240, ge=1)
    """Most of the stage per COPY statement, so that progress shows batch by batch; 10 GiB are some 70 chunks."""
    on_error: Literal["abort", "continue"] = "abort"
    """What COPY does about a row that does not fit. abort: the load fails, and the bad rows are listed; continue:
    it is left out, listed and counted, as long as they are no more than reject_limit."""
    reject_limit: RejectLimit = 0
    """Most rows of the month that may be left out with on_error continue: a number, or a share as "0.1%"."""
    poll_seconds: float = Field(default=5, gt=0)
    """How often a running COPY is asked for its state."""
    statement_timeout_seconds: int = Field(default=6 * 3600, ge=60)
    """Snowflake ends a COPY that takes longer."""

    @property
    def batch_bytes(self) -> int:
        """Most bytes on the stage per COPY statement."""
        return self.batch_mib * MIB

    @model_validator(mode="after")
    def _check_limit(self) -> CopyConfig:
        if (self.on_error == "continue") != may_reject(self.reject_limit):
            raise ValueError(
                "on_error continue and a reject_limit above 0 belong together: one is of no use alone"
            )
        return self


LoadMode = Literal["replace_month", "append", "merge"]


class PublishConfig(Section):
    """How the month gets into the target table."""

    mode: LoadMode = "replace_month"
    """replace_month: the files are the month; append: they are added to it, and those that it holds already (by
    their SHA-256) are skipped; merge: rows replace those of the month with the same merge_keys, and others are
    added."""
    merge_keys: tuple[Identifier, ...] = ()
    """Columns by which merge finds the row that a row replaces, among the rows of the month."""
    outside_month: Literal["fail", "reject"] = "fail"
    """Rows dated outside the month, or without a date. fail: the load stops; reject: they are not published but
    kept in table SFETL.REJECTED_ROWS, and counted in the ledger."""
    lock_timeout_seconds: int = Field(default=900, ge=1)
    """How long a publication waits for another one of the same feed."""
    max_shrink: Share = 0.1
    """A month is not replaced by fewer files than were published, or by rows fewer by more than this share ("10%"
    or 0.1), unless the run's parameter confirm_smaller says so."""


def _kinds(columns: tuple[ColumnConfig, ...], dated: DateConfig) -> dict[str, Kind]:
    return {column.name: dated.type if column.name == dated.column else "raw" for column in columns}


def _fields_of(data: dict[str, Any]) -> FileFields:
    text_format: FormatConfig = data["format"]
    formats = {"date": text_format.date_format, "timestamp": text_format.timestamp_format}
    return FileFields(_kinds(data["columns"], data["date"]), formats)


class FeedConfig(Section):
    """One feed; the file's name is the feed's name and the DAG is load_<feed>."""

    feed: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", exclude=True)
    """Name of the feed, taken from the file's name."""
    suite: dict[str, Any] | None = Field(default=None, exclude=True)
    """Content of the suite that qc.expectations names, read with the config."""
    description: str = ""
    """Shown in the Airflow UI."""
    snowflake_conn_id: str = "snowflake_default"
    """Airflow connection to Snowflake."""
    proxy_conn_id: str | None = None
    """Airflow connection of type sfetl_proxy; null: the one that the Snowflake connection names, or none."""
    table: TableConfig
    """The target table."""
    columns: tuple[Column, ...] = Field(min_length=1)
    """Columns in the file's order."""
    date: DateConfig
    """Which column says to which month a record belongs."""
    files: FilesConfig
    """Where the month's files lie."""
    format: FormatConfig = FormatConfig()
    """How the text is written."""
    qc: QcConfig = QcConfig()
    """Checks."""
    stage: StageConfig = StageConfig()
    """Staging."""
    load: CopyConfig = CopyConfig()
    """COPY INTO."""
    audit: AuditConfig = AuditConfig()
    """Audit of the load table."""
    publish: PublishConfig = PublishConfig()
    """Publication."""
    retries: int = Field(default=3, ge=0, le=20)
    """How often a task is tried again after a failure that can pass."""
    retry_delay_seconds: float = Field(default=30, gt=0)
    """Delay before the first retry; it doubles each time, up to 15 minutes."""
    start_month: str = Field(default="2000-01", pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    """First month that may be loaded."""
    end_month: str | None = Field(default=None, pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    """Last month that the schedule loads, for a feed that has ended; null: it goes on."""
    max_active_months: int = Field(default=4, ge=1)
    """How many months of this feed may load at the same time."""

    @field_validator("qc")
    @classmethod
    def _check_qc(cls, qc: QcConfig, info: ValidationInfo) -> QcConfig:
        is_readable = {"columns", "date", "format"} <= info.data.keys()
        check_qc(qc, _fields_of(info.data) if is_readable else None)
        return qc

    @model_validator(mode="after")
    def _check_columns(self) -> FeedConfig:
        names = [column.name for column in self.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"columns named twice: {', '.join(doubled)}")
        if self.date.column not in names:
            raise ValueError(f"date.column {self.date.column} is not one of the columns")
        return self

    @model_validator(mode="after")
    def _check_merge_keys(self) -> FeedConfig:
        keys = self.publish.merge_keys
        unknown = sorted(set(keys) - set(self.column_names))
        if unknown:
            raise ValueError(f"publish.merge_keys names no columns of the feed: {', '.join(unknown)}")
        if keys and not set(self.column_names) - set(keys):
            raise ValueError("publish.merge_keys names every column: nothing is left to update")
        if self.publish.mode == "merge" and not keys:
            raise ValueError("publish.mode merge needs publish.merge_keys")
        return self

    @model_validator(mode="after")
    def _check_as_is(self) -> FeedConfig:
        if self.stage.as_is_mib is not None and self.format.header:
            raise ValueError("stage.as_is_mib is for files without a header: format.header needs it left out")
        return self

    @model_validator(mode="after")
    def _check_date_format(self) -> FeedConfig:
        try:
            strptime_format(self.date_format)
        except ValueError as error:
            raise ValueError(
                f"format.{self.date.type}_format cannot be used for date.column: {error}"
            ) from error
        return self

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in the file's order, as stored in Snowflake."""
        return tuple(column.name for column in self.columns)

    @property
    def column_kinds(self) -> dict[str, Kind]:
        """As what own rules read each column: the date column as its type, the others as they are used."""
        return _kinds(self.columns, self.date)

    @property
    def date_format(self) -> str:
        """Format of the date column in the file, in Snowflake's notation."""
        return self.format.date_format if self.date.type == "date" else self.format.timestamp_format
