"""The rider that holds the file's values against the types of the target's columns."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sfetl_provider.core.column_type import ColumnType, read_column_type
from sfetl_provider.core.config.column_model import ColumnConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.qc.report import BadLine, TargetCount, TargetFault
from sfetl_provider.core.qc.rider import Ask, Found
from sfetl_provider.core.qc.target_sql import CODE_STEP, FAULTS, Judgement, TextColumn, fault_of, judgement

QUOTED_FAULTS = 20
"""Of so many faults of a file records are quoted: a report of 60 bad columns must stay small."""


MIB_PER_COLUMN = 2
"""Memory limit that one column more needs when it is looked at closely; threads give way to it."""


class JudgedColumn(NamedTuple):
    """A column whose values are judged, and its place in the record (from 0)."""

    name: str
    position: int
    type: ColumnType
    sql: Judgement


class TargetScan:
    """The rider for the target's types; without any, or with `qc.target` off, it wants nothing."""

    field = "target"

    def __init__(self, config: FeedConfig) -> None:
        self._config = config
        self.columns = judged_columns(config)
        self.aggregates = [f"count_if({column.sql.is_suspect})" for column in self.columns]

    @property
    def binds(self) -> dict[str, Any]:
        """Null markers, and the formats of dates and times."""
        formats = _formats(self._config)
        coarse = {f"{name}_coarse": text.replace("%n", "%f") for name, text in formats.items()}
        return {"target_markers": list(self._config.format.null_markers), **formats, **coarse}

    def asked(self, values: Sequence[Any], records: str, ask: Ask) -> Sequence[Any]:
        """Add to the numbers of suspects what does not fit, by column and then by fault.

        Reads the file again where anything is suspect, for so many columns at a time as the feed's memory limit
        allows.
        """
        columns = [column for column, suspects in zip(self.columns, values, strict=True) if suspects]
        at_once = max(1, self._config.qc.memory_mib // MIB_PER_COLUMN)
        starts = range(0, len(columns), at_once)
        found = (_counts(columns[start : start + at_once], records, ask) for start in starts)
        return [*values, *(count for counts in found for count in counts)]

    def counts(self, values: Sequence[Any]) -> tuple[TargetCount, ...]:
        """Give what does not fit."""
        return tuple(values[len(self.columns) :])

    def broken(self, found: Found) -> dict[str, str]:
        """Give the condition that a value is one of the worst, for the first faults of the file."""
        codes = {column.name: column.sql.code for column in self.columns}
        counts = cast("tuple[TargetCount, ...]", found)[:QUOTED_FAULTS]
        return {_key(count): f"({codes[count.column]}) = {_worst_code(count)}" for count in counts}

    def with_samples(self, found: Found, samples: Mapping[str, tuple[BadLine, ...]]) -> Found:
        """Put the quoted records into the counts, each with its column and value."""
        indexes = {column.name: column.position for column in self.columns}
        return tuple(
            count.model_copy(
                update={
                    "samples": tuple(
                        self._quoted(bad, indexes[count.column]) for bad in samples.get(_key(count), ())
                    )
                }
            )
            for count in cast("tuple[TargetCount, ...]", found)
        )

    def _quoted(self, bad: BadLine, index: int) -> BadLine:
        """`reason` becomes the value, or as much of the record as is quoted when that ends before the value."""
        form = self._config.format
        if form.quote:
            fields = next(csv.reader([bad.sample], delimiter=form.delimiter, quotechar=form.quote), [])
        else:
            fields = bad.sample.split(form.delimiter)
        value = fields[index] if index < len(fields) else f"{bad.sample}…"
        return bad.model_copy(update={"reason": value, "column": index + 1})


def judged_columns(config: FeedConfig) -> tuple[JudgedColumn, ...]:
    """Give the columns whose values can be at fault and are not judged elsewhere already."""
    if config.qc.target == "off":
        return ()
    formats = _formats(config)
    judged = []
    for index, column in enumerate(config.columns):
        known = type_of(column, config)
        if known is not None and not (column.name == config.date.column and known.kind == config.date.type):
            text = f"c{index}"
            is_marker = f"list_contains($target_markers, {text})"
            sql = TextColumn(text, is_marker, "" in config.format.null_markers, _names(formats))
            made = judgement(known, sql)
            judged += [JudgedColumn(column.name, index, known, made)] if made else []
    return tuple(judged)


def type_of(column: ColumnConfig, config: FeedConfig) -> ColumnType | None:
    """Give the type that the file's values must fit; None when none is known, or the table holds other values."""
    if column.type is None or column.name in config.altered_columns:
        return None
    return read_column_type(column.type)


def unreadable_formats(config: FeedConfig) -> tuple[str, ...]:
    """Give the kinds of column, of date, time and timestamp, whose format this check cannot read."""
    return tuple(kind for kind in ("date", "time", "timestamp") if f"target_{kind}" not in _formats(config))


def _formats(config: FeedConfig) -> dict[str, str]:
    form = config.format
    texts = {"date": form.date_format, "time": form.time_format, "timestamp": form.timestamp_format}
    formats = {}
    for kind, text in texts.items():
        try:
            formats[f"target_{kind}"] = strptime_format(text)
        except ValueError:
            continue
    return formats


def _names(formats: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix("target_"): name for name in formats}


def _counts(columns: Sequence[JudgedColumn], records: str, ask: Ask) -> Iterator[TargetCount]:
    codes = ", ".join(column.sql.code for column in columns)
    suspect = " OR ".join(f"({column.sql.is_suspect})" for column in columns)
    grouped = (
        f"SELECT place, code, count(*) AS records FROM (SELECT unnest(range({len(columns)})) AS place,"
        f" unnest([{codes}]) AS code FROM {records} WHERE {suspect}) WHERE code IS NOT NULL GROUP BY ALL"
    )
    found = ask(f"SELECT list([place, code, records]) AS codes FROM ({grouped})")["codes"] or []
    for place, column in enumerate(columns):
        yield from _column_counts(column, [(code, count) for at, code, count in found if at == place])


def _column_counts(column: JudgedColumn, codes: Sequence[tuple[int, int]]) -> Iterator[TargetCount]:
    records: Counter[TargetFault] = Counter()
    worst: dict[TargetFault, int] = {}
    for code, count in codes:
        fault, badness = fault_of(code)
        records[fault] += count
        worst[fault] = max(worst.get(fault, 0), badness)
    for fault in FAULTS:
        if records[fault]:
            yield TargetCount(
                column=column.name,
                type=column.type.text,
                fault=fault,
                records=records[fault],
                worst=worst[fault],
            )


def _key(count: TargetCount) -> str:
    return f"{count.column}:{count.fault}"


def _worst_code(count: TargetCount) -> int:
    return CODE_STEP * (FAULTS.index(count.fault) + 1) + count.worst
