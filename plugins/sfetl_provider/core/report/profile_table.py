"""The profile of a month's columns as cells of text, for terminal and page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.printable import printable
from sfetl_provider.core.qc.column_profile import ESTIMATED, Bound, ColumnProfile, notes

PROFILE_HEADER = ("column", "kind", "nulls", "distinct", "min", "max", "length", "most frequent")
_SHOWN_CHARACTERS = 24
_SHOWN_VALUES = 3


@dataclass(frozen=True)
class TopCell:
    """One frequent value; `width` is its share as a percentage."""

    value: str
    share: str
    width: float


@dataclass(frozen=True)
class ColumnRow:
    """One column's cells; empty where there is nothing to say."""

    name: str
    kind: str
    nulls: str
    null_width: float
    distinct: str
    least: str
    greatest: str
    lengths: str
    quantiles: str
    top: tuple[TopCell, ...]


def column_rows(profile: Sequence[ColumnProfile]) -> list[ColumnRow]:
    """Give the cells of every column."""
    return [
        ColumnRow(
            name=column.name,
            kind=column.kind,
            nulls=share_text(column.null_share),
            null_width=round(100 * column.null_share, 2),
            distinct=_distinct(column),
            least=_short(_number(column.least)),
            greatest=_short(_number(column.greatest)),
            lengths=_lengths(column),
            quantiles="  ".join(map(_number, column.quantiles)),
            top=tuple(
                TopCell(item.value, share_text(item.share), round(100 * item.share, 2)) for item in column.top
            ),
        )
        for column in profile
    ]


def profile_lines(profile: Sequence[ColumnProfile]) -> Iterator[str]:
    """Give the profile as an aligned table, and say which numbers are estimates."""
    rows = [tuple(printable(cell) for cell in _cells(column)) for column in profile]
    yield from aligned([PROFILE_HEADER, *rows], right=frozenset({2, 3, 6}))
    yield from notes(profile)


def share_text(share: float) -> str:
    """Give a share in per cent: 0 and 100 % only when it is exactly that."""
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    return f"{min(max(100 * share, 0.01), 99.99):.2f} %"


def _cells(column: ColumnProfile) -> tuple[str, ...]:
    top = (f"{_short(item.value)} {share_text(item.share)}" for item in column.top[:_SHOWN_VALUES])
    return (
        column.name,
        column.kind,
        share_text(column.null_share),
        _distinct(column),
        _short(_number(column.least)),
        _short(_number(column.greatest)),
        _lengths(column),
        ", ".join(top),
    )


def _distinct(column: ColumnProfile) -> str:
    if column.distinct is None:
        return ""
    mark, most = "" if column.is_distinct_exact else ESTIMATED, column.distinct_most
    upto = "" if most in (None, column.distinct) else f"–{most:,}"
    return f"{mark}{column.distinct:,}{upto}"


def _lengths(column: ColumnProfile) -> str:
    if column.shortest is None:
        return ""
    return (
        str(column.shortest) if column.shortest == column.longest else f"{column.shortest}–{column.longest}"
    )


def _number(bound: Bound) -> str:
    # Without separators of thousands: a number may be a year or an identifier.
    if isinstance(bound, int | float):
        return str(bound) if isinstance(bound, int) else f"{bound:.10g}"
    return bound or ""


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
