"""Snowflake's notation of dates and times, translated into DuckDB's.

Source: docs.snowflake.com/en/sql-reference/date-time-input-output and duckdb.org/docs/sql/functions/dateformat.
"""

from __future__ import annotations

import re

_DIRECTIVES = {
    "YYYY": "%Y",
    "YY": "%y",
    "MMMM": "%B",
    "MON": "%b",
    "MM": "%m",
    "DD": "%d",
    "DY": "%a",
    "HH24": "%H",
    "HH12": "%I",
    "AM": "%p",
    "PM": "%p",
    "MI": "%M",
    "SS": "%S",
    # Nanoseconds are the only directive of DuckDB that takes any number of digits up to nine.
    "FF": "%n",
}
_ELEMENTS = "|".join(sorted(_DIRECTIVES, key=len, reverse=True))
_TOKEN = re.compile(
    rf'"(?P<literal>[^"]*)"|(?P<element>{_ELEMENTS})(?P<digits>(?<=FF)[0-9])?|(?P<word>["\w]+)|(?P<mark>.)',
    re.IGNORECASE | re.DOTALL,
)


def strptime_format(snowflake_format: str) -> str:
    """Give DuckDB's strptime format for a format in Snowflake's notation: YYYY-MM-DD becomes %Y-%m-%d.

    Elements are read without case, text in double quotes is literal. Raises ValueError for an empty format,
    AUTO, a time zone (which would make the month of a record ambiguous) and any other unknown element; the
    message names it and those that are known.
    """
    if not snowflake_format.strip():
        raise ValueError(f"the format is empty: write it out with {_supported()}")
    return "".join(_translate(token, snowflake_format) for token in _TOKEN.finditer(snowflake_format))


def _translate(token: re.Match[str], snowflake_format: str) -> str:
    if element := token["element"]:
        return _DIRECTIVES[element.upper()]
    if word := token["word"]:
        raise ValueError(
            f"{word!r} in the format {snowflake_format!r} is not supported: use {_supported()}; "
            'write other letters and digits in double quotes, as in YYYY-MM-DD"T"HH24:MI:SS'
        )
    return (token["literal"] or token["mark"] or "").replace("%", "%%")


def _supported() -> str:
    return ", ".join("FF0 to FF9" if element == "FF" else element for element in _DIRECTIVES)
