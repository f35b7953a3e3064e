"""From trigger to published: a month of real flights through the demo's Airflow, task by task.

    python -m benchmarks.airflow_month [--runs 5] [--record]

Run from the project's root with the environment of the tests, when nothing else loads the machine. Starts a
stack in a temporary folder (SQLite, LocalExecutor, the local warehouse), loads flights of January 2013 (27,004
rows) once to warm up and then `--runs` times, one after the other, and stops it. The row is that of the run whose
seconds until publication are the median: for each task, seconds after the trigger when it began and when it ended.
CPU seconds are those of all processes of the stack from trigger to publication. `--record` adds the row to
benchmarks/RESULTS.md.
"""

import argparse
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from benchmarks.results import MACHINE_COLUMNS, append_rows, machine_cells
from local.demo.runs import explain_failure, wait_for_dags
from local.input.demo_data import FLIGHTS_BY_MONTH, write_demo_data
from local.stack.folders import StackFolders
from local.stack.lifecycle import Stack, running_stack
from local.stack.processes import process_tree
from local.stack.waiting import wait_until

DAG_ID, MONTH = "load_flights", "2013-01"
PUBLISH = "publish"
LONGEST_SECONDS = 300
HEADING = f"""
## A month through Airflow

`python -m benchmarks.airflow_month`: {FLIGHTS_BY_MONTH[MONTH]:,} rows of real flights, 2.8 MB, through the demo's
Airflow and local warehouse; the run with the median of the seconds from trigger to published. Tasks: begin–end in
seconds after the trigger. `file_qc` and `qc_gate` run beside `compress_stage`. Load: the machine's average of a
minute, of other work too.

| {MACHINE_COLUMNS} | runs | load | published s | CPU s | tasks |
|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Loaded:
    """One run: seconds until it was published, CPU seconds until then, and its tasks' begins and ends."""

    published_seconds: float
    cpu_seconds: float
    load: float
    tasks: str

    def cells(self, runs: int) -> str:
        """What its row says behind the machine."""
        return (
            f"{runs} | {self.load:.1f} | {self.published_seconds:.1f} | {self.cpu_seconds:.1f} | {self.tasks}"
        )


def load_once(stack: Stack) -> Loaded:
    """Load the month; raises SystemExit when it is not published."""
    load, used, began = os.getloadavg()[0], cpu_seconds(stack), time.time()
    run_id = stack.api.trigger(DAG_ID, {"month": MONTH})
    wait_until(lambda: is_published(stack, run_id), "publication", LONGEST_SECONDS)
    used = cpu_seconds(stack) - used
    wait_until(lambda: stack.api.run(DAG_ID, run_id)["end_date"], "the end of the run", LONGEST_SECONDS)
    tasks = sorted(stack.api.task_instances(DAG_ID, run_id), key=lambda task: str(task["start_date"]))
    (publish,) = (task for task in tasks if task["task_id"] == PUBLISH)
    told = ", ".join(task_text(task, began) for task in tasks)
    return Loaded(moment(publish["end_date"]) - began, used, load, told)


def is_published(stack: Stack, run_id: str) -> bool:
    """Whether task `publish` has succeeded; raises SystemExit when the run ended without."""
    states = {task["task_id"]: task["state"] for task in stack.api.task_instances(DAG_ID, run_id)}
    if stack.api.run(DAG_ID, run_id)["state"] == "failed":
        raise SystemExit(explain_failure(stack.api, DAG_ID, run_id))
    return states.get(PUBLISH) == "success"


def task_text(task: dict[str, Any], began: float) -> str:
    """Tell when a task began and ended."""
    first, last = (moment(task[name]) - began for name in ("start_date", "end_date"))
    return f"{task['task_id']} {first:.1f}–{last:.1f}"


def moment(text: str) -> float:
    """Seconds since the epoch of a time as the API writes it."""
    return datetime.fromisoformat(text).timestamp()


def cpu_seconds(stack: Stack) -> float:
    """What the stack's processes have used so far, those that ended included."""
    total = 0.0
    for process in process_tree(stack.processes):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.airflow_month", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folders = StackFolders(Path(name) / "stack")
        folders.create()
        write_demo_data(folders.incoming)
        with running_stack(folders.root) as stack:
            wait_for_dags(stack.api, [DAG_ID])
            stack.api.set_paused(DAG_ID, False)
            loaded = [load_once(stack) for _ in range(options.runs + 1)][1:]
    for each in sorted(loaded, key=lambda each: each.published_seconds):
        print(f"| {machine_cells()} | {each.cells(1)} |")
    median = sorted(loaded, key=lambda each: each.published_seconds)[len(loaded) // 2]
    if options.record:
        append_rows(HEADING, [f"| {machine_cells()} | {median.cells(options.runs)} |"])


if __name__ == "__main__":
    main()
