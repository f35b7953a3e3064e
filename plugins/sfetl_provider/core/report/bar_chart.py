"""A bar chart of rows per day or month, as the numbers that an SVG needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

WIDTH, HEIGHT = 900, 220
LEFT, TOP, BOTTOM = 80, 10, 30
GRID_LINES = 4
BAR_SHARE = 0.8


class HasRows(Protocol):
    """A day or a month with its rows."""

    @property
    def rows(self) -> int:
        """How many."""
        ...


Item = TypeVar("Item", bound=HasRows)


@dataclass(frozen=True)
class Bar(Generic[Item]):
    """One day or month and its rectangle; lengths in the chart's units, from the upper left corner."""

    item: Item
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class GridLine:
    """A horizontal line at a number of rows."""

    rows: int
    y: float


@dataclass(frozen=True)
class BarChart(Generic[Item]):
    """What the page draws: bars and grid lines in a chart of `width` × `height`."""

    bars: tuple[Bar[Item], ...]
    grid: tuple[GridLine, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def bar_chart(items: Sequence[Item]) -> BarChart[Item] | None:
    """Lay out a chart, None when nothing has rows."""
    most = max((item.rows for item in items), default=0)
    if not most:
        return None
    step = _round_up(most / GRID_LINES)
    top = -(-most // step) * step
    slot = (WIDTH - LEFT) / len(items)
    bars = tuple(
        Bar(
            item,
            round(LEFT + slot * at, 2),
            _y(item.rows, top),
            round(slot * BAR_SHARE, 2),
            _height(item.rows, top),
        )
        for at, item in enumerate(items)
    )
    grid = tuple(GridLine(rows, _y(rows, top)) for rows in range(0, top + 1, step))
    return BarChart(bars, grid)


def _round_up(rows: float) -> int:
    """Give the next number of the form 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= rows:
                return factor * power
        power *= 10


def _height(rows: int, top: int) -> float:
    return round(rows / top * (HEIGHT - TOP - BOTTOM), 2)


def _y(rows: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - _height(rows, top), 2)
