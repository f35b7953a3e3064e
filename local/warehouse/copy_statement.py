"""COPY INTO table FROM @stage/path, read into a record.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

from dataclasses import dataclass

from local.warehouse.errors import SqlError, syntax_error, unsupported
from local.warehouse.file_format import FileFormat, option_value, parse_file_format
from local.warehouse.tokens import Tokens

FILES_MAXIMUM = 1000


@dataclass(frozen=True)
class CopyStatement:
    """What is to be loaded; `files` are paths below the location, None for all that lie there."""

    table: tuple[str, ...]
    location: str
    files: tuple[str, ...] | None
    file_format: FileFormat
    is_forced: bool = False


def parse_copy(statement: str) -> CopyStatement:
    """Raises SqlError for what Snowflake would refuse, and for every option that the stand-in does not do."""
    tokens = Tokens(statement)
    tokens.expect_words("COPY", "INTO")
    table = tokens.name()
    if tokens.peek().text == "(":
        raise unsupported("COPY INTO with a list of columns")
    tokens.expect_words("FROM")
    location = tokens.take()
    if not location.text.startswith("@"):
        raise unsupported("COPY FROM anything but an internal stage")
    return _with_options(tokens, table, location.text)


def _with_options(tokens: Tokens, table: tuple[str, ...], location: str) -> CopyStatement:
    files: tuple[str, ...] | None = None
    file_format: FileFormat | None = None
    is_forced = False
    while not tokens.at_end():
        name = tokens.take().text.upper()
        tokens.expect("=")
        if name == "FILE_FORMAT":
            file_format = parse_file_format(tokens)
            continue
        value = option_value(tokens)
        if name == "FILES":
            files = _files(value)
        elif name == "FORCE":
            is_forced = value is True
        elif (name, str(value).upper()) not in (("ON_ERROR", "ABORT_STATEMENT"), ("PURGE", "FALSE")):
            raise unsupported(f"COPY option {name}={value}")
    if file_format is None:
        raise unsupported("COPY without FILE_FORMAT")
    return CopyStatement(table, location, files, file_format, is_forced)


def _files(value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple) or not value:
        raise syntax_error("FILES wants a list of names.")
    if len(value) > FILES_MAXIMUM:
        raise SqlError(
            1003,
            "42000",
            f"SQL compilation error:\nmaximum number of files ({FILES_MAXIMUM}) exceeded: {len(value)}.",
        )
    return value
