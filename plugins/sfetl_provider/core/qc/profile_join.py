"""From the profiles of a month's files to that of the month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from sfetl_provider.core.qc.column_profile import (
    PROBABILITIES,
    TOP_VALUES,
    Bound,
    ColumnKind,
    ColumnProfile,
    TopValue,
    fit_profile,
)


def join_profiles(profiles: Sequence[Sequence[ColumnProfile]]) -> tuple[ColumnProfile, ...]:
    """Join the profiles of files, column by column; one file's stays as it is, no file's is empty.

    Exact: values, nulls, lengths, and bounds where the files agree about the kind. Bounds: distinct values, from
    the largest file's to the sum of all. Estimates: shares of top values are means of the files' weighted by their
    values, where a value that is not among a file's ten counts as absent, so they are shares at least; quantiles
    are read off the files' quantiles, weighted likewise.
    """
    if len(profiles) == 1:
        return tuple(profiles[0])
    return fit_profile([_joined(columns) for columns in zip(*profiles, strict=True)])


def _joined(columns: Sequence[ColumnProfile]) -> ColumnProfile:
    filled = [column for column in columns if column.values]
    kind = _kind(filled)
    values = sum(column.values for column in columns)
    distinct = [column.distinct for column in filled if column.distinct is not None]
    is_split = len(distinct) > 1
    return ColumnProfile(
        name=columns[0].name,
        kind=kind,
        values=values,
        nulls=sum(column.nulls for column in columns),
        least=_bound([column.least for column in filled], kind, min),
        greatest=_bound([column.greatest for column in filled], kind, max),
        shortest=min((column.shortest for column in filled if column.shortest is not None), default=None),
        longest=max((column.longest for column in filled if column.longest is not None), default=None),
        characters=sum(column.characters for column in columns),
        distinct=max(distinct, default=None),
        distinct_most=min(sum(distinct), values) if is_split else None,
        is_distinct_exact=bool(filled) and all(column.is_distinct_exact for column in filled),
        sampled=sum(column.sampled for column in columns),
        top=_top(filled),
        quantiles=_quantiles(filled) if kind == "number" else (),
    )


def _kind(filled: Sequence[ColumnProfile]) -> ColumnKind:
    kinds = {column.kind for column in filled}
    if not kinds:
        return "empty"
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _bound(bounds: Sequence[Bound], kind: ColumnKind, choose: Callable[[list[str]], str]) -> Bound:
    if kind == "mixed" or not bounds:
        return None
    return choose(cast("list[str]", list(bounds)))


def _top(filled: Sequence[ColumnProfile]) -> tuple[TopValue, ...]:
    total = sum(column.values for column in filled)
    shares: defaultdict[str, float] = defaultdict(float)
    for column in filled:
        for item in column.top:
            shares[item.value] += item.share * column.values / total
    ranked = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(TopValue(value=value, share=float(f"{share:.6g}")) for value, share in ranked[:TOP_VALUES])


def _quantiles(filled: Sequence[ColumnProfile]) -> tuple[float, ...]:
    """Read quantiles off the weighted mean of the files' distributions, drawn straight between what is known."""
    if not filled or not all(column.quantiles for column in filled):
        return ()
    places = [_known(column) for column in filled]
    at = np.unique(np.concatenate(places))
    levels = [0.0, *PROBABILITIES, 1.0]
    weights = np.array([column.values for column in filled]) / sum(column.values for column in filled)
    below = sum(
        weight * np.interp(at, place, levels, left=0.0, right=1.0)
        for weight, place in zip(weights, places, strict=True)
    )
    return tuple(float(f"{value:.6g}") for value in np.interp(PROBABILITIES, below, at))


def _known(column: ColumnProfile) -> list[float]:
    numbers = [cast(float, column.least), *column.quantiles, cast(float, column.greatest)]
    # Rounding may put a quantile of a sample a little outside the bounds.
    return [float(value) for value in np.maximum.accumulate(np.clip(numbers, numbers[0], numbers[-1]))]
