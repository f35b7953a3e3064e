"""What belongs to the account and not to a database (warehouses, roles, grants) lies in one file of the folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

Part = dict[str, Any]


class AccountFile:
    """Parts of JSON by name, written in one piece after each change; without a path nothing is kept.

    `lock` guards all parts: whoever changes one holds it.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._parts: dict[str, Callable[[], Part]] = {}
        self._read: dict[str, Part] = {}
        self.lock = threading.RLock()
        if path is not None and path.exists():
            self._read = json.loads(path.read_text(encoding="utf-8"))

    def part(self, name: str, state: Callable[[], Part]) -> Part:
        """What was kept of a part, empty at first; `state` gives it again whenever it is saved."""
        self._parts[name] = state
        return self._read.get(name, {})

    def save(self) -> None:
        """Write all parts; a kill leaves the old file or the new one."""
        if self._path is None:
            return
        with self.lock:
            text = json.dumps({name: state() for name, state in self._parts.items()}, default=str)
            new = self._path.with_suffix(".new")
            new.write_text(text, encoding="utf-8")
            new.replace(self._path)
