"""Which tables have been changed by commits, and when: what tells whether a DuckDB snapshot is out of date."""

from __future__ import annotations

import threading
from collections.abc import Iterable

TableName = tuple[str, str, str]


class TableChanges:
    """Numbered commits by table; thread-safe. A commit that is not noted yet counts as one still to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._last: dict[TableName, int] = {}

    def number(self) -> int:
        """The number of the newest commit."""
        with self._lock:
            return self._number

    def note(self, tables: Iterable[TableName]) -> None:
        """Say that a commit has changed these tables."""
        changed = list(tables)
        if changed:
            with self._lock:
                self._number += 1
                self._last.update(dict.fromkeys(changed, self._number))

    def is_changed_since(self, number: int, tables: Iterable[TableName]) -> bool:
        """Whether a later commit than that number has changed one of these tables."""
        with self._lock:
            return any(self._last.get(table, 0) > number for table in tables)
