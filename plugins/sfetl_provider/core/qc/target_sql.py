"""How a column's type judges a text: DuckDB SQL that gives NULL for what COPY takes unchanged, else a code.

The code is the fault's number times CODE_STEP plus how bad it is, so that one histogram tells all of a column: what
is wrong, how often and how badly. It follows what COPY does with the feed's format options, TRIM_SPACE and
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


class _Judgement(NamedTuple):
    """What is quick to see and fine, which nearly every text is, and the cases of a text that is not seen so."""

    fine: str
    cases: str


def fault_code(column_type: ColumnType, column: TextColumn) -> str | None:
    """Give the SQL of a column's code; None when no value of a file can be at fault, or this check cannot tell."""
    judge = _JUDGES.get(column_type.kind)
    judged = judge(column_type, column) if judge else None
    if judged is None:
        return None
    is_fine_empty = column.is_empty_null or column_type.kind == "text"
    empty = "NULL" if is_fine_empty else str(_UNREADABLE)
    return (
        f"CASE WHEN {judged.fine} THEN NULL WHEN {column.text} IS NULL THEN {empty}"
        f" WHEN {column.is_marker} THEN NULL {judged.cases} END"
    )


def fault_of(code: int) -> tuple[TargetFault, int]:
    """Give a code's fault and how bad it is."""
    number, worst = divmod(code, CODE_STEP)
    return FAULTS[number - 1], worst


def _text(kind: ColumnType, column: TextColumn) -> _Judgement | None:
    if kind.size >= RECORD_LIMIT_BYTES:
        return None
    # Bytes are counted first, as that is faster and a character has at least one.
    length = f"length({column.text})"
    return _Judgement(
        f"strlen({column.text}) <= {kind.size}",
        f"WHEN {length} > {kind.size} THEN {_TOO_LARGE} + {length}",
    )


def _number(kind: ColumnType, column: TextColumn) -> _Judgement:
    text, whole = column.text, kind.size - kind.scale
    # DuckDB takes underscores between digits, Snowflake does not.
    fits = f"try_cast({text} AS DECIMAL({kind.size}, {kind.scale})) IS NOT NULL AND NOT contains({text}, '_')"
    digits = (
        f"coalesce(strlen(abs(trunc(try_cast({text} AS DECIMAL({MOST_DIGITS}, {kind.scale}))))::VARCHAR),"
        f" {MOST_DIGITS + 1})"
    )
    decimals = f"strlen(rtrim(split_part({text}, '.', 2), '0 '))"
    plain = f"\\d{{1,{whole}}}(\\.\\d{{0,{kind.scale}}})?" if whole else f"0?\\.\\d{{1,{kind.scale}}}"
    return _Judgement(
        f"regexp_full_match({text}, '-?{plain}')",
        f"WHEN {fits} THEN CASE WHEN contains(lower({text}), 'e') THEN {_exponent(kind, text)}"
        f" WHEN contains({text}, '.') AND {decimals} > {kind.scale} THEN {_DIGITS_LOST} + {decimals} END"
        f" WHEN regexp_full_match({text}, {_NUMBER}) THEN {_TOO_LARGE} + {digits} ELSE {_UNREADABLE}",
    )


def _exponent(kind: ColumnType, text: str) -> str:
    """Of a number as 15e-3 no decimals can be counted in the text: compare what two scales make of it."""
    finer = min(MOST_DIGITS - 1, max(MOST_DIGITS - kind.size + kind.scale, kind.scale + _EXPONENT_DECIMALS))
    kept = f"try_cast(try_cast({text} AS DECIMAL({kind.size}, {kind.scale}))::VARCHAR AS DECIMAL(38, {finer}))"
    whole = f"try_cast({text} AS DECIMAL(38, {finer}))"
    decimals = f"strlen(rtrim(split_part({whole}::VARCHAR, '.', 2), '0'))"
    return f"CASE WHEN {kept} <> {whole} THEN {_DIGITS_LOST} + {decimals} END"


def _float(_: ColumnType, column: TextColumn) -> _Judgement:
    readable = f"try_cast({column.text} AS DOUBLE) IS NOT NULL AND NOT contains({column.text}, '_')"
    return _Judgement(readable, f"ELSE {_UNREADABLE}")


def _decfloat(_: ColumnType, column: TextColumn) -> _Judgement:
    return _Judgement(f"regexp_full_match({column.text}, {_NUMBER})", f"ELSE {_UNREADABLE}")


def _boolean(_: ColumnType, column: TextColumn) -> _Judgement:
    return _Judgement(f"lower({column.text}) IN {_BOOLEANS}", f"ELSE {_UNREADABLE}")


def _binary(kind: ColumnType, column: TextColumn) -> _Judgement:
    text = column.text
    is_hex = f"regexp_full_match({text}, '([0-9A-Fa-f]{{2}})*')"
    return _Judgement(
        f"{is_hex} AND strlen({text}) <= {2 * kind.size}",
        f"WHEN {is_hex} THEN {_TOO_LARGE} + strlen({text}) // 2 ELSE {_UNREADABLE}",
    )


def _moment(kind: ColumnType, column: TextColumn) -> _Judgement | None:
    name = column.formats.get(kind.kind)
    if name is None:
        return None
    text = column.text
    # With nanoseconds DuckDB knows the years 1677 to 2262 only; 9999 is common for "for ever".
    coarse = f"try_strptime(regexp_replace({text}, '(\\.\\d{{6}})\\d+', '\\1'), ${name}_coarse)"
    return _Judgement(
        f"try_strptime({text}, ${name}) IS NOT NULL", f"WHEN {coarse} IS NULL THEN {_UNREADABLE}"
    )


_JUDGES: Mapping[TypeKind, Callable[[ColumnType, TextColumn], _Judgement | None]] = {
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
