"""The environment of the processes that we start."""

from __future__ import annotations

import os
import sys


def child_environment() -> dict[str, str]:
    """Give this process's environment without Airflow's connections, and the way to our modules."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    return environment
