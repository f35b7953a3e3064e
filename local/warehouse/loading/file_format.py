"""FILE_FORMAT=(TYPE=CSV …).

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table#type-csv
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from local.warehouse.errors import syntax_error, unsupported
from local.warehouse.tokens import Tokens

COMPRESSIONS = ("AUTO", "ZSTD", "GZIP", "BZ2", "BROTLI", "DEFLATE", "RAW_DEFLATE", "NONE")
BINARY_FORMATS = ("HEX", "BASE64", "UTF8", "UTF-8")
# Names that Snowflake and Python write differently.
_ENCODINGS = (
    (r"WINDOWS(\d+)", r"cp\1"),
    (r"IBM(\d+)", r"cp\1"),
    (r"ISO8859(\d+)", r"iso8859-\1"),
    (r"KOI8R", "koi8-r"),
    (r"UTF(16|32)([BL]E)", r"utf-\1-\2"),
)
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
    skip_byte_order_mark: bool = True

    @property
    def python_encoding(self) -> str:
        """The codec's name; raises LookupError for one that Python does not have."""
        name = self.encoding.replace("-", "").replace("_", "")
        for pattern, replacement in _ENCODINGS:
            name = re.sub(f"^{pattern}$", replacement, name)
        return codecs.lookup(name).name

    @property
    def is_read_by_duckdb(self) -> bool:
        """Whether DuckDB's reader understands the format exactly as Snowflake does."""
        escapes = self.escape or self.escape_unenclosed_field
        return (
            not escapes
            and len(self.field_delimiter.encode()) == 1
            and self.record_delimiter == "\n"
            and self.enclosed_by in (None, '"')
            and self.error_on_column_count_mismatch
            and not (self.enclosed_by and (self.trim_space or not self.skip_blank_lines))
        )


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
    "SKIP_BYTE_ORDER_MARK": "skip_byte_order_mark",
}
_UPPER = {"compression", "encoding", "binary_format"}


def parse_file_format(tokens: Tokens) -> FileFormat:
    """The options in parentheses that come next; raises SqlError for one that is not supported."""
    options: dict[str, Value] = {}
    type_name = "CSV"
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
        raise unsupported(f"file format TYPE={type_name}")
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
    for name in ("field_delimiter", "record_delimiter"):
        if name in options and options[name] is None:
            options[name] = ""
    wrong = [name for name, value in options.items() if not _is_like_default(name, value)]
    if wrong:
        raise syntax_error(f"invalid value for file format option {wrong[0].upper()}.")
    made = FileFormat(**options)  # type: ignore[arg-type]
    for fault in _faults(made):
        raise syntax_error(fault)
    if made.compression == "BROTLI":
        raise unsupported("COMPRESSION=BROTLI")
    return made


def _is_like_default(name: str, value: Value) -> bool:
    default = getattr(FileFormat, name)
    if name in ("enclosed_by", "escape", "escape_unenclosed_field"):
        return value is None or isinstance(value, str)
    return type(value) is type(default)


def _faults(made: FileFormat) -> list[str]:
    """What Snowflake does not take."""
    named = {
        "COMPRESSION": (made.compression, made.compression in COMPRESSIONS),
        "FIELD_OPTIONALLY_ENCLOSED_BY": (made.enclosed_by, made.enclosed_by in (None, "'", '"')),
        "ESCAPE": (made.escape, _is_one_byte(made.escape)),
        "ESCAPE_UNENCLOSED_FIELD": (made.escape_unenclosed_field, _is_one_byte(made.escape_unenclosed_field)),
        "ENCODING": (made.encoding, _has_codec(made)),
        "BINARY_FORMAT": (made.binary_format, made.binary_format in BINARY_FORMATS),
        "SKIP_HEADER": (made.skip_header, made.skip_header >= 0),
    }
    faults = [
        f"invalid value [{value}] for parameter '{name}'" for name, (value, good) in named.items() if not good
    ]
    if made.field_delimiter and made.field_delimiter in made.record_delimiter:
        faults.append("FIELD_DELIMITER must not be a part of RECORD_DELIMITER.")
    return faults


def _is_one_byte(mark: str | None) -> bool:
    return mark is None or len(mark.encode()) == 1


def _has_codec(made: FileFormat) -> bool:
    try:
        codec = codecs.lookup(made.python_encoding)
    except LookupError:
        return False
    return bool(codec._is_text_encoding)
