"""Text that is safe to show on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Write what a terminal would obey or not show as \xNN or \uNNNN: samples come from files of others."""
    return "".join(mark if mark.isprintable() else _escaped(mark) for mark in text)


def printable_lines(text: str) -> str:
    """Write a text of several lines, each as `printable` does."""
    return "\n".join(map(printable, text.splitlines()))


def _escaped(mark: str) -> str:
    return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}.get(mark) or mark.encode("unicode_escape").decode()
