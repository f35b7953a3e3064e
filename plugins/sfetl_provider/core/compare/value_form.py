"""The spelling in which values are compared: a text file and a typed table write the same value differently.

Sources: docs.snowflake.com/en/sql-reference/functions/to_char, …/intro-summary-data-types, …/data-types-logical
(texts of booleans), …/data-types-datetime, and duckdb.org/docs/sql/functions/dateformat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.date_format import strptime_format

Moment = Literal["date", "time", "timestamp"]
_TYPE = re.compile(r"(?P<name>[A-Z_]+)(?:\((?P<size>\d+)(?:,\s*(?P<scale>\d+))?\))?")
_TEXTS = ("VARCHAR", "TEXT", "STRING", "CHAR", "CHARACTER")
_FLOATS = ("FLOAT", "DOUBLE", "REAL")
_TIMESTAMPS = ("TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ", "DATETIME", "TIMESTAMP")
_NANOSECONDS = re.compile(r"(?<!%)((?:%%)*)%n")
# A fraction of nine digits is read as nanoseconds, which end in the year 2262; the same text as micro- and
# milliseconds goes on to 9999, a usual mark for "no end".
_FRACTIONS = ("%n", "%f", "%g")
_MOMENT_PATTERNS: dict[Moment, str] = {
    "date": "%Y-%m-%d",
    "time": "%H:%M:%S.%n",
    "timestamp": "%Y-%m-%d %H:%M:%S.%n",
}
_MOMENT_MODELS: dict[Moment, str] = {
    "date": "YYYY-MM-DD",
    "time": "HH24:MI:SS.FF9",
    "timestamp": "YYYY-MM-DD HH24:MI:SS.FF9",
}
_WHOLE_CHARACTERS: dict[Moment, int] = {"date": 10, "time": 8, "timestamp": 19}


@dataclass(frozen=True)
class ValueForm:
    """How the values of one column are fetched and compared; each is SQL about `{0}`.

    `fetched` is Snowflake's, over the column; `in_table` and `in_file` are DuckDB's, over the text that was
    fetched or stands in the file. A text that is no value of the type stays as it is, and so differs.
    """

    fetched: str = "{0}"
    in_table: str = "{0}"
    in_file: str = "{0}"


TEXT = ValueForm()


class NotComparableError(ValueError):
    """A column whose values have no single spelling; the message says why."""


def form_of(column_type: str, formats: FormatConfig) -> ValueForm:
    """Give the form for a column's type as DESCRIBE TABLE shows it; raises NotComparableError."""
    match = _TYPE.match(column_type.upper())
    name = match["name"] if match else column_type
    if name in _TEXTS:
        return TEXT
    if name in ("NUMBER", "DECIMAL", "NUMERIC") and match:
        return _number(int(match["size"] or 38), int(match["scale"] or 0))
    if name in _FLOATS:
        # Fetched as a number: as text Snowflake gives fewer digits than a double has.
        double = "coalesce(CAST(try_cast({0} AS DOUBLE) + 0.0 AS VARCHAR), {0})"
        return ValueForm("{0}", double, double)
    if name == "BOOLEAN":
        return ValueForm("TO_VARCHAR({0})", "lower({0})", _BOOLEAN)
    if name in ("BINARY", "VARBINARY"):
        return ValueForm("HEX_ENCODE({0})", "upper({0})", "upper({0})")
    if name == "DATE":
        return _moment("date", formats.date_format, 0)
    if match and (name == "TIME" or name in _TIMESTAMPS):
        digits = int(match["size"] or 9)
        if name == "TIME":
            return _moment("time", formats.time_format, digits)
        return _moment("timestamp", formats.timestamp_format, digits)
    raise NotComparableError(f"values of type {name} have no single spelling")


_BOOLEAN = (
    "CASE WHEN lower({0}) IN ('true', 't', 'yes', 'y', 'on', '1') THEN 'true'"
    " WHEN lower({0}) IN ('false', 'f', 'no', 'n', 'off', '0') THEN 'false' ELSE {0} END"
)


def _number(precision: int, scale: int) -> ValueForm:
    number = f"coalesce(CAST(try_cast({{0}} AS DECIMAL({precision}, {scale})) AS VARCHAR), {{0}})"
    return ValueForm("TO_VARCHAR({0})", number, number)


def _moment(kind: Moment, text_format: str, digits: int) -> ValueForm:
    """Compare to the fraction of a second that the column keeps; what is beyond was cut when it was loaded."""
    try:
        strptime_format(text_format)
    except ValueError as error:
        raise NotComparableError(str(error)) from error
    fetched = f"TO_VARCHAR({{0}}, '{_MOMENT_MODELS[kind]}')"
    parsed = [f"strftime(try_strptime({{0}}, ${name}), '{_MOMENT_PATTERNS[kind]}')" for name in _names(kind)]
    whole = _WHOLE_CHARACTERS[kind]
    if kind == "date":
        return ValueForm(fetched, f"left({{0}}, {whole})", f"coalesce({', '.join(parsed)}, {{0}})")
    kept = whole + 1 + digits
    # Some warehouses write fewer digits than the model asks for, and an offset after them.
    fraction = f"rpad(regexp_extract({{0}}, '\\.([0-9]+)', 1), {digits}, '0')"
    in_table = f"left({{0}}, {whole}) || '.' || {fraction}"
    cut = [f"left({sql}, {kept})" for sql in parsed]
    return ValueForm(fetched, in_table, f"coalesce({', '.join(cut)}, {{0}})")


def _names(kind: Moment) -> list[str]:
    return [f"{kind}_{at}" for at in range(len(_FRACTIONS))]


def format_binds(formats: FormatConfig) -> dict[str, str]:
    """Give the formats that `in_file` binds, by name; those that cannot be read are left out."""
    texts: dict[Moment, str] = {
        "date": formats.date_format,
        "time": formats.time_format,
        "timestamp": formats.timestamp_format,
    }
    binds = {}
    for kind, text in texts.items():
        try:
            base = strptime_format(text)
        except ValueError:
            continue
        for name, fraction in zip(_names(kind), _FRACTIONS, strict=True):
            binds[name] = _NANOSECONDS.sub(rf"\g<1>{fraction}", base)
    return binds
