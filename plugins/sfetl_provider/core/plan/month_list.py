"""Several months, as a person names them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.plan.month import Month

MOST_MONTHS = 240


def read_months(text: str, today: date) -> tuple[Month, ...]:
    """Read "2024-01, 2024-03..2024-05" as four months, in order and each once; every form that Month reads.

    Raises MonthError for what is no month, a range that runs backwards, nothing at all, or more than 240 months.
    """
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    months = sorted({month for piece in pieces for month in _range(piece, today)})
    if not months or len(months) > MOST_MONTHS:
        raise MonthError(
            f"{text!r} names {len(months)} months.",
            safe="Nothing was done.",
            next_step=f"Name 1 to {MOST_MONTHS}, as 2024-01, 2024-03..2024-05.",
        )
    return tuple(months)


def month_list_text(months: Iterator[str] | tuple[str, ...]) -> str:
    """Give months as the text that `read_months` reads."""
    return ", ".join(sorted(set(months)))


def _range(piece: str, today: date) -> Iterator[Month]:
    first, dots, last = piece.partition("..")
    start = Month.parse(first, today)
    end = Month.parse(last, today) if dots else start
    if end < start:
        raise MonthError(
            f"The range {piece!r} runs backwards.",
            safe="Nothing was done.",
            next_step="Name the earlier month first.",
        )
    month = start
    # A range of centuries is cut here and refused by its count.
    for _ in range(MOST_MONTHS + 1):
        if month > end:
            return
        yield month
        month = month.following()
