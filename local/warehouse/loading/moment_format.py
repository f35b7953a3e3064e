"""Snowflake's date and time formats, made into those of strptime.

https://docs.snowflake.com/en/sql-reference/date-time-input-output
"""

from __future__ import annotations

import re

from local.warehouse.errors import unsupported

_ELEMENTS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a",
    "HH24": "%H", "HH12": "%I", "AM": "%p", "PM": "%p", "MI": "%M", "SS": "%S",
    "FF0": "", "FF3": "%g", "FF6": "%f", "FF9": "%n", "FF": "%n",
    "TZHTZM": "%z", "TZH:TZM": "%z", "TZH": "%z",
}  # fmt: skip
_ELEMENT = re.compile(
    r'"[^"]*"|' + "|".join(sorted(_ELEMENTS, key=len, reverse=True)) + r"|[A-Za-z]+|.", re.I | re.S
)

_DATES = ("%Y-%m-%d", "%d-%b-%Y", "%m/%d/%Y")
_TIMES = ("%H:%M:%S.%n", "%H:%M:%S", "%H:%M")
_TIMESTAMPS = tuple(
    f"%Y-%m-%d{middle}{time}{zone}"
    for middle in (" ", "T")
    for time in _TIMES
    for zone in ("", "%z", " %z", "Z")
)
AUTOMATIC = {"date": _DATES, "time": _TIMES, "timestamp": (*_TIMESTAMPS, "%Y-%m-%d")}


def strptime_formats(kind: str, snowflake_format: str) -> tuple[str, ...]:
    """The strptime formats of which one must fit; `kind` is date, time or timestamp.

    AUTO is some of the formats that Snowflake detects (deviation). Raises SqlError for elements not known here.
    """
    if snowflake_format.upper() == "AUTO":
        return AUTOMATIC[kind]
    return ("".join(_converted(element) for element in _ELEMENT.findall(snowflake_format)),)


def _converted(element: str) -> str:
    if element.upper() in _ELEMENTS:
        return _ELEMENTS[element.upper()]
    if element.startswith('"'):
        return element[1:-1].replace("%", "%%")
    if element.isalpha() and element.upper() != "T":
        raise unsupported(f"'{element}' in a date or time format")
    return element.replace("%", "%%")


def without_zone(kind: str, snowflake_format: str) -> tuple[str, ...]:
    """The same formats for a text whose offset has been taken away."""
    formats = strptime_formats(kind, snowflake_format)
    return tuple(dict.fromkeys(re.sub(r"\s*(%z|Z)$", "", pattern) for pattern in formats))
