"""How a column's type judges a text: DuckDB SQL that gives NULL for what COPY takes unchanged, else a code.

The code is the fault's number times CODE_STEP plus how bad it is, so that counting codes tells all of a column:
what is wrong, how often and how badly. It follows what COPY does with the feed's format options, TRIM_SPACE and
TRUNCATECOLUMNS off, BINARY_FORMAT HEX. Sources: docs.snowflake.com/en/sql-reference/data-type-conversion and the
pages about the types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sfetl_provider.core.column_type import MOST_DIGITS, ColumnType, TypeKind
from sfetl_provider.core.qc.report import TargetFault
from sfetl_provider.core.qc.structure import RECORD_LIMIT_BYTES

CODE_STEP = 1_000_000_000
FAULTS: tuple[TargetFault, ...] = ("unreadable", "too_large", "digits_lost")
_UNREADABLE, _TOO_LARGE, _DIGITS_LOST = (CODE_STEP * (number + 1) for number in range(len(FAULTS)))
# For what DuckDB has cast already, or refused for its size: digits, a point, an exponent.
_NUMBER = r"'\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*'"
_BOOLEANS = "('true', 't', 'yes', 'y', 'on', '1', 'false', 'f', 'no', 'n', 'off', '0')"
_EXPONENT_DECIMALS = 9


class TextColumn(NamedTuple):
    """A column as SQL: its text, and whether that is a null marker.

    `formats` gives the bound name of the strptime format of date, time and timestamp, where there is one.
    """

    text: str
    is_marker: str
    is_empty_null: bool
    formats: Mapping[str, str]


class Judgement(NamedTuple):
    """What SQL says of a column's text.

    `is_suspect` is quick: false of nearly every text that is fine, true of some that are. `code` is exact.
    """

    is_suspect: str
    code: str


class _Parts(NamedTuple):
    """What is quick to see and fine, and the cases of a text that is neither seen so nor NULL."""

    fine: str
    cases: str


def judgement(column_type: ColumnType, column: TextColumn) -> Judgement | None:
    """Give a column's SQL; None when no value of a file can be at fault, or this check cannot tell."""
    judge = _JUDGES.get(column_type.kind)
    parts = judge(column_type, column) if judge else None
    if parts is None:
        return None
    text = column.text
    if column.is_empty_null or column_type.kind == "text":
        is_suspect, empty = f"{text} IS NOT NULL AND NOT ({parts.fine})", "NULL"
    else:
        is_suspect, empty = f"({parts.fine}) IS NOT TRUE", str(_UNREADABLE)
    code = f"CASE WHEN {text} IS NULL THEN {empty} WHEN {column.is_marker} THEN NULL {parts.cases} END"
    return Judgement(f"{is_suspect} AND ({column.is_marker}) IS NOT TRUE", code)


def fault_of(code: int) -> tuple[TargetFault, int]:
    """Give a code's fault and how bad it is."""
    number, worst = divmod(code, CODE_STEP)
    return FAULTS[number - 1], worst


def _text(kind: ColumnType, column: TextColumn) -> _Parts | None:
    if kind.size >= RECORD_LIMIT_BYTES:
        return None
    # Bytes are counted first, as that is faster and a character has at least one.
    length = f"length({column.text})"
    return _Parts(
        f"strlen({column.text}) <= {kind.size}",
        f"WHEN {length} > {kind.size} THEN {_TOO_LARGE} + {length}",
    )


def _number(kind: ColumnType, column: TextColumn) -> _Parts:
    text, whole = column.text, kind.size - kind.scale
    plain = f"\\d{{1,{whole}}}(\\.\\d{{0,{kind.scale}}})?" if whole else f"0?\\.\\d{{1,{kind.scale}}}"
    # DuckDB takes underscores between digits, Snowflake does not.
    fits = f"try_cast({text} AS DECIMAL({kind.size}, {kind.scale})) IS NOT NULL AND NOT contains({text}, '_')"
    decimals = f"strlen(rtrim(split_part({text}, '.', 2), '0 '))"
    largest = f"abs(trunc(try_cast({text} AS DECIMAL({MOST_DIGITS}, {kind.scale}))))"
    digits = f"coalesce(strlen({largest}::VARCHAR), {MOST_DIGITS + 1})"
    return _Parts(
        f"regexp_full_match({text}, '-?{plain}')",
        f"WHEN {fits} THEN CASE WHEN contains(lower({text}), 'e') THEN {_exponent(kind, text)}"
        f" WHEN contains({text}, '.') AND {decimals} > {kind.scale} THEN {_DIGITS_LOST} + {decimals} END"
        f" WHEN regexp_full_match({text}, {_NUMBER}) THEN {_TOO_LARGE} + {digits} ELSE {_UNREADABLE}",
    )


def _exponent(kind: ColumnType, text: str) -> str:
    """Of a number as 15e-3 no decimals can be counted in the text: compare what two scales make of it."""
    finer = min(MOST_DIGITS - 1, max(MOST_DIGITS - kind.size + kind.scale, kind.scale + _EXPONENT_DECIMALS))
    kept = (
        f"try_cast(try_cast({text} AS DECIMAL({kind.size}, {kind.scale}))::VARCHAR AS DECIMAL(38, {finer}))"
    )
    whole = f"try_cast({text} AS DECIMAL(38, {finer}))"
    decimals = f"strlen(rtrim(split_part({whole}::VARCHAR, '.', 2), '0'))"
    return f"CASE WHEN {kept} <> {whole} THEN {_DIGITS_LOST} + {decimals} END"


def _float(_: ColumnType, column: TextColumn) -> _Parts:
    readable = f"try_cast({column.text} AS DOUBLE) IS NOT NULL AND NOT contains({column.text}, '_')"
    return _Parts(readable, f"WHEN NOT ({readable}) THEN {_UNREADABLE}")


def _decfloat(_: ColumnType, column: TextColumn) -> _Parts:
    readable = f"regexp_full_match({column.text}, {_NUMBER})"
    return _Parts(readable, f"WHEN NOT {readable} THEN {_UNREADABLE}")


def _boolean(_: ColumnType, column: TextColumn) -> _Parts:
    readable = f"lower({column.text}) IN {_BOOLEANS}"
    return _Parts(readable, f"WHEN NOT ({readable}) THEN {_UNREADABLE}")


def _binary(kind: ColumnType, column: TextColumn) -> _Parts:
    is_hex = f"regexp_full_match({column.text}, '([0-9A-Fa-f]{{2}})*')"
    is_long = f"strlen({column.text}) > {2 * kind.size}"
    return _Parts(
        f"{is_hex} AND NOT {is_long}",
        f"WHEN NOT {is_hex} THEN {_UNREADABLE} WHEN {is_long} THEN {_TOO_LARGE} + strlen({column.text}) // 2",
    )


def _moment(kind: ColumnType, column: TextColumn) -> _Parts | None:
    name = column.formats.get(kind.kind)
    if name is None:
        return None
    readable = f"try_strptime({column.text}, ${name}) IS NOT NULL"
    # With nanoseconds DuckDB knows the years 1677 to 2262 only; 9999 is common for "for ever".
    shortened = f"regexp_replace({column.text}, '(\\.\\d{{6}})\\d+', '\\1')"
    coarse = f"try_strptime({shortened}, ${name}_coarse) IS NOT NULL"
    return _Parts(readable, f"WHEN NOT ({readable} OR {coarse}) THEN {_UNREADABLE}")


_JUDGES: Mapping[TypeKind, Callable[[ColumnType, TextColumn], _Parts | None]] = {
    "text": _text,
    "number": _number,
    "float": _float,
    "decfloat": _decfloat,
    "boolean": _boolean,
    "binary": _binary,
    "date": _moment,
    "time": _moment,
    "timestamp": _moment,
}
