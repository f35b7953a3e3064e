"""Commands run as a user runs them, in a process in which Airflow and Snowflake cannot be imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

PACKAGE_FOLDER = Path(__file__).parents[2] / "plugins"
_WITHOUT_AIRFLOW = (
    "import runpy, sys\n"
    "sys.modules.update(airflow=None, snowflake=None)\n"
    "runpy.run_module('sfetl_provider', run_name='__main__', alter_sys=True)"
)


class Ended(NamedTuple):
    """A command that has ended: exit code, what it said and what it complained about."""

    code: int
    said: str
    complained: str


def run(*arguments: str | Path, folder: Path, **environment: str) -> Ended:
    """Run `python -m sfetl_provider …` in a folder."""
    process = subprocess.run(
        [sys.executable, "-c", _WITHOUT_AIRFLOW, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    return Ended(process.returncode, process.stdout, process.stderr)
