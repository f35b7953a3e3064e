"""What a comparison found, as text for a terminal and as tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.compare.comparison import Comparison, Difference, Kind, Place, Side
from sfetl_provider.core.printable import printable

_TITLES: dict[Kind, str] = {"changed": "Changed", "only_a": "Only in a", "only_b": "Only in b"}
_NULL = "NULL"


def render_comparison(comparison: Comparison) -> str:
    """Give the verdict, counts, changes per column and samples of what differs."""
    sections = (_head, _counts, _remarks, _columns, _samples)
    texts = ("\n".join(section(comparison)) for section in sections)
    return "\n\n".join(text for text in texts if text)


def comparison_csv(comparison: Comparison) -> str:
    """Give all counts, one a row; of the columns, the changed rows in which each differs."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("count", "column", "rows"))
    writer.writerows((name, "", count) for name, count in _counted(comparison))
    writer.writerows(("changed", column, count) for column, count in comparison.columns.items())
    return text.getvalue()


def verdict(comparison: Comparison) -> str:
    """Give the outcome in words."""
    if comparison.differences:
        return "DIFFERENT"
    return "equal" if comparison.is_complete else "equal in what could be compared, which is NOT ALL"


def _head(comparison: Comparison) -> Iterator[str]:
    key = ", ".join(comparison.key) or "the whole row"
    yield f"{comparison.feed}: {verdict(comparison)}; key: {key}"
    yield f"a  {printable(comparison.a.name)}"
    yield f"b  {printable(comparison.b.name)}"


def _counted(comparison: Comparison) -> Iterator[tuple[str, int]]:
    yield "same", comparison.same
    yield "changed", comparison.changed
    yield "only_a", comparison.only_a
    yield "only_b", comparison.only_b
    for letter, side in (("a", comparison.a), ("b", comparison.b)):
        for name in (
            "rows",
            "bad_records",
            "empty_records",
            "duplicate_keys",
            "duplicate_rows",
            "keyless_rows",
        ):
            yield f"{name}_{letter}", getattr(side, name)


def _counts(comparison: Comparison) -> Iterator[str]:
    rows = [
        ("rows", f"{comparison.a.rows:,}", f"{comparison.b.rows:,}"),
        ("same", f"{comparison.same:,}", f"{comparison.same:,}"),
        ("changed", f"{comparison.changed:,}", f"{comparison.changed:,}"),
        ("only here", f"{comparison.only_a:,}", f"{comparison.only_b:,}"),
    ]
    for text, count_a, count_b in _unusual(comparison.a, comparison.b):
        if count_a or count_b:
            rows.append((text, f"{count_a:,}", f"{count_b:,}"))
    yield from aligned([("", "a", "b"), *rows], right=frozenset({1, 2}))


def _unusual(a: Side, b: Side) -> Iterator[tuple[str, int, int]]:
    yield "keys that occur more than once", a.duplicate_keys, b.duplicate_keys
    yield "rows that have one", a.duplicate_rows, b.duplicate_rows
    yield "rows without a key", a.keyless_rows, b.keyless_rows
    yield "bad records", a.bad_records, b.bad_records
    yield "empty records", a.empty_records, b.empty_records


def _remarks(comparison: Comparison) -> Iterator[str]:
    for side in (comparison.a, comparison.b):
        yield from map(printable, side.remarks)
    for column, reason in comparison.not_compared.items():
        yield f"Column {printable(column)} was NOT compared: {printable(reason)}."
    if comparison.ignored:
        yield f"Columns ignored as asked: {', '.join(map(printable, comparison.ignored))}."


def _columns(comparison: Comparison) -> Iterator[str]:
    if comparison.columns:
        yield "Changed rows by column:"
        counts = sorted(comparison.columns.items(), key=lambda pair: -pair[1])
        rows = [(printable(column), f"{count:,}") for column, count in counts]
        yield from (f"  {line}" for line in aligned(rows, right=frozenset({1})))


def _samples(comparison: Comparison) -> Iterator[str]:
    totals = {"changed": comparison.changed, "only_a": comparison.only_a, "only_b": comparison.only_b}
    for kind, title in _TITLES.items():
        found = [sample for sample in comparison.samples if sample.kind == kind]
        if found:
            shown = "" if len(found) == totals[kind] else f", the first {len(found):,} of {totals[kind]:,}"
            yield f"{title}{shown}:"
            for sample in found:
                yield from _sample(sample)


def _sample(sample: Difference) -> Iterator[str]:
    places = [_place(letter, place) for letter, place in (("a", sample.a), ("b", sample.b)) if place]
    yield f"  {' | '.join(map(_value, sample.key))}  ({', '.join(places)})"
    for change in sample.changes:
        yield f"    {printable(change.column)}: {_value(change.a)} → {_value(change.b)}"


def _place(letter: str, place: Place) -> str:
    return f"{letter} line {place.line:,}" if place.line is not None else letter


def _value(value: str | None) -> str:
    return _NULL if value is None else printable(value) or '""'
