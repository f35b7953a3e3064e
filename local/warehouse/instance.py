"""One fakesnow instance for all sessions, in memory or in a folder that survives a restart."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import duckdb
from fakesnow import info_schema
from fakesnow.fakes import FakeSnowflakeConnection
from fakesnow.instance import GLOBAL_DATABASE_NAME, FakeSnow
from fakesnow.transforms import show

RESULTS_KEPT = 200
MEMORY_LIMIT = "1500MB"
_RESERVED = {GLOBAL_DATABASE_NAME}


class RecentResults(OrderedDict[str, Any]):
    """The newest results only: fakesnow would keep each result of each statement for ever."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > RESULTS_KEPT:
            self.popitem(last=False)


class WarehouseInstance(FakeSnow):
    """All databases of the warehouse.

    With a folder each database is a DuckDB file in it, those found there are attached again at the start, and
    fakesnow's own catalog (stages, column lengths, comments) is a file too. Without one all is in memory.
    DuckDB takes at most MEMORY_LIMIT of memory; what it needs beyond it writes to the folder `spill`.
    """

    def __init__(self, folder: Path | None, spill: Path) -> None:
        self.create_database_on_connect = False
        self.create_schema_on_connect = False
        self.db_path = folder
        self.nop_regexes = None
        self.results_cache = RecentResults()
        self._connecting = threading.Lock()
        self.duck_conn = duckdb.connect(
            ":memory:",
            config={
                "lambda_syntax": "ENABLE_SINGLE_ARROW",
                "memory_limit": MEMORY_LIMIT,
                "temp_directory": str(spill),
            },
        )
        self._attach_all()
        self.duck_conn.execute(info_schema.fs_global_creation_sql())
        self.duck_conn.execute(show.fs_global_creation_sql())
        self.duck_conn.execute("SET GLOBAL TimeZone = 'UTC'")
        policy = "SYNTACTIC_ERRORS_DO_NOT_INVALIDATE"
        self.duck_conn.execute(f"SET GLOBAL default_transaction_invalidation_policy = '{policy}'")

    def _attach_all(self) -> None:
        if self.db_path is None:
            self.duck_conn.execute(f"ATTACH ':memory:' AS {GLOBAL_DATABASE_NAME}")
            return
        folder = Path(self.db_path)
        folder.mkdir(parents=True, exist_ok=True)
        self._attach(folder / f"{GLOBAL_DATABASE_NAME}.db")
        for file in sorted(folder.glob("*.db")):
            if file.stem not in _RESERVED:
                self._attach(file)

    def _attach(self, file: Path) -> None:
        path = str(file).replace("'", "''")
        self.duck_conn.execute(f"ATTACH '{path}' AS \"{file.stem}\"")

    def open_connection(self, database: str | None, schema: str | None) -> FakeSnowflakeConnection:
        """A DuckDB connection of its own for one session; thread-safe."""
        with self._connecting:
            connection: FakeSnowflakeConnection = self.connect(database, schema)
        connection._paramstyle = "qmark"
        return connection

    def has_database(self, name: str) -> bool:
        """Whether a database of that name is attached."""
        with self.duck_conn.cursor() as connection:
            query = "SELECT count(*) FROM duckdb_databases() WHERE upper(database_name) = upper(?)"
            row = connection.execute(query, [name]).fetchone()
        return bool(row and row[0])

    def remove_file_of(self, name: str) -> None:
        """Delete the files of a database that was dropped, so that a restart does not bring it back."""
        if self.db_path is not None and not self.has_database(name):
            for suffix in (".db", ".db.wal"):
                (Path(self.db_path) / f"{name}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        """Write what DuckDB still holds in its logs and close all."""
        self.duck_conn.close()
