"""A virtual warehouse and the leases' table as resizing meets them: what is said changes what is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sfetl_provider.core.ports import Bind, QueryResult
from tests.core.scripted_warehouse import ScriptedWarehouse, require_parsable, rows_of

LEASE_COLUMNS = ("WAREHOUSE", "RUN_KEY", "DAG_ID", "RUN_ID", "FEED", "MONTH", "SIZE_WANTED", "TAKEN_AT")
_SHOWN = ("name", "state", "type", "size", "running", "queued", "is_current", "auto_resume", "comment")


class ScriptedCompute(ScriptedWarehouse):
    """Keeps one warehouse's size and comment, and the leases; others set those in `meddling` after each ALTER."""

    def __init__(self, size: str = "X-Small", comment: str = "for loads", state: str = "STARTED") -> None:
        super().__init__()
        self.size, self.comment, self.state, self.auto_resume = size, comment, state, "true"
        self.leases: list[tuple[object, ...]] = []
        self.meddling: list[str] = []
        self.is_gone = False

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        if statement == "SHOW WAREHOUSES":
            return self._noted(statement, binds, self._shown())
        if statement.startswith("ALTER WAREHOUSE"):
            self._alter(statement)
            return self._noted(statement, binds, rows_of())
        if '"WAREHOUSE_LEASES"' not in statement:
            return super().query(statement, binds)
        if statement.startswith("INSERT"):
            self.leases.append(tuple(binds))
        elif statement.startswith("DELETE"):
            self.leases = [lease for lease in self.leases if lease[1] != binds[0]]
        rows = self.leases if statement.startswith("SELECT") else []
        return self._noted(statement, binds, rows_of(*rows, columns=LEASE_COLUMNS))

    def _noted(self, statement: str, binds: Sequence[Bind], result: QueryResult) -> QueryResult:
        require_parsable(statement)
        self.statements.append(statement)
        self.binds.append(tuple(binds))
        return result

    def _alter(self, statement: str) -> None:
        if size := re.search(r"WAREHOUSE_SIZE = (\w+)", statement):
            self.size = size[1]
        if comment := re.search(r"COMMENT = '(.*)'", statement):
            self.comment = comment[1]
        if "RESUME" in statement:
            self.state = "STARTED"
        if self.meddling:
            self.size = self.meddling.pop(0)

    def _shown(self) -> QueryResult:
        row = ("LOADS", self.state, "STANDARD", self.size, 0, 0, "Y", self.auto_resume, self.comment)
        other = ("WIDE", "STARTED", "ADAPTIVE", None, 0, 0, "N", "true", None)
        return rows_of(other, *(() if self.is_gone else (row,)), columns=_SHOWN)
