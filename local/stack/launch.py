"""Start the processes of an embedded stack."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version

from local.stack.environment import StackSetup
from local.stack.folders import PROJECT
from local.stack.ports import LOOPBACK
from local.stack.processes import BackgroundProcess, start_background

WAREHOUSE_PROCESS = "warehouse"
AIRFLOW_COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")

Environment = Mapping[str, str]


class DatabaseNotPreparedError(Exception):
    """`airflow db migrate` failed; the message ends with what it printed."""


def launch_warehouse(
    setup: StackSetup, ports: Mapping[str, int], environment: Environment
) -> BackgroundProcess:
    """Start the local warehouse on its port; its tables live in the stack's folder."""
    options = [
        "serve",
        "--host",
        LOOPBACK,
        "--port",
        str(ports["warehouse"]),
        "--folder",
        str(setup.folders.warehouse),
    ]
    return _launch(setup, WAREHOUSE_PROCESS, [sys.executable, "-m", "local.warehouse", *options], environment)


def launch_airflow(setup: StackSetup, environment: Environment) -> list[BackgroundProcess]:
    """Start Airflow's components side by side; none is ready when this returns."""
    return [launch_component(setup, component, environment) for component in AIRFLOW_COMPONENTS]


def launch_component(setup: StackSetup, component: str, environment: Environment) -> BackgroundProcess:
    """Start one of Airflow's components; it is not ready when this returns."""
    return _launch(setup, component, [sys.executable, "-m", "airflow", component], environment)


def prepare_database(setup: StackSetup, environment: Environment, say: Callable[[str], None]) -> None:
    """Create or upgrade Airflow's database, unless this version of Airflow has already done so here (5 s).

    Raises:
        DatabaseNotPreparedError: Airflow could not; the database is as it was or half upgraded.
    """
    mark = setup.folders.airflow / f"migrated-{version('apache-airflow-core')}"
    if mark.exists() and (setup.folders.airflow / "airflow.db").exists():
        return
    say("Preparing Airflow's database …")
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(
        command, env=dict(environment), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise DatabaseNotPreparedError(
            f"Airflow's database in {setup.folders.airflow} could not be prepared. Everything that was "
            "started is stopped again. If that folder holds nothing that you need, delete it; then start "
            f"again.\n{tail}"
        )
    mark.touch()


def _launch(setup: StackSetup, name: str, command: list[str], environment: Environment) -> BackgroundProcess:
    log_file = setup.folders.logs.resolve() / f"{name}.log"
    return start_background(name, command, environment, log_file, folder=PROJECT)
