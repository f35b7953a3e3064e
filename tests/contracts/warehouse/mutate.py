"""`python -m tests.contracts.warehouse.mutate [--name TEXT]`: all golden cases against each mutation, in a table.

A case that takes longer than 30 seconds counts as noticing; after three such the other cases of that mutation are
left out. Each mutation has a process of its own, which ends whatever hangs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.contracts.warehouse.backend import Backend, fresh_stand_in
from tests.contracts.warehouse.case import Case
from tests.contracts.warehouse.cases import all_cases
from tests.contracts.warehouse.mutations import all_mutations
from tests.contracts.warehouse.mutations.mutation import Mutation
from tests.contracts.warehouse.player import play

HANGS_AFTER_SECONDS = 30.0
MOST_HANGING = 3
NAMES_SHOWN = 3


def noticing(backend: Backend, cases: Sequence[Case], folder: Path) -> list[str]:
    """The names of the cases that fail or hang."""
    found, hanging = [], 0
    for case in cases:
        passed = threading.Event()
        thread = threading.Thread(target=_play, args=(case, backend, folder, passed), daemon=True)
        thread.start()
        thread.join(HANGS_AFTER_SECONDS)
        hanging += thread.is_alive()
        if not passed.is_set():
            found.append(case.name)
        if hanging == MOST_HANGING:
            break
    return found


def _play(case: Case, backend: Backend, folder: Path, passed: threading.Event) -> None:
    try:
        play(case, backend, folder)
    except Exception:  # noqa: BLE001 - whatever it is, the case has noticed
        return
    passed.set()


def _tell_noticing(name: str, folder: str, to: Connection) -> None:
    """Runs in the process of one mutation; everything temporary goes below the folder."""
    tempfile.tempdir = folder
    mutation = next(one for one in all_mutations() if one.name == name)
    mutation.apply(pytest.MonkeyPatch())
    with fresh_stand_in() as backend:
        to.send(noticing(backend, all_cases(), Path(folder)))
        os._exit(0)  # Threads that hang would keep the process.


def noticed(mutation: Mutation) -> list[str]:
    """The names of the cases that notice a mutation."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        process = spawn.Process(target=_tell_noticing, args=(mutation.name, folder, theirs))
        process.start()
        theirs.close()
        names: list[str] = ours.recv()
        process.join()
    return names


def main() -> int:
    """1 when a mutation is noticed by no case."""
    parser = argparse.ArgumentParser(prog="python -m tests.contracts.warehouse.mutate", description=__doc__)
    parser.add_argument("--name", default="", help="only mutations whose name holds this text")
    arguments = parser.parse_args()
    sys.stdout.write("| mutation | cases that notice | first of them |\n|---|---|---|\n")
    is_hole = False
    for mutation in all_mutations():
        if arguments.name in mutation.name:
            names = noticed(mutation)
            is_hole = is_hole or not names
            first = "; ".join(names[:NAMES_SHOWN])
            sys.stdout.write(f"| {mutation.name} | {len(names)} | {first} |\n")
            sys.stdout.flush()
    return int(is_hole)


if __name__ == "__main__":
    raise SystemExit(main())
