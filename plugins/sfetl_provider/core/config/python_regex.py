"""Regular expressions in Python's dialect, which Great Expectations uses, written for RE2, which DuckDB uses.

RE2 reads a file of any size in time that grows with its length only; in return it has no look-around and no
references back. Sources: docs.python.org/3/library/re.html and github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Python's classes hold the letters and digits of all scripts, RE2's those of ASCII.
_INSIDE = {"d": r"\p{Nd}", "D": r"\P{Nd}", "w": r"\p{L}\p{N}_", "s": r"\s\x0b\x1c-\x1f\x85\p{Z}"}
_ESCAPES = {
    **{letter: f"[{members}]" for letter, members in _INSIDE.items()},
    "D": r"\P{Nd}",
    "W": f"[^{_INSIDE['w']}]",
    "S": f"[^{_INSIDE['s']}]",
    "Z": r"\z",
}
_TOKEN = re.compile(
    r"""\\u(?P<short>[0-9a-fA-F]{4})|\\U(?P<long>[0-9a-fA-F]{8})|\\(?P<escape>.)|(?P<group>\(\?(?P<kind>P?.))
    |(?P<least>\{,(?=\d+\}))|(?P<possessive>(?<=[*+?}])\+)|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)
_GROUPS = {
    "=": "look-ahead",
    "!": "look-ahead",
    "<": "look-behind",
    "P=": "a reference back",
    ">": "an atomic group",
    "(": "a condition",
    "#": "a comment",
}
_FLAGS = frozenset("ims-")


def re2_text(pattern: str) -> str:
    """Give the same expression for RE2; raises ValueError for none, and for one that RE2 cannot have."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return "".join(_translated(pattern))


def _translated(pattern: str) -> Iterator[str]:
    is_in_class = False
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if token["open"] and not is_in_class:
            is_in_class = True
            yield text.removesuffix("]") + (r"\]" if text.endswith("]") else "")
        elif token["open"]:
            yield "".join(rf"\{mark}" for mark in text[:-1]) + _last_inside(text[-1])
            is_in_class = not text.endswith("]") or len(text) == 1
        elif token["close"]:
            is_in_class = False
            yield text
        elif is_in_class:
            yield _inside(token)
        else:
            yield _outside(token)


def _last_inside(mark: str) -> str:
    return mark if mark == "]" else rf"\{mark}"


def _inside(token: re.Match[str]) -> str:
    if token["short"] or token["long"]:
        return _code_point(token)
    if (letter := token["escape"]) is None:
        return token[0]
    if letter in "WS":
        raise ValueError(f"\\{letter} within [ ] is not offered here")
    return _INSIDE.get(letter, rf"\{letter}")


def _outside(token: re.Match[str]) -> str:
    if token["short"] or token["long"]:
        return _code_point(token)
    if (letter := token["escape"]) is not None:
        if letter in "123456789":
            raise ValueError("a reference back to a group is not offered here")
        return _ESCAPES.get(letter, rf"\{letter}")
    if token["group"] and token["kind"] in _GROUPS:
        raise ValueError(f"{_GROUPS[token['kind']]} is not offered here")
    if token["group"] and token["kind"] in "aLux":
        raise ValueError(f"the flag {token['kind']} is not offered here: i, m and s are")
    if token["possessive"]:
        raise ValueError("a possessive repetition is not offered here")
    return "{0," if token["least"] else token[0]


def _code_point(token: re.Match[str]) -> str:
    return rf"\x{{{token['short'] or token['long']}}}"
