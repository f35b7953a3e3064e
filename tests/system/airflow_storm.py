"""Loads of one month by a real Airflow whose task processes are killed at random moments, as is its triggerer.

A task that is killed is retried by Airflow; one that was killed too often fails its run, and is cleared with what
follows it, as a person would. Linux only.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from benchmarks.results import MACHINE_COLUMNS
from local.demo.runs import wait_for_dags
from local.stack.lifecycle import Stack, restart_process, running_stack
from local.stack.processes import process_tree
from local.stack.waiting import wait_until
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.plan.names import report_path, run_key
from tests.system.load_contents import LoadContents, emptied_contents, write_month
from tests.system.load_process import CONFIG, MONTH
from tests.system.stage_contents import scratch_files

DAG_ID = "load_flights"
TRIGGERER = "triggerer"
TASKS = (
    *("plan", "wait_for_files", "file_qc", "qc_gate", "compress_stage", "copy", "audit", "publish"),
    *("clean_stage", "report"),
)
TARGETS = (*TASKS, TRIGGERER)
ROWS_PER_DAY = 160
VICTIMS_PER_RUN = 4
SHARE_KILLED_TWICE = 0.25
LONGEST_DELAY_SECONDS = 2.5
# So slow that each of the two batches outlasts what the task waits for by itself, and is deferred.
COPY_BYTES_PER_SECOND = 150_000
_ENDED = ("success", "failed")
LONGEST_RUN_SECONDS = 600
LONGEST_PUBLICATION_SECONDS = 10.0
HEADING = f"""
## Loads under a real Airflow, killed again and again

`make storm KIND=airflow N=10 SEED=1`: a month of 5 MB, loaded and replaced by the feed's DAG (SQLite,
LocalExecutor, local warehouse). Task processes, and the triggerer while `copy` is deferred, were ended by SIGKILL
at random moments, those that were hit least first; Airflow retried them, and runs that failed with their retries
used up were cleared from the failed task on. After each run the table held that run's rows, each once, the ledger
one publish row of it, the chain verified, its report said published, and no load table, chunk or scratch file was
left. After the slash: how often the target hit least was.

| {MACHINE_COLUMNS} | seed | kills | runs | s |
|---|---|---|---|---|---|---|---|
"""


@dataclass
class Moment:
    """A time to come: so long after a target is seen; `process` once it is."""

    target: str
    delay_seconds: float
    process: psutil.Process | None = None
    seen_at: float = 0.0

    def meet(self, process: psutil.Process) -> None:
        """Begin to count when the target runs as another process than before."""
        if process != self.process:
            self.process, self.seen_at = process, time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether its time has come."""
        return self.process is not None and time.monotonic() - self.seen_at >= self.delay_seconds


@dataclass
class AirflowStorm:
    """Runs of one month, one after the other; `deaths` counts what was killed."""

    stack: Stack
    contents: LoadContents
    random: random.Random
    runs: int = 0
    cleared: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    publishing: Moment = field(default_factory=lambda: Moment("", LONGEST_PUBLICATION_SECONDS))

    def blow(self, kills: int) -> None:
        """Kill so many times, and let every run come to its end."""
        while (left := kills - self.deaths.total()) > 0:
            self.runs += 1
            run_id = f"storm_{self.runs}"
            write_month(
                self.stack.folders.incoming, run_id, self.random.randint(0, 9), self.runs, ROWS_PER_DAY
            )
            self._start(run_id)
            self._follow(run_id, self._victims()[:left])
            self._require_over(run_id)

    def cells(self) -> tuple[str, ...]:
        """What its row says before the seconds."""
        told = ", ".join(f"{target} × {self.deaths[target]}" for target in TARGETS if self.deaths[target])
        least = min(self.deaths[target] for target in TARGETS)
        return (f"{told} / {least}", f"{self.runs}, {self.cleared} times cleared")

    def _victims(self) -> list[Moment]:
        """Those that were hit least, in any order, `report` last; some twice, which uses their retry up."""
        order = sorted(
            TARGETS, key=lambda target: (self.deaths[target], target == "report", self.random.random())
        )
        found = []
        for target in order[:VICTIMS_PER_RUN]:
            times = 2 if target != TRIGGERER and self.random.random() < SHARE_KILLED_TWICE else 1
            found += [Moment(target, self.random.uniform(0, LONGEST_DELAY_SECONDS)) for _ in range(times)]
        return found

    def _start(self, run_id: str) -> None:
        body = {"dag_run_id": run_id, "logical_date": None, "conf": {"month": str(MONTH)}}
        self.stack.api.post(f"dags/{DAG_ID}/dagRuns", body)

    def _follow(self, run_id: str, victims: list[Moment]) -> None:
        """Kill the victims as they come by, and clear what failed, until the run succeeds.

        `report`, a teardown, leaves its run green when it fails.
        """
        deadline = time.monotonic() + LONGEST_RUN_SECONDS
        while self.stack.api.run(DAG_ID, run_id)["state"] != "success" or not self._is_reported(run_id):
            assert time.monotonic() < deadline, f"{run_id} does not end: {self._states(run_id)}"
            if self.stack.api.run(DAG_ID, run_id)["state"] in _ENDED:
                self._clear(run_id)
            self._meet(run_id, victims)
            for victim in [victim for victim in victims if victim.is_due]:
                victims.remove(victim)
                self._kill(victim)

    def _meet(self, run_id: str, victims: list[Moment]) -> None:
        """Tell each victim which process its target is; of two of one target only the first."""
        instances = {item["task_id"]: item for item in self.stack.api.task_instances(DAG_ID, run_id)}
        first = {victim.target: victim for victim in reversed(victims)}
        if process := self._process("publish", instances):
            self._unblock(process)
        for target, victim in first.items():
            if process := self._process(target, instances):
                victim.meet(process)

    def _unblock(self, publishing: psutil.Process) -> None:
        """Let the warehouse's five minutes pass when a publication takes long: it waits for one that died."""
        self.publishing.meet(publishing)
        if self.publishing.is_due:
            self.contents.pass_five_minutes()
            self.publishing = Moment("", LONGEST_PUBLICATION_SECONDS)

    def _process(self, target: str, instances: dict[str, dict[str, Any]]) -> psutil.Process | None:
        """The process of a target, if it runs and is ours: of the triggerer, while task `copy` is deferred."""
        if target == TRIGGERER:
            is_waiting = instances.get("copy", {}).get("state") == "deferred"
            pid = self._triggerer_id() if is_waiting else None
        else:
            instance = instances.get(target, {})
            pid = instance["pid"] if instance.get("state") == "running" else None
        ours = {process.pid: process for process in process_tree(self.stack.processes)} if pid else {}
        return ours.get(pid or 0)

    def _triggerer_id(self) -> int:
        return next(process.pid for process in self.stack.processes if process.name == TRIGGERER)

    def _kill(self, victim: Moment) -> None:
        """Kill the process if it still runs, the triggerer with all its children; that one is started again."""
        assert victim.process is not None
        try:
            below = victim.process.children(recursive=True) if victim.target == TRIGGERER else []
            for process in (victim.process, *below):
                process.kill()
        except psutil.NoSuchProcess:
            return
        self.deaths[victim.target] += 1
        if victim.target == TRIGGERER:
            victim.process.wait(timeout=10)
            self.stack = restart_process(self.stack, TRIGGERER)

    def _clear(self, run_id: str) -> None:
        """Clear what failed, with all that follows; a run that ended well since it was asked has nothing."""
        failed = [task for task, state in self._states(run_id).items() if state == "failed"]
        if not failed:
            return
        self.cleared += 1
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": failed,
            "only_failed": False,
            "include_downstream": True,
            "reset_dag_runs": True,
        }
        self.stack.api.post(f"dags/{DAG_ID}/clearTaskInstances", body)
        wait_until(lambda: self.stack.api.run(DAG_ID, run_id)["state"] not in _ENDED, "the clear", 30)

    def _is_reported(self, run_id: str) -> bool:
        return self._states(run_id).get("report") == "success"

    def _states(self, run_id: str) -> dict[str, str]:
        return {item["task_id"]: item["state"] for item in self.stack.api.task_instances(DAG_ID, run_id)}

    def _require_over(self, run_id: str) -> None:
        """The table holds this run's rows, each once; its ledger row is one; nothing is left."""
        self.contents.require_whole()
        with (self.stack.folders.incoming / "month.tsv").open("rb") as file:
            lines = sum(1 for _ in file)
        key = run_key(DAG_ID, run_id)
        (entry,) = (entry for entry in self.contents.ledger() if entry.run_key == key)
        assert (entry.action, entry.rows_after) == ("publish", lines)
        self.contents.require_clean({key})
        assert scratch_files(self.stack.folders.scratch) == []
        report = report_path(self.stack.folders.reports, CONFIG.feed, str(MONTH), key)
        assert json.loads(report.read_text())["state"] == "published"


def storm_config() -> dict[str, Any]:
    """The feed: chunks of 1 MiB in two batches, one retry at once."""
    config = CONFIG.model_dump(
        mode="json", include={"table", "columns", "date"}, exclude_defaults=True, by_alias=True
    )
    return {
        **config,
        "files": {"patterns": ["month.tsv"], "still_seconds": 0, "poll_seconds": 1},
        "stage": {"chunk_mib": 1},
        "load": {"poll_seconds": 1, "batch_files": 3},
        "publish": {"max_shrink": "100%"},
        "retries": 1,
        "retry_delay_seconds": 0.5,
        "start_month": "2013-01",
        "end_month": "2013-12",
    }


@contextmanager
def airflow_storm(folder: Path, seed: int) -> Iterator[AirflowStorm]:
    """A storm to blow; an AssertionError in the block gets the seed and the deaths."""
    configs = folder / "configs"
    configs.mkdir()
    (configs / f"{CONFIG.feed}.json").write_text(json.dumps(storm_config()))
    # A dead triggerer's triggers are given to the living one after so long; the default is 30 s.
    patience = {
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
    }
    moments = random.Random(seed)  # noqa: S311 - moments of a test, which a seed must give again
    with running_stack(folder / "stack", configs=configs, environment=patience) as stack:
        pace = {"bytes_per_second": COPY_BYTES_PER_SECOND}
        requests.post(f"{stack.warehouse.address}/control/pace", json=pace, timeout=20).raise_for_status()
        with SnowflakeSession(stack.warehouse.connect(paramstyle="qmark")) as session:
            contents = emptied_contents(stack.warehouse.port, session)
            wait_for_dags(stack.api, [DAG_ID])
            stack.api.set_paused(DAG_ID, False)
            blowing = AirflowStorm(stack, contents, moments)
            try:
                yield blowing
            except AssertionError as error:
                error.add_note(f"seed {seed}, run {blowing.runs}, after {dict(blowing.deaths)}")
                raise
