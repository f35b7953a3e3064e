"""Waiting for a COPY on the spot: which steps are seen, and when it is left to somebody else."""

from __future__ import annotations

from collections.abc import Callable

from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyStep, Finished, Waiting
from sfetl_provider.core.copy_into.short_wait import steps_within
from sfetl_provider.core.errors import WarehouseUnavailableError
from tests.core.copy_into.copy_bench import ONE_A_BATCH, Bench
from tests.core.load_samples import sample_plan, sample_staged_file


def waited(
    bench: Bench, seconds: float, meanwhile: Callable[[], None] = lambda: None
) -> tuple[list[CopyStep], int]:
    """The steps of a short wait, and how often it paused; each pause lasts as long as it should."""
    pauses: list[float] = []

    def pause(pause_seconds: float) -> None:
        pauses.append(pause_seconds)
        bench.clock.pass_time(pause_seconds)
        meanwhile()

    job = CopyJob(sample_plan(), (sample_staged_file(bench.chunk_records),), ONE_A_BATCH)
    ports = CopyPorts(bench.warehouse, bench.checkpoints, bench.clock)
    return list(steps_within(job, ports, seconds, pause)), len(pauses)


def test_batches_that_end_soon_are_waited_for() -> None:
    bench = Bench()

    def end_what_runs() -> None:
        number = len(bench.warehouse.submitted)
        bench.succeed(f"copy-{number}", number)

    steps, pauses = waited(bench, 5, end_what_runs)

    assert steps[:2] == [Waiting("copy-1", 1, 2), Waiting("copy-2", 2, 2)]
    assert isinstance(steps[2], Finished)
    assert pauses == 2


def test_one_that_takes_longer_is_left_when_the_time_is_over() -> None:
    assert waited(Bench(), 5) == ([Waiting("copy-1", 1, 2)], 20)
    assert waited(Bench(), 0) == ([Waiting("copy-1", 1, 2)], 0)


def test_a_warehouse_that_cannot_be_reached_meanwhile_ends_the_waiting_and_not_the_copy() -> None:
    bench = Bench()
    fault = WarehouseUnavailableError("reset")

    def lose() -> None:
        bench.succeed("copy-1", 1)
        bench.warehouse.results["copy-1"] = fault

    assert waited(bench, 5, lose) == ([Waiting("copy-1", 1, 2)], 1)
    assert bench.finish(["copy-1", "copy-2"]).attempt == 1
