"""COPY INTO table FROM @stage/path, read into a record.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from local.warehouse.errors import SqlError, syntax_error, unsupported
from local.warehouse.loading.copy_selection import Selection, not_simple
from local.warehouse.loading.file_format import FileFormat, Value, option_value, parse_file_format
from local.warehouse.loading.on_error import OnError, parse_on_error
from local.warehouse.tokens import Tokens

FILES_MAXIMUM = 1000
_FLAGS = {
    "PURGE": "is_purging",
    "FORCE": "is_forced",
    "RETURN_FAILED_ONLY": "returns_failed_only",
    "TRUNCATECOLUMNS": "is_truncating",
    "LOAD_UNCERTAIN_FILES": "loads_uncertain_files",
}


@dataclass(frozen=True)
class CopyStatement:
    """What is to be loaded; `files` are paths below the location, None for all that lie there.

    `columns` are the table's that are named, None for all; `selection` is the SELECT that makes their values.
    """

    table: tuple[str, ...]
    location: str
    columns: tuple[str, ...] | None = None
    selection: Selection | None = None
    files: tuple[str, ...] | None = None
    file_format: FileFormat = field(default_factory=FileFormat)
    on_error: OnError = field(default_factory=OnError)
    is_purging: bool = False
    is_forced: bool = False
    returns_failed_only: bool = False
    is_truncating: bool = False
    loads_uncertain_files: bool = False


def parse_copy(statement: str) -> CopyStatement:
    """Raises SqlError for what Snowflake would refuse, and for every option that the stand-in does not do."""
    tokens = Tokens(statement)
    tokens.expect_words("COPY", "INTO")
    table = tokens.name()
    columns = _columns(tokens)
    tokens.expect_words("FROM")
    if tokens.skip_mark("("):
        selection, location = _selection(tokens, statement)
    else:
        selection, location = None, _location(tokens)
    return _with_options(tokens, CopyStatement(table, location, columns, selection))


def _columns(tokens: Tokens) -> tuple[str, ...] | None:
    if not tokens.skip_mark("("):
        return None
    names = [*tokens.name()]
    while tokens.skip_mark(","):
        names += tokens.name()
    tokens.expect(")")
    return tuple(names)


def _location(tokens: Tokens) -> str:
    token = tokens.take()
    if not token.text.startswith("@"):
        raise unsupported("COPY FROM anything but an internal stage")
    return token.text


def _selection(tokens: Tokens, statement: str) -> tuple[Selection, str]:
    tokens.expect_words("SELECT")
    start = tokens.peek().start
    depth = 0
    while depth or not tokens.peek().is_word("FROM"):
        token = tokens.take()
        if token.kind == "end":
            raise tokens.unexpected()
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "mark" else 0
        if depth < 0:
            raise not_simple()
    expressions = statement[start : tokens.peek().start]
    tokens.expect_words("FROM")
    if not tokens.peek().text.startswith("@"):
        raise not_simple()
    location = _location(tokens)
    if tokens.peek().text == "(":
        raise unsupported("a file format in the FROM of a COPY's SELECT")
    tokens.skip("AS")
    alias = None
    if not tokens.skip_mark(")"):
        alias = tokens.name()[0]
        if not tokens.skip_mark(")"):
            raise not_simple()
    return Selection(expressions, alias), location


def _with_options(tokens: Tokens, copy: CopyStatement) -> CopyStatement:
    while not tokens.at_end():
        name = tokens.take().text.upper()
        tokens.expect("=")
        if name == "FILE_FORMAT":
            copy = replace(copy, file_format=parse_file_format(tokens))
            continue
        copy = _with_option(copy, name, option_value(tokens))
        tokens.skip_mark(",")
    return copy


def _with_option(copy: CopyStatement, name: str, value: Value) -> CopyStatement:
    if name == "FILES":
        return replace(copy, files=_files(value))
    if name == "ON_ERROR":
        return replace(copy, on_error=parse_on_error(value))
    if name not in _FLAGS and name != "ENFORCE_LENGTH":
        raise unsupported(f"COPY option {name}={value}")
    if not isinstance(value, bool):
        raise SqlError(
            1003, "42000", f"SQL compilation error:\ninvalid value [{value}] for parameter '{name}'"
        )
    if name == "ENFORCE_LENGTH":
        return replace(copy, is_truncating=copy.is_truncating or not value)
    if name == "TRUNCATECOLUMNS":
        value = value or copy.is_truncating
    flags: dict[str, Any] = {_FLAGS[name]: value}
    return replace(copy, **flags)


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
