"""What COPY and a publication cost beside the warehouse's own time, by the number of chunks.

    python -m benchmarks.copy_into [--chunks 1,100,1000,3000] [--runs 3] [--record]

Run from the project's root with the environment of the tests, when nothing else loads the machine. Chunks of one
row each are staged in a local warehouse, a process of its own, and then loaded and published as tasks `copy` and
`publish` do it, less Airflow, with a login each; beside them the same by bare statements: COPY in the same
batches, DELETE and INSERT in a transaction, nothing checked or recorded. The warehouse's time is that in which a
request is under way or a running COPY is waited for; all other time is the side's own: this project's, and the
connector's on its behalf. A row is the run whose own time is the median. `--record` adds the rows to
benchmarks/RESULTS.md.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import zstandard
from snowflake.connector.vendored.requests import Session

from benchmarks.results import MACHINE_COLUMNS, append_rows, told_rows
from benchmarks.stage import served
from local.warehouse.serving.server import connection_parameters
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyOutcome, Waiting
from sfetl_provider.core.copy_into.statement import copy_statement, create_load_table
from sfetl_provider.core.copy_into.submission import advance
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.month_plan import MonthPlan, TableName
from sfetl_provider.core.plan.names import chunk_name, load_table, quoted_table, stage_folder
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.core.load_samples import PASSED, TABLE, sample_config, sample_plan, sample_staged_file
from tests.core.scripted_warehouse import MemoryCheckpoints

CONFIG = sample_config(publish={"max_shrink": "100%"})
TARGET = quoted_table(TABLE)
DEFINITION = f'CREATE TABLE {TARGET} ("FLIGHT_DATE" DATE, "CARRIER" VARCHAR(5), "DISTANCE" NUMBER(9,0))'
PAUSE_SECONDS = 0.1
CLOCK = SystemClock()
HEADING = f"""
## COPY and publication, beside the warehouse's own time

`python -m benchmarks.copy_into`: chunks of one row in the local warehouse; from login to logout.
The warehouse's time: requests under way, and a running COPY waited for. Own: all the rest. Bare: COPY, DELETE and
INSERT alone, with nothing checked or recorded. Requests (but those that ask whether COPY still runs) and
checkpoints are counted, as each costs a round trip; Airflow's store takes 10 to 20 ms a checkpoint, which is not
in here. The rows of 2026-11-30 were measured beside other work, at a load of 20: CPU seconds tell more.

| {MACHINE_COLUMNS} | chunks | side | own s | own CPU s | warehouse's s | requests | checkpoints |
|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass
class Watch:
    """Where the seconds of one side went."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    warehouse_seconds: float = 0.0
    requests: int = 0
    checkpoints: int = 0

    @property
    def own_seconds(self) -> float:
        """What was neither in a request nor waited for."""
        return self.seconds - self.warehouse_seconds

    def wait(self, session: SnowflakeSession, query_id: str) -> None:
        """Wait for a running statement; the requests that ask for it are not counted."""
        before, requests = self.warehouse_seconds, self.requests
        began, used = time.perf_counter(), time.process_time()
        while not session.query_status(query_id).state.is_terminal:
            time.sleep(PAUSE_SECONDS)
        self.warehouse_seconds, self.requests = before + time.perf_counter() - began, requests
        self.cpu_seconds -= time.process_time() - used

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the block, and all requests of the connector in it."""
        send = Session.send

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return send(*arguments, **options)
            finally:
                self.warehouse_seconds += time.perf_counter() - began
                self.requests += 1

        with patch.object(Session, "send", timed):
            began, used = time.perf_counter(), time.process_time()
            yield
            self.cpu_seconds += time.process_time() - used
            self.seconds += time.perf_counter() - began


class CountedCheckpoints(MemoryCheckpoints):
    """Counts what is written."""

    writes = 0

    def set(self, key: str, value: Any) -> None:
        self.writes += 1
        super().set(key, value)


@dataclass
class Bench:
    """One month of so many chunks in the warehouse at a port, staged for one run after the other."""

    port: int
    folder: Path
    chunks: int
    runs: int = 0
    watches: dict[str, list[Watch]] = field(default_factory=dict)

    def login(self) -> SnowflakeSession:
        """Open a session."""
        return SnowflakeSession(open_connection(connection_parameters("127.0.0.1", self.port, {})))

    def measure(self) -> None:
        """Load and publish the month once by each side."""
        for sides in (self._ours, self._bare):
            self.runs += 1
            with self.login() as session:
                plan, staged = self._staged(session)
            for side, watch in sides(plan, staged):
                self.watches.setdefault(side, []).append(watch)

    def _staged(self, session: SnowflakeSession) -> tuple[MonthPlan, StagedFile]:
        """Put the chunks on the stage of a new run."""
        generation = read_generation(session, TABLE.database, CONFIG.feed, "2013-01")
        plan = sample_plan(run_id=f"{self.chunks}_{self.runs}", generation=generation)
        staged = sample_staged_file((1,) * self.chunks)
        session.query(
            f"PUT 'file://{self.folder}/part-*' '{stage_folder(plan, staged.key).strip(chr(39))}'"
            " AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=ZSTD PARALLEL=8"
        )
        return plan, staged

    def _ours(self, plan: MonthPlan, staged: StagedFile) -> Iterator[tuple[str, Watch]]:
        watch, checkpoints = Watch(), CountedCheckpoints()
        with watch.running(), self.login() as session:
            outcome = _copied(CopyJob(plan, (staged,), CONFIG), session, checkpoints, watch)
        watch.checkpoints = checkpoints.writes
        yield "copy", watch
        watch = Watch()
        with watch.running(), self.login() as session:
            receipt = publish_month(PublishJob(plan, CONFIG, (staged,), outcome, PASSED), session, CLOCK)
        assert receipt.rows_inserted == self.chunks
        yield "publish", watch

    def _bare(self, plan: MonthPlan, staged: StagedFile) -> Iterator[tuple[str, Watch]]:
        table, folder = load_table(plan, 1), stage_folder(plan)
        watch = Watch()
        with watch.running(), self.login() as session:
            session.query(create_load_table(table, plan.table, CONFIG))
            for batch in make_batches((staged,), CONFIG):
                session.query(copy_statement(table, folder, batch, CONFIG, "ABORT_STATEMENT"))
        yield "bare COPY", watch
        watch = Watch()
        with watch.running(), self.login() as session:
            for statement in _bare_publication(table):
                session.query(statement)
        yield "bare DELETE and INSERT", watch


def _copied(
    job: CopyJob, session: SnowflakeSession, checkpoints: CountedCheckpoints, watch: Watch
) -> CopyOutcome:
    ports = CopyPorts(session, checkpoints, CLOCK)
    while isinstance(step := advance(job, ports), Waiting):
        watch.wait(session, step.query_id)
    return step.outcome


def _bare_publication(table: TableName) -> tuple[str, ...]:
    columns = '"FLIGHT_DATE", "CARRIER", "DISTANCE"'
    return (
        "BEGIN",
        f"DELETE FROM {TARGET} WHERE \"FLIGHT_DATE\" >= '2013-01-01' AND \"FLIGHT_DATE\" < '2013-02-01'",
        f"INSERT INTO {TARGET} ({columns}) SELECT {columns} FROM {quoted_table(table)} ORDER BY 1",
        "COMMIT",
        f"DROP TABLE {quoted_table(table)}",
    )


def write_chunks(folder: Path, chunks: int) -> None:
    """Write chunks of one row each."""
    for number in range(1, chunks + 1):
        row = f"2013-01-{number % 31 + 1:02}\tAA\t{number}\n"
        (folder / chunk_name(number, "zstd")).write_bytes(zstandard.compress(row.encode()))


def measured(port: int, root: Path, chunks: int, runs: int) -> Iterator[str]:
    """Measure one number of chunks; give its rows as cells."""
    folder = root / f"chunks_{chunks}"
    folder.mkdir()
    write_chunks(folder, chunks)
    bench = Bench(port, folder, chunks)
    for _ in range(runs):
        bench.measure()
    for side, watches in bench.watches.items():
        watch = sorted(watches, key=lambda each: each.own_seconds)[len(watches) // 2]
        counts = f"{watch.requests} | {watch.checkpoints}"
        seconds = f"{watch.own_seconds:.2f} | {watch.cpu_seconds:.2f} | {watch.warehouse_seconds:.2f}"
        yield f"{chunks:,} | {side} | {seconds} | {counts}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copy_into", description=__doc__)
    parser.add_argument("--chunks", default="1,100,1000,3000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as name, served(Path(name)) as warehouse:
        with SnowflakeSession(
            open_connection(connection_parameters("127.0.0.1", warehouse.port, {}))
        ) as session:
            for statement in ('CREATE SCHEMA IF NOT EXISTS "DEMO"."PUBLIC"', DEFINITION):
                session.query(statement)
            prepare(session, CONFIG)
        lines = told_rows(
            cells
            for chunks in map(int, options.chunks.split(","))
            for cells in measured(warehouse.port, Path(name), chunks, options.runs)
        )
    if options.record:
        append_rows(HEADING, lines)


if __name__ == "__main__":
    main()
