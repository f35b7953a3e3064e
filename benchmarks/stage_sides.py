"""The sides of benchmarks/stage.py, each a process of its own: `python -m benchmarks.stage_sides SIDE FILE DIR`.

Each makes or sends all of the file and prints what it took as JSON. Seconds are those of the work itself: from the
first byte read to the last one written or verified, logins of the uploads included, imports not.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.discarding_stage import DiscardingStage
from benchmarks.generate import Shape, columns_of
from local.warehouse.serving.how_to_connect import connection_parameters
from sfetl_provider.adapters.chunk_folder import ChunkFolder
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.events import Event, Progress, ignore_events
from sfetl_provider.core.ports import StageListing, Uploader
from sfetl_provider.core.progress import Estimator, estimate_text, progress_record
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints
from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.stage_kind import open_stage
from tests.core.fakes import InMemoryCheckpoints, feed, plan, source_file

MASK_KEY = b"a key of thirty-two characters.."
HASHED = "customer_id"


@dataclass(frozen=True)
class Job:
    """What to stage, where to, and how; `connection` is what the connector is called with."""

    file: Path
    folder: Path
    connection: dict[str, Any]
    chunk_mib: int
    level: str
    columns: int


@dataclass(frozen=True)
class Outcome:
    """What one side did; levels and progress are told by our own staging only."""

    seconds: float
    packed_bytes: int
    levels: dict[int, int] = field(default_factory=dict)
    progress_seconds: float = 0.0


class TimedListener:
    """Does for each event what a task does, less Airflow's own store, and counts the time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._store = InMemoryCheckpoints()
        self._estimators: dict[str, Estimator] = {}

    def __call__(self, event: Event) -> None:
        """Estimate and render."""
        if isinstance(event, Progress):
            began = time.perf_counter()
            estimate = self._estimators.setdefault(event.step, Estimator()).add(event, began)
            estimate_text(estimate)
            self._store.set("progress", progress_record([estimate], datetime.now(UTC)))
            self.seconds += time.perf_counter() - began


def _staged(job: Job, stage: StageListing, uploader: Uploader, hashed: str = "") -> Outcome:
    """Stage the file, with a column hashed if one is named."""
    level = job.level if job.level == "auto" else int(job.level)
    mask = {"method": "hash", "pattern": "[0-9]+"}
    columns = [
        {"name": column.name, "mask": mask if column.name == hashed else None}
        for column in columns_of(Shape(job.columns))
    ]
    settings = {"chunk_mib": job.chunk_mib, "zstd_level": level}
    config = feed(columns=columns, mask_conn_id="key" if hashed else None, stage=settings)
    listener, checkpoints = TimedListener(), InMemoryCheckpoints()
    ports = StagePorts(stage, uploader, checkpoints, SystemClock(), job.folder / "scratch", MASK_KEY)
    run = plan(run_key=f"{time.time_ns():x}"[-12:])
    result = stage_file(source_file(job.file), run, config, ports, listener)
    levels = Counter(chunk.zstd_level for chunk in StagingCheckpoints(checkpoints).chunks())
    return Outcome(result.seconds, result.compressed_bytes, dict(levels), listener.seconds)


def staging(job: Job) -> Outcome:
    """This project's staging as its task runs it."""
    with ProcessUploader(lambda: job.connection, Patience(120, 100_000)) as processes:
        stage = open_stage(processes, plan(), ignore_events)
        return _staged(job, stage, RetryingUploader(processes, RetrySchedule(5, 2), _complain))


def put(job: Job) -> Outcome:
    """The connector's PUT of the file, which it compresses by itself."""
    # Imported late: all other sides leave the connector to their upload processes.
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection

    with SnowflakeSession(open_connection(job.connection)) as session:
        began = time.perf_counter()
        (row,) = session.query(
            f'PUT \'file://{job.file}\' \'@"DEMO"."SFETL"."CHUNKS"/put/\' AUTO_COMPRESS=TRUE OVERWRITE=TRUE'
        ).records()
    return Outcome(time.perf_counter() - began, int(str(row["target_size"])))


def folder(job: Job) -> Outcome:
    """Compression alone: chunks into a folder, as `sfetl stage --to` makes them."""
    chunks = ChunkFolder(job.folder / "set")
    return _staged(job, chunks, chunks)


def beside_qc(job: Job) -> Outcome:
    """QC of structure and dates, and staging, of one file at the same time; imports included."""
    began = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "benchmarks.qc_sides",
        "QC: structure, dates",
        str(job.file),
        str(job.columns),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as qc:
        outcome = staging(job)
    if qc.returncode:
        raise SystemExit(f"QC failed with {qc.returncode}")
    return Outcome(time.perf_counter() - began, outcome.packed_bytes)


def discarded(job: Job) -> Outcome:
    """Staging to a stage that keeps nothing: what is left is this machine's part."""
    stage = DiscardingStage()
    return _staged(job, stage, stage)


def hashed(job: Job) -> Outcome:
    """The same with one column hashed."""
    stage = DiscardingStage()
    return _staged(job, stage, stage, HASHED)


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)


STAGING = "staging"
DISCARDED = "staging, discarded"
SIDES: dict[str, Callable[[Job], Outcome]] = {
    STAGING: staging,
    "PUT AUTO_COMPRESS=TRUE": put,
    "compress only, to a folder": folder,
    "staging beside QC": beside_qc,
    DISCARDED: discarded,
    "staging, a column hashed, discarded": hashed,
}


def main() -> None:
    """Run one side."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stage_sides", description=__doc__)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="of the local warehouse")
    parser.add_argument("--proxy-port", default="")
    parser.add_argument("--chunk-mib", type=int, default=100)
    parser.add_argument("--level", default="auto")
    parser.add_argument("--columns", type=int, default=12)
    options = parser.parse_args()
    connection = connection_parameters("127.0.0.1", options.port, {})
    if options.proxy_port:
        connection |= {"proxy_host": "127.0.0.1", "proxy_port": options.proxy_port}
    job = Job(options.file, options.folder, connection, options.chunk_mib, options.level, options.columns)
    print(json.dumps(asdict(SIDES[options.side](job))))


if __name__ == "__main__":
    main()
