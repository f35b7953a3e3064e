"""What is to be said of a warehouse before a load: pure.

Sources: docs.snowflake.com/en/user-guide/data-load-considerations-plan (how many files load in parallel depends on
the warehouse; a larger one than LARGE rarely helps; loading and querying want warehouses of their own),
…/user-guide/data-load-considerations-prepare (no more loads in parallel than files).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from sfetl_provider.core.compute.warehouse_state import WarehouseState
from sfetl_provider.core.warehouse_size import SIZES, SizeName, files_at_once

_MANY_ROUNDS = 4
_MEGABYTE = 1e6


@dataclass(frozen=True)
class LoadSize:
    """What COPY is to read: chunks of all files, their bytes on the stage, and chunks of its largest batch."""

    chunks: int
    stored_bytes: int
    largest_batch: int


def describe(state: WarehouseState, load: LoadSize) -> str:
    """Say in a line what the load meets."""
    at_once = files_at_once(state.size)
    return (
        f"Warehouse {state.name}: {state.size}, {state.state.lower()}, {state.running} statements running,"
        f" {state.queued} queued. {load.chunks} chunks, {load.stored_bytes / _MEGABYTE:,.1f} MB on the stage;"
        f" it reads about {at_once} at once."
    )


def advise(state: WarehouseState, load: LoadSize) -> tuple[str, ...]:
    """Give advice, none when size and load fit and nobody else is there."""
    return tuple(_advice(state, load))


def _advice(state: WarehouseState, load: LoadSize) -> Iterator[str]:
    if state.queued:
        yield f"{state.queued} statements wait in the queue of {state.name}: COPY waits behind them."
    elif state.running:
        yield (
            f"{state.running} statements run on {state.name}; beside them both are slower."
            " Snowflake advises a warehouse of its own for loads."
        )
    at_once, fitting = files_at_once(state.size), _fitting(load.largest_batch)
    if SIZES.index(fitting) < SIZES.index(state.size):
        yield (
            f"COPY has at most {load.largest_batch} chunks to read at once, {state.size} could read about"
            f" {at_once}: {fitting} would be as fast and cost less."
        )
    elif load.largest_batch >= _MANY_ROUNDS * at_once:
        rounds, next_size = ceil(load.largest_batch / at_once), SIZES[SIZES.index(state.size) + 1]
        yield (
            f"{load.largest_batch} chunks take {rounds} rounds on {state.size}; {next_size} takes half the time"
            " for about the same credits (warehouse.resize)."
        )


def _fitting(chunks: int) -> SizeName:
    """Give the smallest size that reads all chunks at once."""
    return next((size for size in SIZES if files_at_once(size) >= chunks), SIZES[-1])
