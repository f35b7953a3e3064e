"""Formats of dates in Python's notation, which Great Expectations uses, for DuckDB, which reads more than Python.

DuckDB takes 12 for a year with four digits; Python does not. So a text must match what Python looks for as well.
Source: docs.python.org/3/library/datetime.html, section strftime() and strptime() behavior.
"""

from __future__ import annotations

import re

_DIRECTIVES = {
    "Y": r"([1-9]\d{3}|0[1-9]\d\d|00[1-9]\d|000[1-9])",
    "y": r"\d\d",
    "m": r"(1[0-2]|0?[1-9])",
    "d": r"(3[01]|[12]\d|0?[1-9]| [1-9])",
    "H": r"(2[0-3]|[01]\d|\d)",
    "I": r"(1[0-2]|0?[1-9])",
    "M": r"[0-5]?\d",
    "S": r"(6[01]|[0-5]?\d)",
    "f": r"\d{1,6}",
    "j": r"(36[0-6]|3[0-5]\d|[12]\d\d|0\d\d|\d\d|\d)",
    "p": "(am|pm)",
    "b": "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    "B": "(january|february|march|april|may|june|july|august|september|october|november|december)",
    "a": "(mon|tue|wed|thu|fri|sat|sun)",
    "A": "(monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    "%": "%",
}
# Nanoseconds are DuckDB's only directive for fractions of any length.
_OWN = {"f": "%n"}
_TOKEN = re.compile(r"%(?P<directive>.)|(?P<text>.)", re.DOTALL)


def shape_of(strftime_format: str) -> str:
    """Give the regular expression, for RE2, of the texts that Python reads by this format.

    Raises ValueError for a directive that is not offered: those of time zones, weeks and a locale's own.
    """
    parts = [_shape(token, strftime_format) for token in _TOKEN.finditer(strftime_format)]
    return f"(?is)^{''.join(parts)}$"


def _shape(token: re.Match[str], strftime_format: str) -> str:
    if (directive := token["directive"]) is None:
        return re.escape(token["text"])
    if directive not in _DIRECTIVES:
        offered = ", ".join(f"%{letter}" for letter in _DIRECTIVES)
        raise ValueError(f"%{directive} in {strftime_format!r} is not offered: use {offered}")
    return _DIRECTIVES[directive]


def duckdb_format(strftime_format: str) -> str:
    """Give the same format for DuckDB's strptime."""
    return _TOKEN.sub(lambda token: _OWN.get(token["directive"] or "", token[0]), strftime_format)
