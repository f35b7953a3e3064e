"""Storms: what the product does, killed again and again until it completes.

`python -m tests.system.storm --kind staging|load|drop|airflow --kills 30 --seed 1 [--record]` (`make storm`); some
kills of each but airflow run with the tests.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.results import append_rows, machine_cells
from tests.system import airflow_storm, load_storm, staging_storm

HEADINGS = {
    "staging": staging_storm.HEADING,
    "load": load_storm.LOAD_HEADING,
    "drop": load_storm.DROP_HEADING,
    "airflow": airflow_storm.HEADING,
}
Storm = staging_storm.Storm | load_storm.LoadStorm | airflow_storm.AirflowStorm


def storm(kind: str, folder: Path, kills: int, seed: int) -> AbstractContextManager[Storm]:
    """The storm of a kind."""
    if kind == "airflow":
        return airflow_storm.airflow_storm(folder, seed)
    if kind == "staging":
        return staging_storm.staging_storm(folder, kills, seed)
    return load_storm.load_storm(folder, seed, with_drop=kind == "drop")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.system.storm", description=__doc__)
    parser.add_argument("--kind", choices=sorted(HEADINGS), default="staging")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true", help="file the row in benchmarks/RESULTS.md")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as name,
        storm(given.kind, Path(name), given.kills, given.seed) as blowing,
    ):
        blowing.blow(given.kills)
    seconds = time.monotonic() - began
    cells = (machine_cells(), str(given.seed), *blowing.cells(), f"{seconds:.0f}")
    row = f"| {' | '.join(cells)} |"
    heading = HEADINGS[given.kind]
    sys.stdout.write(f"{heading.lstrip()}{row}\n")
    for step, times in sorted(blowing.deaths.items()):
        sys.stdout.write(f"{times:4} {step}\n")
    if given.record:
        append_rows(heading, [row])


if __name__ == "__main__":
    main()
