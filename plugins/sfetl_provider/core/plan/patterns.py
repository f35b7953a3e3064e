"""File patterns of a month, and which names match them."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sfetl_provider.core.plan.month import Month


def fill_pattern(pattern: str, month: Month) -> str:
    """Put the month into a pattern's placeholders; * and ? stay."""
    last = month.next_first_day - timedelta(days=1)
    return pattern.format(
        month=str(month),
        date_range=f"{month.first_day:%Y%m%d}-{last:%Y%m%d}",
        yyyymm=f"{month.year:04}{month.number:02}",
        mmyyyy=f"{month.number:02}{month.year:04}",
    )


def matches(name: str, pattern: str) -> bool:
    """Tell whether a relative name matches a filled pattern; * does not cross a folder."""
    name_parts, pattern_parts = name.split("/"), pattern.split("/")
    return len(name_parts) == len(pattern_parts) and all(
        fnmatch.fnmatchcase(part, wanted) for part, wanted in zip(name_parts, pattern_parts, strict=True)
    )


def nearest_names(patterns: Sequence[str], names: Iterable[str], limit: int = 5) -> list[str]:
    """Give the names that look most like the patterns, for an error message."""
    candidates = list(names)
    ranked = [
        name for wanted in patterns for name in difflib.get_close_matches(wanted, candidates, limit, 0.4)
    ]
    return list(dict.fromkeys(ranked))[:limit]
