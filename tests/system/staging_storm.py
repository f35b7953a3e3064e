"""A staging that is killed again and again until it completes, and what must hold meanwhile and at its end.

A third of the deaths comes at a step (before or after a PUT, a record, a LIST), a third at a moment, a third when
so many bytes have passed the link, and the last one when all is staged and only the result is missing. Linux only.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from benchmarks.results import MACHINE_COLUMNS
from local.stack.waiting import wait_until
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import chunk_name
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.adapters.throttling_proxy import ThrottlingProxy, throttling_proxy
from tests.core.fakes import plan
from tests.system.stage_contents import StageContents, scratch_files, stage_contents, write_source
from tests.system.staging_process import STEPS, FileCheckpoints, Order

PROJECT = Path(__file__).parents[2]
CHUNKS_A_KILL = 3
LINK_BYTES_PER_SECOND = 3_000_000
LONGEST_LIFE_SECONDS = 4.0

HEADING = f"""
## Staging, killed again and again

`make storm N=30 SEED=1`: the process of a staging is ended by SIGKILL N times, at steps, after bytes and after
seconds, over a link of 3 MB/s; then it completes. Each row held: the stage had exactly the file's bytes at each
completion, no recorded chunk was uploaded again by the warehouse's query history, no upload process and no scratch
file was left. A file that was complete before all kills were done was staged once more, in another round.

| {MACHINE_COLUMNS} | seed | kills | chunks | rounds | s |
|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Moment:
    """When to kill: when a step was reached so often, so long after the login, or after so many sent bytes."""

    step: tuple[str, int] | None = None
    seconds: float | None = None
    sent_bytes: int | None = None

    @property
    def kind(self) -> str:
        """Its kind, for counting."""
        return self.step[0] if self.step else "after seconds" if self.sent_bytes is None else "after bytes"


@dataclass
class Storm:
    """One file that is staged over and over; `recorded` are the PUTs of each recorded chunk, which stay so."""

    folder: Path
    contents: StageContents
    proxy: ThrottlingProxy
    random: random.Random
    source: Path
    moments: list[Moment] = field(default_factory=list)
    rounds: int = 0
    recorded: dict[str, int] = field(default_factory=dict)

    @property
    def deaths(self) -> Counter[str]:
        """How often it was killed, by kind of moment."""
        return Counter(moment.kind for moment in self.moments)

    def cells(self) -> tuple[str, ...]:
        """What its row says before the seconds."""
        deaths = ", ".join(f"{kind} × {times}" for kind, times in sorted(self.deaths.items()))
        return (deaths, str(CHUNKS_A_KILL * len(self.moments)), str(self.rounds))

    def blow(self, kills: int) -> None:
        """Kill so many times and let it complete; a file that is staged before that begins anew elsewhere."""
        order = self._begun()
        while len(self.moments) < kills:
            moment = self._moment(is_last=len(self.moments) == kills - 1)
            if self._is_killed(order, moment):
                self.moments.append(moment)
                self._check_kill(order)
            else:
                self._check_end(order)
                order = self._begun()
        assert not self._is_killed(order, Moment()), "nobody killed it"
        self._check_end(order)

    def _begun(self) -> Order:
        self.rounds += 1
        self.recorded = {}
        folder = self.folder / f"round-{self.rounds}"
        folder.mkdir()
        options = self.contents.warehouse.connection_parameters()
        return Order(
            source=str(self.source),
            folder=str(folder),
            run_key=f"{self.rounds:012}",
            connection=options | {"proxy_host": "127.0.0.1", "proxy_port": str(self.proxy.port)},
            stage={"chunk_mib": 1},
        )

    def _moment(self, is_last: bool) -> Moment:
        """The last kill comes when all is staged and only the result is missing."""
        if is_last:
            return Moment(step=("staged", 1))
        match len(self.moments) % 3:
            case 0:
                name = self.random.choice(STEPS[:-1])
                times = (
                    1 if name in ("began", "listing", "listed") else self.random.randint(1, 2 * CHUNKS_A_KILL)
                )
                return Moment(step=(name, times))
            case 1:
                return Moment(sent_bytes=self.random.randint(100_000, 4_000_000))
            case _:
                return Moment(seconds=self.random.uniform(0, LONGEST_LIFE_SECONDS))

    def _is_killed(self, order: Order, moment: Moment) -> bool:
        """Let one process stage the file until its moment; tells whether it was killed."""
        path = replace(order, die_at=moment.step).write()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.staging_process", str(path)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            self._wait_for(moment, process)
        finally:
            process.kill()
        _, told = process.communicate()
        wait_until(lambda: not _processes_of(process.pid), "the end of the upload processes", 60)
        assert process.returncode in (0, -signal.SIGKILL), told
        return process.returncode != 0

    def _wait_for(self, moment: Moment, process: subprocess.Popen[str]) -> None:
        """Return at the moment, or when the process has ended by itself."""
        sent_before = self.proxy.bytes_sent
        assert process.stdout is not None
        process.stdout.readline()
        ready = time.monotonic()
        while process.poll() is None:
            if moment.seconds is not None and time.monotonic() - ready > moment.seconds:
                return
            if moment.sent_bytes is not None and self.proxy.bytes_sent - sent_before > moment.sent_bytes:
                return
            time.sleep(0.005)

    def _check_kill(self, order: Order) -> None:
        """What is recorded stays so, and is on the stage for good."""
        chunks = StagingCheckpoints(FileCheckpoints(order.checkpoints)).chunks()
        names = [chunk_name(chunk.number, "zstd") for chunk in chunks if chunk.is_confirmed]
        assert set(names) >= set(self.recorded), "what was recorded is not any more"
        puts = self._puts_of_recorded(order)
        self.recorded = {name: puts[name] for name in names}

    def _check_end(self, order: Order) -> None:
        staged = StagedFile.from_json(json.loads(order.result.read_text()))
        self.contents.require_exact(self.source, _run(order), staged)
        self._puts_of_recorded(order)
        assert staged.chunks_reused >= len(self.recorded)
        assert scratch_files(order.scratch) == []

    def _puts_of_recorded(self, order: Order) -> Counter[str]:
        puts = self.contents.puts(_run(order))
        again = [name for name, times in self.recorded.items() if puts[name] != times]
        assert not again, f"{again} were recorded and uploaded again"
        return puts


def _run(order: Order) -> MonthPlan:
    return plan(run_key=order.run_key)


def _processes_of(session: int) -> list[int]:
    """Processes of a session that still run; those that ended and wait to be reaped do not."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found


@contextmanager
def staging_storm(folder: Path, kills: int, seed: int) -> Iterator[Storm]:
    """A storm to blow; an AssertionError in the block gets the seed and the moments."""
    source = write_source(folder / "flights.tsv", CHUNKS_A_KILL * kills)
    with stage_contents() as contents, throttling_proxy(LINK_BYTES_PER_SECOND) as proxy:
        moments = random.Random(seed)  # noqa: S311 - moments of a test, which a seed must give again
        blowing = Storm(folder, contents, proxy, moments, source)
        try:
            yield blowing
        except AssertionError as error:
            error.add_note(f"seed {seed}, after {len(blowing.moments)} kills: {blowing.moments[-3:]}")
            raise
