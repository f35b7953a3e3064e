"""Statements that find too little memory with many threads run again with fewer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import duckdb

THREADS_STEP = 4
Answer = TypeVar("Answer")


class Connection(Protocol):
    """What is used of a DuckDB connection."""

    def execute(self, query: str, parameters: Any = None) -> object:
        """Run a statement."""


def within_memory(connection: Connection, run: Callable[[], Answer], threads: int) -> tuple[Answer, int]:
    """Run what may be run again; give its answer and the number of threads left.

    Each thread of DuckDB keeps memory for each column that it reads, so a file of hundreds of columns may need
    more than the limit on a machine of many cores. A quarter of the threads is left each time; with one, raises
    duckdb.OutOfMemoryException.
    """
    while True:
        try:
            return run(), threads
        except duckdb.OutOfMemoryException:
            if threads == 1:
                raise
        threads = max(1, threads // THREADS_STEP)
        connection.execute(f"SET threads = {threads}")
