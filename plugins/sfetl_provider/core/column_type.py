"""Snowflake's types of columns, as text in a config or as DESCRIBE TABLE tells them.

Sources: docs.snowflake.com/en/sql-reference/intro-summary-data-types and the pages below it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

TypeKind = Literal[
    "text", "number", "float", "decfloat", "boolean", "date", "time", "timestamp", "binary", "other"
]

MOST_CHARACTERS = 134_217_728
"""The most characters of a VARCHAR, and bytes of its value; columns made without a length have an eighth of it."""
MOST_DIGITS = 38
_DEFAULT_CHARACTERS = 16_777_216
_DEFAULT_BYTES = 8_388_608
_MOST_BYTES = 67_108_864

_NAMES: dict[TypeKind, str] = {
    "text": "VARCHAR CHAR CHARACTER NCHAR STRING TEXT NVARCHAR NVARCHAR2 CHAR_VARYING NCHAR_VARYING",
    "number": "NUMBER DECIMAL DEC NUMERIC INT INTEGER BIGINT SMALLINT TINYINT BYTEINT",
    "float": "FLOAT FLOAT4 FLOAT8 DOUBLE DOUBLE_PRECISION REAL",
    "decfloat": "DECFLOAT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP TIMESTAMP_NTZ TIMESTAMP_LTZ TIMESTAMP_TZ TIMESTAMPNTZ TIMESTAMPLTZ TIMESTAMPTZ "
    "DATETIME",
    "binary": "BINARY VARBINARY",
    "other": "VARIANT OBJECT ARRAY MAP GEOGRAPHY GEOMETRY VECTOR FILE UUID",
}
_KINDS: dict[str, TypeKind] = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_ONE_CHARACTER = ("CHAR", "CHARACTER", "NCHAR")
_WHOLE = ("INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT")
_TYPE = re.compile(
    r"(?P<name>[A-Z][A-Z0-9_]*(?: (?:VARYING|PRECISION))?)"
    r"(?: ?\( ?(?P<first>\d+) ?(?:, ?(?P<second>\d+) ?)?\))?(?: COLLATE '[^']*')?"
)


@dataclass(frozen=True)
class ColumnType:
    """A type: `size` is the length of text in characters, of binary in bytes, the precision of a number.

    `scale` counts a number's digits after the decimal point. Of dates, times and the like both are 0.
    """

    kind: TypeKind
    text: str
    size: int = 0
    scale: int = 0


def read_column_type(text: str) -> ColumnType:
    """Read a type, as VARCHAR(20), NUMBER(12, 2) or TIMESTAMP_NTZ(9); raises ValueError for anything else.

    `text` of the result is the type in Snowflake's short form, synonyms replaced: NUMERIC is NUMBER(38,0).
    """
    found = _TYPE.fullmatch(" ".join(text.upper().split()))
    name = found["name"].replace(" ", "_") if found else ""
    if not found or name not in _KINDS:
        raise ValueError(
            f"{text!r} is no type of Snowflake's: write it as VARCHAR(20), NUMBER(12,2), DATE or TIMESTAMP_NTZ"
        )
    first = int(found["first"]) if found["first"] else None
    second = int(found["second"]) if found["second"] else None
    return _checked(text, name, first, second)


def number_type(precision: int, scale: int) -> str:
    """Write the type of a number."""
    return f"NUMBER({precision},{scale})"


def _checked(text: str, name: str, first: int | None, second: int | None) -> ColumnType:
    kind = _KINDS[name]
    if second is not None and (kind != "number" or name in _WHOLE):
        raise ValueError(f"{text!r} is no type of Snowflake's: {name} does not take two numbers")
    if kind == "number":
        return _number(text, name, first, second or 0)
    if kind == "text":
        default = 1 if name in _ONE_CHARACTER else _DEFAULT_CHARACTERS
        size = _within(text, default if first is None else first, MOST_CHARACTERS)
        return ColumnType(kind, f"VARCHAR({size})", size)
    if kind == "binary":
        size = _within(text, _DEFAULT_BYTES if first is None else first, _MOST_BYTES)
        return ColumnType(kind, f"BINARY({size})", size)
    if kind in ("time", "timestamp"):
        return ColumnType(kind, name if first is None else f"{name}({_within(text, first, 9, least=0)})")
    if first is not None:
        raise ValueError(f"{text!r} is no type of Snowflake's: {name} takes no number")
    return ColumnType(kind, "FLOAT" if kind == "float" else name)


def _number(text: str, name: str, first: int | None, scale: int) -> ColumnType:
    if name in _WHOLE and first is not None:
        raise ValueError(
            f"{text!r} is no type of Snowflake's: {name} always has 38 digits; write NUMBER(p,0)"
        )
    size = _within(text, MOST_DIGITS if first is None else first, MOST_DIGITS)
    if scale > min(size, 37):
        raise ValueError(f"{text!r} is no type of Snowflake's: its scale is larger than its precision or 37")
    return ColumnType("number", number_type(size, scale), size, scale)


def _within(text: str, number: int, most: int, least: int = 1) -> int:
    if not least <= number <= most:
        raise ValueError(f"{text!r} is no type of Snowflake's: the number is from {least:,} to {most:,}")
    return number
