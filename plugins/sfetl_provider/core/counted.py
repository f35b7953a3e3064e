"""A number of things, in words."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Give the number with the noun, in the plural unless it is one: `1 file`, `27,004 rows`."""
    return f"{count:,} {noun if count == 1 else f'{noun}s'}"
