"""The profile of every column, on the scan of a file and on a sample of its records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple, cast

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.qc.column_profile import (
    PROBABILITIES,
    TOP_VALUES,
    Bound,
    ColumnKind,
    ColumnProfile,
    TopValue,
    cut,
    fit_profile,
)
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.qc.rider import Found
from sfetl_provider.core.qc.shared_columns import SharedColumns, value_of

Query = Callable[[str], list[tuple[Any, ...]]]
TEXT_CHARACTERS = 60
# Counted exactly, a column of which every value is another takes as much memory as its values.
REPEATED_OFTEN = 32
_WIDTHS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}


class _Attempt(NamedTuple):
    """A way to read a column's texts, and the SQL that gives NULL for a text that cannot be read so."""

    kind: ColumnKind
    sql: str


@dataclass(frozen=True)
class _Column:
    """What is computed of one column, in this order: records, values, bounds, lengths, attempts, distinct."""

    name: str
    text: str
    lengths: str
    attempts: tuple[_Attempt, ...]
    is_full: bool
    has_few_values: bool = False

    @property
    def aggregates(self) -> list[str]:
        """The SQL."""
        lengths = self.lengths
        cut_at = TEXT_CHARACTERS + 1
        return [
            "count(*)",
            f"count({self.text})",
            *(f"left({bound}({self.text}), {cut_at})" for bound in ("min", "max")),
            *(f"{total}({lengths})" for total in ("min", "max", "sum")),
            *(f"{total}({attempt.sql})" for attempt in self.attempts for total in ("count", "min", "max")),
            *([self._distinct] if self.is_full else []),
        ]

    @property
    def _distinct(self) -> str:
        return f"{'count(DISTINCT ' if self.has_few_values else 'approx_count_distinct('}{self.text})"

    def profile(self, values: Sequence[Any]) -> ColumnProfile:
        """Give the column's profile from the values of `aggregates`."""
        records, count, least, greatest, shortest, longest, characters, *rest = values
        kind, bounds = self._kind(count, (least, greatest), rest)
        return ColumnProfile(
            name=self.name,
            kind=kind,
            values=count,
            nulls=records - count,
            least=bounds[0],
            greatest=bounds[1],
            shortest=shortest,
            longest=longest,
            characters=characters or 0,
            # An estimate may exceed what there is.
            distinct=min(rest[-1], count) if self.is_full else None,
            is_distinct_exact=self.has_few_values,
        )

    def _kind(
        self, count: int, texts: tuple[Any, Any], rest: list[Any]
    ) -> tuple[ColumnKind, tuple[Bound, Bound]]:
        if not count:
            return "empty", (None, None)
        for at, attempt in enumerate(self.attempts):
            read, least, greatest = rest[3 * at : 3 * at + 3]
            if read == count and all(
                not isinstance(end, float) or math.isfinite(end) for end in (least, greatest)
            ):
                return attempt.kind, (_bound(least), _bound(greatest))
        return "text", (cut(texts[0], TEXT_CHARACTERS), cut(texts[1], TEXT_CHARACTERS))


class ProfileScan:
    """The rider that profiles every column.

    Level basic: nulls, bounds, lengths and kinds; full: distinct values too, and, once `with_sample` has seen
    a sample of the records, top values and quantiles.
    """

    field = "profile"

    def __init__(self, config: FeedConfig, shared: SharedColumns) -> None:
        self._shared = shared
        self._formats = dict(_formats(config))
        self._hidden = frozenset(column.name for column in config.columns if column.mask)
        self._columns = [self._column(config, index) for index in range(len(config.columns))]
        self.binds: Mapping[str, Any] = {f"profile_{kind}": text for kind, text in self._formats.items()}

    @property
    def aggregates(self) -> list[str]:
        """The SQL of all columns."""
        return [sql for column in self._columns for sql in column.aggregates]

    @property
    def tried(self) -> list[str]:
        """SQL that counts values, different ones, and those that can be read in each way, for `look_ahead`."""
        return [
            f"count({sql})"
            for column in self._columns
            for sql in (
                column.text,
                f"DISTINCT {column.text}",
                *(attempt.sql for attempt in column.attempts),
            )
        ]

    def look_ahead(self, counts: Sequence[int]) -> None:
        """Choose by what `tried` gave of the first records how to read each column, and how to count its values.

        A way to read it that fails for one value is given up, as a column has a kind only when all values can be
        read so. Where values come again and again, different ones are counted exactly: that is quicker than the
        estimate, and where the first records mislead, it takes more time and scratch.
        """
        rest, columns = iter(counts), []
        for column in self._columns:
            values, distinct = next(rest), next(rest)
            kept = tuple(attempt for attempt in column.attempts if next(rest) == values)
            is_few = column.is_full and 0 < distinct * REPEATED_OFTEN <= values
            columns.append(replace(column, attempts=kept, has_few_values=is_few))
        self._columns = columns

    def counts(self, values: Sequence[Any]) -> tuple[ColumnProfile, ...]:
        """Give the profile of each column."""
        rest, found = list(values), []
        for column in self._columns:
            size = len(column.aggregates)
            found.append(column.profile(rest[:size]))
            rest = rest[size:]
        return fit_profile(self._shown(found))

    def broken(self, _found: Found) -> dict[str, str]:
        """A profile breaks nothing."""
        return {}

    def with_samples(self, found: Found, _samples: Mapping[str, tuple[BadLine, ...]]) -> Found:
        """A profile quotes nothing."""
        return found

    def with_sample(self, found: Found, reading: str, query: Query) -> tuple[ColumnProfile, ...]:
        """Add top values and quantiles, from a sample of the records that `reading` reads.

        Distinct values are counted where the sample is all there is. Leaves the records in the connection's table
        `sample`, texts cut at 60 characters.
        """
        columns = cast("tuple[ColumnProfile, ...]", found)
        texts = ", ".join(
            f"CASE WHEN {column.lengths} > {TEXT_CHARACTERS}"
            f" THEN left({column.text}, {TEXT_CHARACTERS}) || '…' ELSE {column.text} END AS c{at}"
            for at, column in enumerate(self._columns)
        )
        query(f"CREATE OR REPLACE TEMP TABLE sample AS SELECT {texts} FROM {reading}")
        totals = [f"count(c{at}), {_quantiles(at, column)}" for at, column in enumerate(columns)]
        values = query(f"SELECT {', '.join(totals)} FROM sample")[0]
        sampled = [
            column.model_copy(
                update={
                    "sampled": values[2 * at],
                    "top": _top(query(_top_statement(at)), values[2 * at]),
                    "quantiles": tuple(_rounded(value) for value in values[2 * at + 1] or ()),
                    **_distinct_of_all(at, column, values[2 * at], query),
                }
            )
            for at, column in enumerate(columns)
        ]
        return fit_profile(self._shown(sampled))

    def _shown(self, columns: Sequence[ColumnProfile]) -> list[ColumnProfile]:
        """Take the values of masked columns out: profiles are kept in Snowflake and shown in reports."""
        nothing = {"least": None, "greatest": None, "sampled": 0, "top": (), "quantiles": ()}
        return [
            column.model_copy(update=nothing) if column.name in self._hidden else column for column in columns
        ]

    def _column(self, config: FeedConfig, index: int) -> _Column:
        text = value_of(f"c{index}", config.format.null_markers, self._shared)
        name = config.column_names[index]
        attempts = tuple(self._attempts(text, config.date.type if name == config.date.column else None))
        lengths = self._shared.name(f"length({text})")
        return _Column(name, text, lengths, attempts, config.qc.profile == "full")

    def _attempts(self, text: str, known: ColumnKind | None) -> Iterator[_Attempt]:
        # A failing cast is slow, so what cannot succeed is not tried: numbers begin before ':' in ASCII.
        if known is None:
            yield self._attempt("number", f"CASE WHEN {text} < ':' THEN TRY_CAST({text} AS DOUBLE) END")
        for kind in cast("tuple[ColumnKind, ...]", tuple(self._formats)):
            target = "DATE" if kind == "date" else "TIMESTAMP"
            parsed = f"try_strptime({text}, $profile_{kind})::{target}"
            if known == kind:
                yield self._attempt(kind, parsed)
            elif known is None:
                width = _width(self._formats[kind])
                guard = f"{text} < ':' AND strlen({text}) = {width}"
                yield self._attempt(kind, f"CASE WHEN {guard} THEN {parsed} END" if width else parsed)

    def _attempt(self, kind: ColumnKind, sql: str) -> _Attempt:
        return _Attempt(kind, self._shared.name(sql))


def _formats(config: FeedConfig) -> Iterator[tuple[str, str]]:
    for kind, text in (("date", config.format.date_format), ("timestamp", config.format.timestamp_format)):
        try:
            yield kind, strptime_format(text)
        except ValueError:
            # A format that Snowflake alone understands: such values stay texts here.
            continue


def _width(text_format: str) -> int | None:
    """Give the number of bytes of every moment so written, None when it varies or does not begin with digits."""
    rest, width = text_format, 0
    while rest:
        directive = rest[:2] if rest[0] == "%" else rest[0]
        width += _WIDTHS.get(directive, len(directive.encode()))
        if rest[0] == "%" and directive not in _WIDTHS:
            return None
        rest = rest[len(directive) :]
    return width if text_format.startswith("%") else None


def _bound(value: Any) -> Bound:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value.isoformat() if isinstance(value, date) else str(value)


def _quantiles(at: int, column: ColumnProfile) -> str:
    if column.kind != "number":
        return "NULL"
    return f"quantile_cont(TRY_CAST(c{at} AS DOUBLE), {list(PROBABILITIES)})"


def _distinct_of_all(at: int, column: ColumnProfile, sampled: int, query: Query) -> dict[str, Any]:
    """Count distinct values where the sample holds all values whole; else nothing."""
    if sampled != column.values or (column.longest or 0) > TEXT_CHARACTERS:
        return {}
    return {"distinct": query(f"SELECT count(DISTINCT c{at}) FROM sample")[0][0], "is_distinct_exact": True}


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _top_statement(at: int) -> str:
    return (
        f"SELECT c{at}, count(*) FROM sample WHERE c{at} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        f" ORDER BY 2 DESC, 1 LIMIT {TOP_VALUES}"
    )


def _top(rows: Sequence[tuple[Any, ...]], sampled: int) -> tuple[TopValue, ...]:
    return tuple(TopValue(value=value, share=_rounded(count / sampled)) for value, count in rows)
