"""One staging of a file as its task does it, in a process of its own, without Airflow.

`python -m tests.system.staging_process ORDER`: the order is a JSON file. Checkpoints, scratch and the result lie
in its folder, so that the next process finds what this one left, however it ended. It says `ready` once it is
logged in.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.events import Event, Progress, ignore_events
from sfetl_provider.core.ports import CheckpointStore, JsonValue, StagedEntry, StageListing, Uploader
from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.stage_kind import open_stage
from tests.core.fakes import feed, plan, source_file

STEPS = ("began", "listing", "listed", "compressed", "putting", "put", "recording", "recorded", "staged")


@dataclass(frozen=True)
class Order:
    """What to stage, and perhaps the step at which to die: `die_at` is its name and how often it is reached."""

    source: str
    folder: str
    run_key: str
    connection: dict[str, Any]
    stage: dict[str, Any] = field(default_factory=dict)
    die_at: tuple[str, int] | None = None

    @property
    def checkpoints(self) -> Path:
        """The checkpoint store."""
        return Path(self.folder) / "checkpoints.json"

    @property
    def scratch(self) -> Path:
        """The root of scratch folders."""
        return Path(self.folder) / "scratch"

    @property
    def result(self) -> Path:
        """The StagedFile as JSON, once all is done."""
        return Path(self.folder) / "result.json"

    def write(self) -> Path:
        """Write the order for a process."""
        path = Path(self.folder) / "order.json"
        path.write_text(json.dumps(asdict(self)))
        return path


class FileCheckpoints:
    """Implements CheckpointStore in one JSON file, which is always whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, JsonValue] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, key: str) -> JsonValue:
        return self._values.get(key)

    def set(self, key: str, value: JsonValue) -> None:
        self._values[key] = value
        self._write()

    def delete(self, key: str) -> None:
        self._values.pop(key, None)
        self._write()

    def _write(self) -> None:
        beside = self._path.with_suffix(".new")
        with beside.open("w") as file:
            json.dump(self._values, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


class Steps:
    """Counts what is reached, in any thread, and ends the process at the ordered step, as SIGKILL does.

    With a `trace` each step is a line there, which outlasts the process.
    """

    def __init__(self, die_at: tuple[str, int] | None, trace: Path | None = None) -> None:
        self._die_at = tuple(die_at) if die_at else None
        self._trace = trace
        self._reached: Counter[str] = Counter()
        self._lock = Lock()

    def reach(self, name: str) -> None:
        """Count a step."""
        with self._lock:
            self._reached[name] += 1
            if self._trace is not None:
                with self._trace.open("a") as file:
                    file.write(f"{name}\n")
            if (name, self._reached[name]) == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def listen(self, event: Event) -> None:
        """Count the progress of compression."""
        if isinstance(event, Progress) and event.step == "compress" and event.done:
            self.reach("compressed")


@dataclass(frozen=True)
class SteppedUploader:
    """An Uploader that tells its steps."""

    inner: Uploader
    reach: Callable[[str], None]

    def upload(self, source: Path, stage_folder: str) -> None:
        self.reach("putting")
        self.inner.upload(source, stage_folder)
        self.reach("put")

    def stop(self) -> None:
        self.inner.stop()


@dataclass(frozen=True)
class SteppedCheckpoints:
    """A CheckpointStore that tells its steps."""

    inner: CheckpointStore
    reach: Callable[[str], None]

    def get(self, key: str) -> JsonValue:
        return self.inner.get(key)

    def set(self, key: str, value: JsonValue) -> None:
        self.reach("recording")
        self.inner.set(key, value)
        self.reach("recorded")

    def delete(self, key: str) -> None:
        self.inner.delete(key)


@dataclass(frozen=True)
class SteppedListing:
    """A StageListing that tells its steps."""

    inner: StageListing
    reach: Callable[[str], None]

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        self.reach("listing")
        found = self.inner.list_stage(stage_folder)
        self.reach("listed")
        return found


def carry_out(order: Order) -> None:
    """Stage the file and write the result."""
    steps = Steps(order.die_at)
    steps.reach("began")
    config = feed(stage=order.stage)
    settings = config.stage
    patience = Patience(settings.upload_timeout_seconds, settings.upload_timeout_bytes_per_second)
    run = plan(run_key=order.run_key)
    with ProcessUploader(lambda: order.connection, patience) as processes:
        stage = open_stage(processes, run, ignore_events)
        schedule = RetrySchedule(settings.upload_tries, settings.upload_delay_seconds)
        ports = StagePorts(
            SteppedListing(stage, steps.reach),
            SteppedUploader(RetryingUploader(processes, schedule, sys.stderr.write), steps.reach),
            SteppedCheckpoints(FileCheckpoints(order.checkpoints), steps.reach),
            SystemClock(),
            order.scratch,
        )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        staged = stage_file(source_file(Path(order.source)), run, config, ports, steps.listen)
        steps.reach("staged")
        order.result.write_text(json.dumps(staged.to_json()))


if __name__ == "__main__":
    carry_out(Order(**json.loads(Path(sys.argv[1]).read_text())))
