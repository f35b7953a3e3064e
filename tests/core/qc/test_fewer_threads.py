"""A statement without enough memory runs again with fewer threads."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from sfetl_provider.core.qc.fewer_threads import within_memory


class ScarceMemory:
    """A connection whose statements fit with up to so many threads."""

    def __init__(self, fits: int, threads: int) -> None:
        self.fits = fits
        self.threads = threads

    def execute(self, query: str, parameters: Any = None) -> None:
        self.threads = int(query.removeprefix("SET threads = "))

    def read(self) -> str:
        if self.threads > self.fits:
            raise duckdb.OutOfMemoryException("too much")
        return "answer"


@pytest.mark.parametrize(("fits", "threads", "left"), [(64, 32, 32), (9, 32, 8), (2, 32, 2), (1, 2, 1)])
def test_threads_are_given_up_until_it_fits(fits: int, threads: int, left: int) -> None:
    connection = ScarceMemory(fits, threads)

    assert within_memory(connection, connection.read, threads) == ("answer", left)
    assert connection.threads == left


def test_one_thread_without_memory_fails() -> None:
    connection = ScarceMemory(0, 32)

    with pytest.raises(duckdb.OutOfMemoryException):
        within_memory(connection, connection.read, 32)
