"""Installing what a lock names from the package index through Squid, against direct, with nothing cached.

    python -m benchmarks.install [--lock requirements.txt] [--rounds 6]

Run from the project's root with the environment of the tests; Squid must be installed, the package index in reach.
Each round installs by each way, the next one in the other order, since the machine's own speed drifts by more than
the proxy costs; the median of each way counts. Downloads the lock's packages anew each time.
Appends to RESULTS.md.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.results import MACHINE_COLUMNS, append_rows, machine_cells
from tests.adapters.squid import running_squid

HEADING = f"""
## Installing through a proxy

`python -m benchmarks.install`: `uv pip sync --no-cache` of a lock into an empty environment; the package index
over TLS, directly and through Squid on this machine, in changing order; the median of the rounds (of the first
four rows: the best of two and of three, always directly first).

| {MACHINE_COLUMNS} | lock | way | s | of direct |
|---|---|---|---|---|---|---|---|
"""
UV = str(Path(sys.executable).with_name("uv"))
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def seconds_of(lock: str, proxy: str) -> float:
    """Install into an environment of its own, through a proxy if one is named."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment |= dict.fromkeys(VARIABLES, proxy) if proxy else {}
    with TemporaryDirectory() as folder:
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder + "/venv"], check=True)
        command = [UV, "pip", "sync", "--quiet", "--no-cache", "--python", folder + "/venv/bin/python", lock]
        began = time.monotonic()
        subprocess.run(command, check=True, env=environment)
        return time.monotonic() - began


def main() -> None:
    """Measure both ways, and see in Squid's log that it was one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.install", description=__doc__)
    parser.add_argument("--lock", default="requirements.txt")
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    with running_squid(scheme="none", allowed="all") as squid:
        ways = {"direct": "", "Squid": f"http://127.0.0.1:{squid.port}"}
        rounds: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(given.rounds):
            for name in sorted(ways, reverse=number % 2 == 1):
                rounds[name].append(seconds_of(given.lock, ways[name]))
                print(f"{name} {rounds[name][-1]:.1f} s")
        tunnels = squid.stop()
    assert tunnels, "nothing went through Squid"
    assert {found.status for found in tunnels} == {200}
    seconds = {name: median(times) for name, times in rounds.items()}
    rows = [
        f"| {machine_cells()} | {given.lock} | {name} | {taken:.1f} | {taken / seconds['direct']:.2f} |"
        for name, taken in seconds.items()
    ]
    append_rows(HEADING, rows)
    print("\n".join(rows), f"{len(tunnels)} tunnels in Squid's log", sep="\n")


if __name__ == "__main__":
    main()
