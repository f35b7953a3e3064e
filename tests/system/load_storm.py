"""Loads of a month that are killed again and again until each completes; the same with drop and restore.

Three quarters of the deaths come at a step, the one that was hit least so far, the others at a moment. Some loads
come in pairs that start together, and some are left dead until a newer run has published. Linux only.
"""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.results import MACHINE_COLUMNS
from tests.system.load_contents import LoadContents, load_contents, write_month
from tests.system.load_process import CYCLE_TASKS, LOAD_TASKS, LoadOrder, carry_out

# Each is reached in every life that begins before it, at least from the second publication on.
_IN_TRANSACTION = ("raise", "delete", "insert", "record")
LOAD_STEPS = (
    *("plan", "qc", "stage", "stage before put", "stage after put", "copy", "copy after make"),
    *("copy before submit", "copy after submit", "copy done", "audit", "publish"),
    *(f"publish after {name}" for name in _IN_TRANSACTION),
    *("publish before commit", "publish after commit", "publish done", "clean", "clean after remove"),
)
CYCLE_STEPS = (
    *("publish before commit", "publish after commit", "preview", "drop"),
    *(
        "drop after raise",
        "drop after delete",
        "drop after record",
        "drop before commit",
        "drop after commit",
    ),
    *("preview_restore", "restore", "restore after raise", "restore after insert", "restore after record"),
    *("restore before commit", "restore after commit"),
)
LONGEST_LIFE_SECONDS = 2.0
STUCK_SECONDS = 1.5
MOST_MISSED = 30
LONGEST_REST_SECONDS = 60.0
_TICK_SECONDS = 0.005
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.system.load_process"])


def _heading(title: str, command: str, what: str) -> str:
    return f"""
## {title}, killed again and again

`{command}`:
{what}.
Over the local warehouse, ended by SIGKILL N times, three quarters of them at the step that was hit least, the
others at a moment; each began again until it was over. After each kill the table held what the ledger's last row
says; at the end each run stood in the ledger once, or another was named that came first, the chain verified, and
no completed run had left a load table, chunk or scratch file. After the slash: how often the step hit least was.

| {MACHINE_COLUMNS} | seed | kills | runs | s |
|---|---|---|---|---|---|---|---|
"""


LOAD_HEADING = _heading(
    "Whole loads",
    "make storm KIND=load N=100 SEED=1",
    "plan, QC, stage, copy, audit, publish and clean of a month; single runs, pairs, old ones after newer ones",
)
DROP_HEADING = _heading(
    "Drop and restore",
    "make storm KIND=drop N=50 SEED=1",
    "a month loaded, dropped and restored by one run; single runs, pairs, old ones after newer ones, also loads",
)


@dataclass(frozen=True)
class Moment:
    """When to kill: at the first time that a step is reached, or so long after the first; None: never."""

    step: str | None = None
    seconds: float | None = None


class Life:
    """A process that carries out an order until its moment."""

    def __init__(self, order: LoadOrder, moment: Moment) -> None:
        self.order, self.moment = order, moment
        die_at = (moment.step, 1) if moment.step else None
        self._process = _PROCESSES.Process(target=carry_out, args=(replace(order, die_at=die_at),))
        with order.trace.open("a") as trace:
            trace.write("began\n")
        self._process.start()
        self._moved = time.monotonic()
        self._began: float | None = None
        self._step = "began"

    @property
    def is_living(self) -> bool:
        """Whether it still runs; one whose time has come is killed here."""
        if self._step != (step := self.order.last_step):
            self._step, self._moved = step, time.monotonic()
            self._began = self._began or self._moved
        seconds = self.moment.seconds
        if seconds is not None and self._began and time.monotonic() - self._began > seconds:
            self._process.kill()
        return self._process.is_alive()

    @property
    def is_stuck(self) -> bool:
        """Whether it has waited for the lock of the feed for long, when it was last looked at."""
        return self._step.endswith("before raise") and self.rest_seconds > STUCK_SECONDS

    @property
    def rest_seconds(self) -> float:
        """For how long it has reached no step."""
        return time.monotonic() - self._moved

    def wait_anew(self) -> None:
        """Give it time again before it counts as stuck."""
        self._moved = time.monotonic()

    def end(self) -> bool:
        """Take its end, and tell whether it was killed; raises AssertionError when it failed by itself."""
        self._process.kill()
        self._process.join()
        assert self._process.exitcode in (0, -signal.SIGKILL), self.order.fault.read_text()
        return self._process.exitcode != 0


@dataclass
class LoadStorm:
    """Runs over one table, one after the other or two at once; `deaths` counts the steps reached last.

    `given` moments were handed to lives that died or still may. A step that no life reaches is an error.
    """

    folder: Path
    contents: LoadContents
    random: random.Random
    tasks: tuple[str, ...]
    steps: Sequence[str]
    runs: int = 0
    kills: int = 0
    given: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    missed: Counter[str | None] = field(default_factory=Counter)

    def blow(self, kills: int) -> None:
        """Kill so many times, and let every run come to its end."""
        self.kills = kills
        while self.deaths.total() < kills:
            orders = self._round()
            self.refused += sum(order.refusal.exists() for order in orders)
            self.contents.require_over(orders)

    def cells(self) -> tuple[str, ...]:
        """What its row says before the seconds."""
        tasks = Counter[str]()
        for step, times in self.deaths.items():
            tasks[step.split()[0]] += times
        told = ", ".join(f"{task} × {tasks[task]}" for task in ("began", *self.tasks) if tasks[task])
        least = min(self.deaths[step] for step in self.steps)
        return (f"{told} / {least}", f"{self.runs}, {self.refused} of them refused")

    def _round(self) -> list[LoadOrder]:
        kind = self.random.choice(("one", "one", "pair", "revived"))
        if kind == "one":
            return self._played([self._order(self.tasks)])
        # Beside a drop and its restore a load is tried as well.
        older, newer = self._order(self.tasks), self._order(self.random.choice((self.tasks, LOAD_TASKS)))
        if kind == "pair":
            return self._played([older, newer])
        self._end(self._died(older))
        self._played([newer])
        return [*self._played([older]), newer]

    def _died(self, order: LoadOrder) -> Life:
        """Start a run and wait until its moment has come, or until it is over without it."""
        life = Life(order, self._moment(self.steps[:-3]))
        self._wait({order.run_id: life})
        return life

    def _order(self, tasks: tuple[str, ...]) -> LoadOrder:
        self.runs += 1
        run_id = f"storm_{self.runs}"
        folder = self.folder / run_id
        folder.mkdir()
        write_month(folder, run_id, self.random.randint(0, 9), self.runs)
        return LoadOrder(folder, run_id, self.contents.connection(), tasks)

    def _moment(self, steps: Sequence[str]) -> Moment:
        """The next one, or never when enough are given out."""
        if self.given >= self.kills:
            return Moment()
        self.given += 1
        if self.given % 4 == 0:
            return Moment(seconds=self.random.uniform(0, LONGEST_LIFE_SECONDS))
        least = min(self.deaths[step] for step in steps)
        return Moment(step=self.random.choice([step for step in steps if self.deaths[step] == least]))

    def _played(self, orders: list[LoadOrder]) -> list[LoadOrder]:
        """Start each run again and again until all are over."""
        living: dict[str, Life] = {}
        while unfinished := [order for order in orders if order.run_id in living or not order.is_over]:
            for order in unfinished:
                if order.run_id not in living:
                    living[order.run_id] = Life(order, self._moment(self.steps))
            self._wait(living)
            for life in [life for life in living.values() if not life.is_living]:
                del living[life.order.run_id]
                self._end(life, is_alone=not living)
        return orders

    def _wait(self, living: dict[str, Life]) -> None:
        """Return when one has ended; what holds the lock of those that wait is dead, when all of them wait."""
        while all(life.is_living for life in living.values()):
            if all(life.is_stuck for life in living.values()):
                self.contents.pass_five_minutes()
                for life in living.values():
                    life.wait_anew()
            resting = [life.order for life in living.values() if life.rest_seconds > LONGEST_REST_SECONDS]
            assert not resting, f"nothing happens after {[order.last_step for order in resting]}"
            time.sleep(_TICK_SECONDS)

    def _end(self, life: Life, *, is_alone: bool = True) -> None:
        """Count a death; what it left must be whole. A moment that did not come is given out again."""
        if life.end():
            self.deaths[life.order.last_step] += 1
        elif life.moment != Moment():
            self.given -= 1
            self.missed[life.moment.step] += 1
            is_reached = life.moment.step is None or self.deaths[life.moment.step]
            assert is_reached or self.missed[life.moment.step] < MOST_MISSED, (
                f"none reaches {life.moment.step}"
            )
        if is_alone:
            self.contents.require_whole()
            self.contents.pass_five_minutes()


@contextmanager
def load_storm(folder: Path, seed: int, *, with_drop: bool = False) -> Iterator[LoadStorm]:
    """A storm to blow; an AssertionError in the block gets the seed and the deaths."""
    tasks, steps = (CYCLE_TASKS, CYCLE_STEPS) if with_drop else (LOAD_TASKS, LOAD_STEPS)
    moments = random.Random(seed)  # noqa: S311 - moments of a test, which a seed must give again
    with load_contents(folder) as contents:
        blowing = LoadStorm(folder, contents, moments, tasks, steps)
        try:
            yield blowing
        except AssertionError as error:
            error.add_note(f"seed {seed}, run {blowing.runs}, after {dict(blowing.deaths)}")
            raise
