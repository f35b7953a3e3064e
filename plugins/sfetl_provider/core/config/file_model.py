"""Sections of a feed's configuration about its files: where they lie, and how their text is written."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from sfetl_provider.core.config.section import Section
from sfetl_provider.core.text_encoding import EncodingName, check_encoding_name


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


class FilesConfig(Section):
    """Where the month's files lie and when they are complete."""

    base_path: str = ""
    """Folder of the files; relative to [sfetl] base_path when not absolute."""
    patterns: tuple[Pattern, ...] = Field(min_length=1)
    """Names below the base path: {month} is 2024-01, {date_range} 20240101-20240131, {yyyymm} 202401,
    {mmyyyy} 012024; * and ? match within a name. Names that end with .gz, .zst, .bz2 or .zip are compressed: these
    are read as streams; a .zip must hold one file, or one with its own name."""
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
