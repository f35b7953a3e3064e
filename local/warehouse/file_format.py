"""FILE_FORMAT=(TYPE=CSV …): every option that is given must be one that the stand-in can keep.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table#type-csv
"""

from __future__ import annotations

from dataclasses import dataclass

from local.warehouse.errors import syntax_error, unsupported
from local.warehouse.tokens import Tokens

COMPRESSIONS = ("AUTO", "ZSTD", "GZIP", "NONE")
Value = str | bool | int | tuple[str, ...] | None


@dataclass(frozen=True)
class FileFormat:
    """The options of a CSV file format, Snowflake's defaults where the statement says nothing."""

    compression: str = "AUTO"
    field_delimiter: str = ","
    record_delimiter: str = "\n"
    skip_header: int = 0
    skip_blank_lines: bool = False
    enclosed_by: str | None = None
    escape: str | None = None
    escape_unenclosed_field: str | None = "\\"
    null_if: tuple[str, ...] = ("\\N",)
    empty_field_as_null: bool = True
    trim_space: bool = False
    encoding: str = "UTF8"
    replace_invalid_characters: bool = False
    error_on_column_count_mismatch: bool = True
    date_format: str = "AUTO"
    time_format: str = "AUTO"
    timestamp_format: str = "AUTO"
    binary_format: str = "HEX"


_FIELDS = {
    "COMPRESSION": "compression",
    "FIELD_DELIMITER": "field_delimiter",
    "RECORD_DELIMITER": "record_delimiter",
    "SKIP_HEADER": "skip_header",
    "SKIP_BLANK_LINES": "skip_blank_lines",
    "FIELD_OPTIONALLY_ENCLOSED_BY": "enclosed_by",
    "ESCAPE": "escape",
    "ESCAPE_UNENCLOSED_FIELD": "escape_unenclosed_field",
    "NULL_IF": "null_if",
    "EMPTY_FIELD_AS_NULL": "empty_field_as_null",
    "TRIM_SPACE": "trim_space",
    "ENCODING": "encoding",
    "REPLACE_INVALID_CHARACTERS": "replace_invalid_characters",
    "ERROR_ON_COLUMN_COUNT_MISMATCH": "error_on_column_count_mismatch",
    "DATE_FORMAT": "date_format",
    "TIME_FORMAT": "time_format",
    "TIMESTAMP_FORMAT": "timestamp_format",
    "BINARY_FORMAT": "binary_format",
}
_UPPER = {"compression", "encoding", "binary_format"}


def parse_file_format(tokens: Tokens) -> FileFormat:
    """The options in parentheses that come next; raises SqlError for one that is not supported."""
    options: dict[str, Value] = {}
    type_name = ""
    tokens.expect("(")
    while not tokens.skip_mark(")"):
        name = tokens.take().text.upper()
        tokens.expect("=")
        value = option_value(tokens)
        if name == "TYPE":
            type_name = str(value).upper()
        elif name not in _FIELDS:
            raise unsupported(f"file format option {name}")
        else:
            field = _FIELDS[name]
            options[field] = value.upper() if field in _UPPER and isinstance(value, str) else value
        tokens.skip_mark(",")
    if type_name != "CSV":
        raise unsupported(f"file format TYPE={type_name or '(none)'}")
    return _checked(options)


def option_value(tokens: Tokens) -> Value:
    """The value of an option: a string, number, boolean, NONE, or a list of strings."""
    if tokens.skip_mark("("):
        found = []
        while not tokens.skip_mark(")"):
            found.append(tokens.take().text)
            tokens.skip_mark(",")
            if tokens.at_end():
                raise tokens.unexpected()
        return tuple(found)
    token = tokens.take()
    if token.kind == "string":
        return token.text
    if token.kind == "number":
        return int(token.text)
    if token.kind != "word":
        raise syntax_error(f"syntax error: unexpected '{token.text or '<EOF>'}'.")
    return {"TRUE": True, "FALSE": False, "NONE": None}.get(token.text.upper(), token.text)


def _checked(options: dict[str, Value]) -> FileFormat:
    if options.get("compression", "AUTO") is None:
        options["compression"] = "NONE"
    if isinstance(options.get("null_if"), str):
        options["null_if"] = (str(options["null_if"]),)
    wrong = [name for name, value in options.items() if not _is_like_default(name, value)]
    if wrong:
        raise syntax_error(f"invalid value for file format option {wrong[0].upper()}.")
    made = FileFormat(**options)  # type: ignore[arg-type]
    for fault in _faults(made):
        raise unsupported(fault)
    return made


def _is_like_default(name: str, value: Value) -> bool:
    default = getattr(FileFormat, name)
    if name in ("enclosed_by", "escape", "escape_unenclosed_field"):
        return value is None or isinstance(value, str)
    return type(value) is type(default)


def _faults(made: FileFormat) -> list[str]:
    """What the format asks for and the stand-in does not do."""
    checks = {
        f"COMPRESSION={made.compression}": made.compression not in COMPRESSIONS,
        "RECORD_DELIMITER other than '\\n'": made.record_delimiter != "\n",
        "FIELD_DELIMITER of more or less than one ASCII character": len(made.field_delimiter.encode()) != 1,
        f"FIELD_OPTIONALLY_ENCLOSED_BY={made.enclosed_by}": made.enclosed_by not in (None, '"'),
        "ESCAPE other than NONE": made.escape is not None,
        "ESCAPE_UNENCLOSED_FIELD other than NONE (a backslash when it is not stated)": made.escape_unenclosed_field
        is not None,
        "TRIM_SPACE=TRUE with FIELD_OPTIONALLY_ENCLOSED_BY": made.trim_space and made.enclosed_by is not None,
        f"ENCODING={made.encoding}": made.encoding not in ("UTF8", "UTF-8"),
        "REPLACE_INVALID_CHARACTERS=TRUE": made.replace_invalid_characters,
        "ERROR_ON_COLUMN_COUNT_MISMATCH=FALSE": not made.error_on_column_count_mismatch,
        f"BINARY_FORMAT={made.binary_format}": made.binary_format != "HEX",
        "SKIP_BLANK_LINES=FALSE with FIELD_OPTIONALLY_ENCLOSED_BY": made.enclosed_by is not None
        and not made.skip_blank_lines,
    }
    return [feature for feature, is_asked in checks.items() if is_asked]
