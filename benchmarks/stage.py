"""Staging one file over links of several speeds: level `auto` against fixed levels, all in one run.

    python -m benchmarks.stage [--bytes 256MB] [--links 5,20,100] [--levels auto,1,3,6,9,12] [FILE]

Run from the project's root with the environment of the tests. The local warehouse is a process of its own, the
link a throttling proxy on loopback, the uploads are the real ones. Prints a Markdown table: megabytes of text a
second from the first byte read to the last chunk verified, chunks per level, and the share of time that showing
progress took.
"""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.stack.waiting import wait_until
from local.warehouse.serving.server import connection_parameters
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.events import Event, Progress
from sfetl_provider.core.progress import Estimator, estimate_text, progress_record
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints
from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule
from sfetl_provider.core.stage.run import StagePorts, stage_file
from tests.adapters.throttling_proxy import throttling_proxy
from tests.core.fakes import InMemoryCheckpoints, feed, plan, source_file

MEGABYTE = 1e6


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


@contextmanager
def served(folder: Path) -> Iterator[dict[str, Any]]:
    """A local warehouse in a process of its own, with the stage; gives the connector's options."""
    port_file = folder / "port"
    command = [sys.executable, "-m", "local.warehouse", "--folder", str(folder / "kept")]
    with subprocess.Popen(
        [*command, "--port-file", str(port_file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(port_file.exists, "the local warehouse", 60, poll_seconds=0.1)
            options = connection_parameters("127.0.0.1", int(port_file.read_text()), {})
            with SnowflakeSession(open_connection(options)) as session:
                session.query('CREATE DATABASE "DEMO"')
                session.query('CREATE SCHEMA "DEMO"."SFETL"')
                session.query('CREATE STAGE "DEMO"."SFETL"."CHUNKS" ENCRYPTION=(TYPE=\'SNOWFLAKE_SSE\')')
            yield options
        finally:
            process.terminate()


def staged(path: Path, level: str, chunk_mib: int, options: dict[str, Any], folder: Path) -> str:
    """Stage the file once; gives the row's last cells."""
    config = feed(
        stage={"chunk_mib": chunk_mib, "zstd_level": level if level == "auto" else int(level)},
    )
    listener, checkpoints = TimedListener(), InMemoryCheckpoints()
    source, run = source_file(path), plan(run_key=f"{time.time_ns():x}"[-12:])
    with (
        SnowflakeSession(open_connection(options)) as session,
        ProcessUploader(options, Patience(120, 100_000)) as processes,
    ):
        uploader = RetryingUploader(processes, RetrySchedule(5, 2), print)
        ports = StagePorts(session, uploader, checkpoints, SystemClock(), folder / "scratch")
        result = stage_file(source, run, config, ports, listener)
    levels = Counter(chunk.zstd_level for chunk in StagingCheckpoints(checkpoints).chunks())
    rate = result.size_bytes / result.seconds / MEGABYTE
    counts = ", ".join(f"{level} × {count}" for level, count in sorted(levels.items()))
    share = 100 * listener.seconds / result.seconds
    ratio = result.size_bytes / result.compressed_bytes
    return f"{rate:.1f} | {result.seconds:.1f} | {ratio:.2f} | {counts} | {share:.2f}"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stage", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", help="a TSV file; without one it is generated")
    parser.add_argument("--bytes", default="256MB", help="size of the generated file")
    parser.add_argument("--chunk-mib", type=int, default=8)
    parser.add_argument("--links", default="5,20,100", help="megabytes a second")
    parser.add_argument("--levels", default="auto,1,3,6,9,12")
    return parser.parse_args()


def main() -> None:
    """Measure each level on each link."""
    options = arguments()
    with TemporaryDirectory() as name, served(Path(name)) as connection:
        folder, path = Path(name), options.file
        if path is None:
            path = folder / "sales.tsv"
            generator = [sys.executable, str(Path(__file__).with_name("generate.py"))]
            subprocess.run(
                [*generator, "--bytes", options.bytes, "--month", "2013-01", str(path)], check=True
            )
        print("| link MB/s | level | text MB/s | s | ratio | chunks per level | progress % |")
        print("|---|---|---|---|---|---|---|")
        for link in options.links.split(","):
            for level in options.levels.split(","):
                with throttling_proxy(float(link) * MEGABYTE) as proxy:
                    proxied = connection | {"proxy_host": "127.0.0.1", "proxy_port": str(proxy.port)}
                    cells = staged(path, level, options.chunk_mib, proxied, folder)
                print(f"| {link} | {level} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
