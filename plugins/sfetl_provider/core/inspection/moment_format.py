"""Formats of dates, times and timestamps, and which of them texts follow."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Literal

MomentKind = Literal["date", "timestamp", "time"]

_ELEMENTS = {
    "YYYY": r"(?P<year>(?:1[6-9]|2[0-9])\d\d)",
    "YY": r"(?P<short>\d\d)",
    "MON": r"(?P<name>[A-Za-z]{3})",
    "MM": r"(?P<month>0[1-9]|1[0-2])",
    "DD": r"(?P<day>0[1-9]|[12]\d|3[01])",
    "HH24": r"(?P<hour>[01]\d|2[0-3])",
    "HH12": r"(?P<hour12>0[1-9]|1[0-2])",
    "AM": r"(?P<half>[AaPp][Mm])",
    "MI": r"(?P<minute>[0-5]\d)",
    "SS": r"(?P<second>[0-5]\d)",
    "FF": r"\d{1,9}",
    "TZH:TZM": r"[+-]\d\d:?\d\d",
}
_TOKEN = re.compile(r'"([^"]*)"|(' + "|".join(sorted(_ELEMENTS, key=len, reverse=True)) + r")|(.)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# As PostgreSQL and Snowflake's default of TWO_DIGIT_CENTURY_START: 70 is 1970.
_CENTURY_START = 70

_DATES = (
    "YYYY-MM-DD",
    "YYYYMMDD",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "DD.MM.YYYY",
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "DD-MM-YYYY",
    "MM-DD-YYYY",
    "DD-MON-YYYY",
    "DD MON YYYY",
    "DD.MM.YY",
    "DD/MM/YY",
    "MM/DD/YY",
    "DD-MON-YY",
)
_TIMES = ("HH24:MI:SS", "HH24:MI:SS.FF", "HH24:MI", "HH12:MI:SS AM", "HH12:MI AM")
_ZONES = ("", '"Z"', "TZH:TZM", " TZH:TZM")


@dataclass(frozen=True)
class MomentFormat:
    """One format, in Snowflake's notation."""

    text: str
    kind: MomentKind

    @cached_property
    def _form(self) -> re.Pattern[str]:
        tokens = _TOKEN.finditer(self.text)
        return re.compile(
            "".join(_ELEMENTS.get(found[2]) or re.escape(found[1] or found[3]) for found in tokens)
        )

    def fits(self, text: str) -> bool:
        """Tell whether a text follows the format."""
        return self.read(text) is not None

    def read(self, text: str) -> datetime | None:
        """Give the moment that a text means, None when it does not follow the format; a time is of 1900-01-01."""
        found = self._form.fullmatch(text)
        if found is None:
            return None
        parts = found.groupdict()
        try:
            return datetime(_year(parts), _month(parts), int(parts.get("day") or 1), *_clock(parts))
        except ValueError:
            return None


def _year(parts: dict[str, str | None]) -> int:
    if short := parts.get("short"):
        return int(short) + (1900 if int(short) >= _CENTURY_START else 2000)
    return int(parts.get("year") or 1900)


def _month(parts: dict[str, str | None]) -> int:
    if name := parts.get("name"):
        # An unknown name gives 0, which datetime refuses.
        return _MONTHS.index(name.lower()) + 1 if name.lower() in _MONTHS else 0
    return int(parts.get("month") or 1)


def _clock(parts: dict[str, str | None]) -> tuple[int, int, int]:
    hour = int(parts.get("hour") or 0)
    if half := parts.get("half"):
        hour = int(parts.get("hour12") or 0) % 12 + (12 if half.lower() == "pm" else 0)
    return hour, int(parts.get("minute") or 0), int(parts.get("second") or 0)


@lru_cache(maxsize=1)
def known_formats() -> tuple[MomentFormat, ...]:
    """Give all formats that are recognized, the more usual first."""
    stamps = [
        f"{date}{gap}{time}{zone}"
        for date in _DATES[:9]
        for gap in (" ", '"T"')
        for time in _TIMES
        for zone in _ZONES
    ]
    return (
        *(MomentFormat(text, "date") for text in _DATES),
        *(MomentFormat(text, "timestamp") for text in (*stamps, "YYYYMMDDHH24MISS")),
        *(MomentFormat(text, "time") for text in _TIMES),
    )


def formats_of(texts: Iterable[str]) -> list[MomentFormat]:
    """Give the formats that each of the texts follows."""
    fitting: list[MomentFormat] | None = None
    for text in texts:
        if fitting is None:
            # Every format begins with a digit; the rest need not be tried.
            fitting = list(known_formats()) if text[:1].isdigit() else []
        fitting = [form for form in fitting if form.read(text)]
        if not fitting:
            break
    return fitting or []
