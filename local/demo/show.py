"""`make demo`: three months of two real feeds go from file to table; one month is dropped, brought back, dropped
and loaded again.

Then a month whose file has a real fault is tried, and must be rejected.

Leaves the stack running. Exit code 0 only if every run succeeded and every number adds up.
"""

import argparse
import sys
import textwrap
from pathlib import Path

import httpx

from local.demo.clock import DemoClock
from local.demo.evidence import (
    LoadEvidence,
    count_rows,
    find_faults,
    find_report,
    format_table,
    gather_evidence,
    last_ledger_row,
)
from local.demo.memory import peak_memory
from local.demo.results import DemoResult, record_result
from local.demo.runs import (
    DemoError,
    LoadRun,
    drop_month,
    load_again,
    load_months,
    restore_month,
    wait_for_dags,
    wait_for_ends,
    wait_for_loads,
)
from local.input.demo_data import FLIGHTS_BY_MONTH, write_demo_data
from local.stack.airflow_api import AirflowApiError
from local.stack.announce import announce
from local.stack.environment import StackSetup
from local.stack.folders import PROJECT_STACK, StackFolders
from local.stack.launch import DatabaseNotPreparedError
from local.stack.lifecycle import Stack, start_stack
from local.stack.processes import process_tree
from local.stack.readiness import StackFailedError

FEEDS = ("flights", "weather")
MONTHS = ("2013-01", "2013-02", "2013-03")
DROPPED_MONTH = "2013-02"
REPEATED_MONTH = "2013-03"
FAULTY_MONTH = ("weather", "2013-12")
FAULT = "No records for 1 of the expected days of 2013-12: 2013-12-31."

_FAILURES = (
    DemoError,
    StackFailedError,
    DatabaseNotPreparedError,
    AirflowApiError,
    httpx.TransportError,
)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    setup = StackSetup(folders=StackFolders(options.folder))
    if options.record and setup.folders.root.exists():
        parser.error(f"--record measures a first start: stop the stack and delete {setup.folders.root} first")
    try:
        result = run_demo(setup)
    except _FAILURES as error:
        print(f"\nThe demo failed.\n{error}\nThe stack may still run; `make down` stops it.", file=sys.stderr)
        return 1
    if options.record:
        record_result(result)
    return 0


def run_demo(setup: StackSetup) -> DemoResult:
    """Start or join the stack, run every step, check every number; the stack stays up, whatever happens.

    Raises:
        DemoError: A run failed or a number does not add up.
    """
    clock = DemoClock()
    setup.folders.create()
    clock.say("Writing a year of flights and weather as one TSV a month …")
    write_demo_data(setup.folders.incoming)
    stack = start_stack(setup, clock.say)
    healthy_seconds = clock.seconds()
    with peak_memory(lambda: process_tree(stack.processes)) as memory:
        loads = _run_steps(stack, clock)
    announce(f"\n{format_table(loads)}\n")
    check_numbers(loads)
    result = DemoResult(healthy_seconds, clock.first_month_seconds, clock.seconds(), memory.highest_bytes)
    announce(
        f"{result.sentence()}\nAirflow stays up at {stack.url} (no login). `make shell` opens a shell "
        "where `airflow sfetl …` looks into it; `make down` stops everything."
    )
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=PROJECT_STACK, help="where the stack lives (var)")
    parser.add_argument("--record", action="store_true", help="append the times to benchmarks/RESULTS.md")
    return parser


def _run_steps(stack: Stack, clock: DemoClock) -> list[LoadEvidence]:
    loads = _load_all(stack, clock)
    _drop(stack, clock)
    _restore(stack, clock)
    _drop(stack, clock)
    clock.say(f"Loading flights {DROPPED_MONTH} again …")
    loads.append(_load_once_more(stack, DROPPED_MONTH, clock))
    clock.say(f"Loading flights {REPEATED_MONTH} once more, though it is there …")
    before = count_rows(stack.warehouse, "flights", REPEATED_MONTH)
    loads.append(_load_once_more(stack, REPEATED_MONTH, clock))
    after = count_rows(stack.warehouse, "flights", REPEATED_MONTH)
    clock.say(f"  rows of {REPEATED_MONTH} in the table: {before:,} before, {after:,} after.")
    if before != after:
        raise DemoError(f"Loading flights {REPEATED_MONTH} twice changed its rows from {before} to {after}.")
    _show_rejection(stack, clock)
    return loads


def _show_rejection(stack: Stack, clock: DemoClock) -> None:
    feed, month = FAULTY_MONTH
    clock.say(f"Loading {feed} {month}, whose file lacks a day …")
    run = load_again(stack.api, feed, month)
    state = wait_for_ends(stack.api, [run], clock)[run]
    message = str(find_report(stack.folders.reports, run)["message"])
    rows = count_rows(stack.warehouse, feed, month)
    if state != "failed" or FAULT not in message or rows:
        raise DemoError(f"QC should have rejected {feed} {month}: it {state} with {rows} rows.\n{message}")
    clock.say("  rejected before anything was loaded, as it must be. Its report says:")
    announce(textwrap.indent(message, "    "))


def _load_all(stack: Stack, clock: DemoClock) -> list[LoadEvidence]:
    wait_for_dags(stack.api, ["drop_month", "restore_month", *(f"load_{feed}" for feed in FEEDS)])
    clock.say(f"Backfilling {MONTHS[0]} to {MONTHS[-1]} of {' and '.join(FEEDS)} …")
    for dag_id in ("drop_month", "restore_month"):
        stack.api.set_paused(dag_id, False)
    runs: list[LoadRun] = []
    for feed in FEEDS:
        stack.api.set_paused(f"load_{feed}", False)
        runs += load_months(stack.api, feed, MONTHS)
    wait_for_loads(stack.api, runs, clock)
    return [gather_evidence(stack.folders, stack.warehouse, run) for run in runs]


def _drop(stack: Stack, clock: DemoClock) -> None:
    clock.say(f"Dropping {DROPPED_MONTH} of flights with DAG drop_month …")
    before = count_rows(stack.warehouse, "flights", DROPPED_MONTH)
    user = drop_month(stack.api, "flights", DROPPED_MONTH)
    after = count_rows(stack.warehouse, "flights", DROPPED_MONTH)
    clock.say(
        f"  the demo approved it through the API, as user {user}; {before:,} rows before, {after:,} after."
    )
    if after:
        raise DemoError(f"After drop_month there are still {after} rows of flights {DROPPED_MONTH}.")


def _restore(stack: Stack, clock: DemoClock) -> None:
    row = last_ledger_row(stack.warehouse, "flights")
    clock.say(f"Bringing {DROPPED_MONTH} of flights back with DAG restore_month, by ledger row {row} …")
    restore_month(stack.api, "flights", row)
    after = count_rows(stack.warehouse, "flights", DROPPED_MONTH)
    clock.say(f"  {after:,} rows are back.")
    if after != FLIGHTS_BY_MONTH[DROPPED_MONTH]:
        raise DemoError(f"After restore_month there are {after} rows of flights {DROPPED_MONTH}.")


def _load_once_more(stack: Stack, month: str, clock: DemoClock) -> LoadEvidence:
    run = load_again(stack.api, "flights", month)
    wait_for_loads(stack.api, [run], clock)
    return gather_evidence(stack.folders, stack.warehouse, run)


def check_numbers(loads: list[LoadEvidence]) -> None:
    """Say that every number adds up.

    Raises:
        DemoError: One does not; the message holds all faults.
    """
    faults = [fault for load in loads for fault in find_faults(load)]
    if faults:
        raise DemoError("These numbers do not add up:\n" + "\n".join(faults))
    announce(
        "Every number adds up: lines in the files, rows staged, copied, published, and counted in the table."
    )
