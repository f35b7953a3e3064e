"""What one column holds: the record, its joint over files, and its size in a result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from sfetl_provider.core.packed_record import PACKED, PackedRecord

ColumnKind = Literal["number", "date", "timestamp", "text", "mixed", "empty"]
Bound = int | float | str | None

PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)
PROFILE_LIMIT_BYTES = 40_000
TOP_VALUES = 10
ESTIMATED = "≈"
"""What stands before a number of distinct values that is an estimate."""
# What is left out of a profile that is too large for a result, in turn: texts get shorter, top values fewer.
_STEPS = (
    (60, 10, True),
    (40, 5, True),
    (20, 3, True),
    (12, 1, True),
    (12, 0, True),
    (12, 0, False),
    (4, 0, False),
)


class TopValue(PackedRecord):
    """A value and its share of the column's values, from 0 to 1."""

    value: str
    share: float


class ColumnProfile(PackedRecord):
    """One column of a file or of a month.

    `kind` is number, date or timestamp when every value is one, mixed when the files differ, empty without values.
    `values` and `nulls` count records; `least` and `greatest` are the bounds by that kind: a number (double
    precision), a date or timestamp in ISO form, or a text cut at 60 characters; mixed has none. `shortest`,
    `longest` and `characters` (the sum) are lengths in characters. `distinct` is an estimate (HyperLogLog over all
    values) unless `is_distinct_exact`; for several files it is the largest of them, and `distinct_most`, their
    sum, is the most there can be, exactly so when theirs are exact.

    `top` (values that come more than once, the most frequent first; compared by 60 characters) and `quantiles`
    (numbers only, at PROBABILITIES) are those of `sampled` values; when `sampled` equals `values` they are exact.
    """

    always: ClassVar[frozenset[str]] = frozenset({"name", "kind", "values", "nulls"})

    name: str
    kind: ColumnKind
    values: int
    nulls: int
    least: Bound = None
    greatest: Bound = None
    shortest: int | None = None
    longest: int | None = None
    characters: int = 0
    distinct: int | None = None
    distinct_most: int | None = None
    is_distinct_exact: bool = False
    sampled: int = 0
    top: tuple[TopValue, ...] = ()
    quantiles: tuple[float, ...] = ()

    @property
    def null_share(self) -> float:
        """Share of the records without a value; 0 when there are no records."""
        records = self.values + self.nulls
        return self.nulls / records if records else 0.0

    @property
    def mean_length(self) -> float | None:
        """Mean length of the values in characters, None without any."""
        return self.characters / self.values if self.values else None


def fit_profile(
    profile: Sequence[ColumnProfile], limit_bytes: int = PROFILE_LIMIT_BYTES
) -> tuple[ColumnProfile, ...]:
    """Give the profile in at most `limit_bytes` as a task hands it on: of many columns, fewer and shorter texts.

    Counts, bounds of numbers, lengths and distinct values always stay, some 120 bytes a column, so that more than
    300 columns or names of a hundred characters can make it larger.
    """
    fitted = tuple(profile)
    for step in _STEPS:
        fitted = tuple(_shortened(column, *step) for column in profile)
        if packed_bytes(fitted) <= limit_bytes:
            break
    return fitted


def packed_bytes(profile: Sequence[ColumnProfile]) -> int:
    """Give the size of a profile as a task hands it on: lists, in JSON of plain ASCII."""
    return len(json.dumps([column.model_dump(mode="json", context=PACKED) for column in profile]))


def _shortened(column: ColumnProfile, characters: int, top_values: int, has_quantiles: bool) -> ColumnProfile:
    top = tuple(
        item.model_copy(update={"value": cut(item.value, characters)}) for item in column.top[:top_values]
    )
    return column.model_copy(
        update={
            "least": _cut_bound(column.least, characters, column.kind),
            "greatest": _cut_bound(column.greatest, characters, column.kind),
            "top": top,
            "quantiles": column.quantiles if has_quantiles else (),
            "sampled": column.sampled if top or has_quantiles else 0,
        }
    )


def _cut_bound(bound: Bound, characters: int, kind: ColumnKind) -> Bound:
    return cut(bound, characters) if isinstance(bound, str) and kind == "text" else bound


def cut(text: str, characters: int) -> str:
    """Give the beginning of a long text, with … in place of the rest."""
    return (
        text if len(text) <= characters + 1 and not text[characters:].strip("…") else f"{text[:characters]}…"
    )


def distinct_kind(column: ColumnProfile) -> str:
    """Say whether the number of distinct values is exact; empty when there is none."""
    if column.distinct is None:
        return ""
    return "exact" if column.is_distinct_exact else "estimate"


def notes(profile: Sequence[ColumnProfile]) -> Iterator[str]:
    """Say which numbers of a profile are estimates."""
    if any(column.distinct is not None and not column.is_distinct_exact for column in profile):
        yield f"Distinct values with {ESTIMATED} are estimates, usually within 10 %; the others are exact."
    if any(column.distinct_most is not None for column in profile):
        yield "Those of several files lie between the largest file's and the sum of all."
    sampled = [column.sampled for column in profile if 0 < column.sampled < column.values]
    if sampled:
        yield f"Top values and quantiles are estimates from a sample: at most {max(sampled):,} values per column."
