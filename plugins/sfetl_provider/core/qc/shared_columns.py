"""What the checks of one scan ask of each record, computed once however many ask."""

from __future__ import annotations

import re

_NAME = re.compile(r"\bshared\d+\b")


class SharedColumns:
    """SQL over one record, each under a name; the same text has the same name.

    DuckDB itself shares nothing that stands within CASE, AND or OR, where most of what checks compute stands. A
    column is computed for every record when something that names it is, so SQL that can raise an error must not
    be shared.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._layers: list[list[str]] = []
        self._layer_of: dict[str, int] = {}

    def name(self, sql: str) -> str:
        """Give the name of the column that holds this; it may use c0, c1, … and names given before."""
        if sql not in self._names:
            name = f"shared{len(self._names)}"
            layer = max((self._layer_of[used] + 1 for used in _NAME.findall(sql)), default=0)
            if layer == len(self._layers):
                self._layers.append([])
            self._layers[layer].append(f"{sql} AS {name}")
            self._names[sql], self._layer_of[name] = name, layer
        return self._names[sql]

    def over(self, records: str) -> str:
        """Give records with all columns named so far beside c0, c1, …; what no one uses costs nothing."""
        for columns in self._layers:
            records = f"(SELECT *, {', '.join(columns)} FROM {records})"
        return records


def other_markers(null_markers: tuple[str, ...]) -> tuple[str, ...]:
    """Give the null markers that must be looked for: DuckDB has read an empty field as NULL already."""
    return tuple(marker for marker in null_markers if marker)


def value_of(column: str, null_markers: tuple[str, ...], shared: SharedColumns) -> str:
    """Give a column's text, NULL for a null marker; it may bind `markers`."""
    if not other_markers(null_markers):
        return column
    return shared.name(f"CASE WHEN NOT list_contains($markers, {column}) THEN {column} END")
