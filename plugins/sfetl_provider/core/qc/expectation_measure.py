"""What is computed of an expectation: aggregates of the scan, and for some a query of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sfetl_provider.core.qc.expectation_text import both, filtered
from sfetl_provider.core.qc.shared_columns import SharedColumns

Facts: TypeAlias = Mapping[str, Any]
Query: TypeAlias = Callable[[Facts, str], str]
SHOWN_VALUES = 20
"""How many unexpected values are shown, as GX shows them."""
LONGEST_VALUE = 200
"""How many characters of a shown value are kept: facts travel between tasks."""


@dataclass(frozen=True)
class Measure:
    """The SQL of one expectation; what it gives are its facts, by name.

    Each of `queries` makes a statement out of the facts so far and of the SQL that reads the records; it gives one
    row of more facts. `shown` is an aggregate as well, the fact `values`; it is computed only when something is
    unexpected. `broken` makes the condition that a record is unexpected, out of all facts; empty: none can be told
    by itself.
    """

    aggregates: Mapping[str, str]
    queries: tuple[Query, ...] = ()
    broken: Callable[[Facts], str] = lambda _: ""
    shown: str = ""


def mapped(shared: SharedColumns, rows: str, judged: str, unexpected: str, shown: str) -> Measure:
    """Measure an expectation about each record: `rows` it is about, `judged` ones, unexpected ones among them.

    `judged` is empty where a missing value is a value as well. `shown` is the value that stands for a record.
    """
    wrong = shared.name(both(rows, judged, unexpected))
    aggregates = {
        "elements": filtered("count(*)", rows),
        "unexpected": count_of(wrong),
    }
    if judged:
        aggregates["judged"] = filtered("count(*)", both(rows, judged))
    values = filtered(f"min({shown}, {SHOWN_VALUES})", wrong)
    return Measure(aggregates, shown=values, broken=lambda _: wrong)


def count_of(condition: str) -> str:
    """Give the number of records that meet a condition, 0 when there are no records; quicker than a filter."""
    return f"coalesce(count_if({condition}), 0)"


def failed(condition: str) -> str:
    """Give the condition that another one is not true."""
    return f"({condition}) IS NOT TRUE"
