"""The embedded stack: local warehouse and Airflow as background processes on loopback.

`python -m local.stack up|down|status|shell` drives the one in the project's `var/`, or in `--folder`; tests use
`running_stack`.

Airflow's four components are started side by side instead of by `airflow standalone`: it is healthy as
soon (20 s on two cores; 14 s when the database is already there), each component has its own log and its own
exit, and there is one process of 0.15 GB less.
"""

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from local.stack.airflow_api import AirflowApi
from local.stack.announce import announce
from local.stack.credentials import Credentials, load_or_create_credentials
from local.stack.environment import PORT_NAMES, StackSetup, stack_environment
from local.stack.folders import PROJECT, StackFolders
from local.stack.launch import (
    WAREHOUSE_PROCESS,
    launch_airflow,
    launch_component,
    launch_warehouse,
    prepare_database,
)
from local.stack.ports import LOOPBACK, choose_ports
from local.stack.processes import BackgroundProcess, is_alive, stop_background
from local.stack.readiness import wait_for_airflow, wait_for_warehouse
from local.stack.state import StackState, load_state, save_state
from local.stack.warehouse_client import WarehouseClient

STOP_GRACE_SECONDS = 10
TABLES_SQL = PROJECT / "local" / "input" / "tables.sql"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """A running stack; `environment` holds secrets and is meant for processes that join it."""

    setup: StackSetup
    ports: Mapping[str, int]
    processes: tuple[BackgroundProcess, ...]
    api: AirflowApi
    warehouse: WarehouseClient
    environment: Mapping[str, str] = field(repr=False)

    @property
    def folders(self) -> StackFolders:
        return self.setup.folders

    @property
    def url(self) -> str:
        return self.api.address


def start_stack(setup: StackSetup, say: Say = announce) -> Stack:
    """Return the running stack of these folders, starting it (or what is missing of it) first.

    A stack of which a process died is stopped and started again. Ports of last time are kept if free. If the
    start fails, everything that was started is stopped; files and logs stay.

    Raises:
        local.stack.readiness.StackFailedError: A process died or did not become healthy in time; shows its log.
    """
    setup.folders.create()
    with _locked(setup.folders):
        credentials = load_or_create_credentials(setup.folders.credentials_file)
        state = load_state(setup.folders.state_file)
        if state.processes and all(map(is_alive, state.processes)):
            say(f"The stack already runs at http://{LOOPBACK}:{state.ports['api']}: using it.")
            stack = _join(setup, state, credentials)
            stack.api.log_in_without_password()
            return stack
        _stop_processes(setup.folders, state, say)
        return _launch(setup, state, credentials, say)


def stop_stack(folders: StackFolders, say: Say = announce) -> None:
    """Stop the stack of these folders, tasks in flight included; data, logs and ports are kept.

    Stopping a stopped stack is no error.
    """
    if not folders.state_file.exists():
        say("No stack was started here: nothing to stop.")
        return
    with _locked(folders):
        _stop_processes(folders, load_state(folders.state_file), say)


@contextmanager
def running_stack(
    folder: Path,
    dags: Path | None = None,
    configs: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """A stack for a test: in its own folder, with these DAGs and configs, stopped at the end whatever happens."""
    default = StackSetup(folders=StackFolders(folder))
    setup = StackSetup(
        folders=default.folders,
        dags=dags or default.dags,
        configs=configs or default.configs,
        environment=environment or {},
    )
    try:
        stack = start_stack(setup)
        yield stack
    finally:
        stop_stack(setup.folders)


def restart_process(stack: Stack, component: str) -> Stack:
    """Start one of Airflow's components again that has died, for tests that kill it; give the stack with it."""
    process = launch_component(stack.setup, component, stack.environment)
    others = tuple(other for other in stack.processes if other.name != component)
    state = _started(stack.setup, StackState(ports=dict(stack.ports), processes=others), process)
    return replace(stack, processes=state.processes)


def _launch(setup: StackSetup, before: StackState, credentials: Credentials, say: Say) -> Stack:
    ports = choose_ports(PORT_NAMES, before.ports)
    environment = stack_environment(setup, ports, credentials)
    state = StackState(ports=ports)
    try:
        say("Starting the local warehouse: a stand-in, not Snowflake …")
        state = _started(setup, state, launch_warehouse(setup, ports, environment))
        prepare_database(setup, environment, say)
        for process in launch_airflow(setup, environment):
            state = _started(setup, state, process)
        say(f"Starting Airflow at http://{LOOPBACK}:{ports['api']} …")
        stack = _join(setup, state, credentials)
        _make_ready(stack)
    except BaseException:
        _stop_processes(setup.folders, state, say)
        raise
    say(f"Airflow is healthy: {stack.url}")
    return stack


def _started(setup: StackSetup, state: StackState, process: BackgroundProcess) -> StackState:
    """Record a process at once, so that even an interrupted start can be stopped."""
    grown = StackState(ports=state.ports, processes=(*state.processes, process))
    save_state(setup.folders.state_file, grown)
    return grown


def _make_ready(stack: Stack) -> None:
    wait_for_warehouse(stack.warehouse, stack.processes)
    stack.warehouse.run_script(TABLES_SQL, database=None, schema=None)
    wait_for_airflow(stack.api, stack.processes)
    stack.api.log_in_without_password()
    stack.api.put_connection(stack.warehouse.airflow_connection())


def _join(setup: StackSetup, state: StackState, credentials: Credentials) -> Stack:
    return Stack(
        setup=setup,
        ports=state.ports,
        processes=state.processes,
        api=AirflowApi(f"http://{LOOPBACK}:{state.ports['api']}"),
        warehouse=WarehouseClient(state.ports["warehouse"], credentials.snowflake_password),
        environment=stack_environment(setup, state.ports, credentials),
    )


def _stop_processes(folders: StackFolders, state: StackState, say: Say) -> None:
    living = [process for process in state.processes if is_alive(process)]
    if living:
        say(f"Stopping {', '.join(process.name for process in living)} …")
        # Airflow first: a task that is stopping may still want to talk to the warehouse.
        airflow = [process for process in living if process.name != WAREHOUSE_PROCESS]
        killed = stop_background(airflow, STOP_GRACE_SECONDS)
        killed += stop_background(
            [process for process in living if process not in airflow], STOP_GRACE_SECONDS
        )
        note = f" ({', '.join(killed)} did not end by itself and was killed)" if killed else ""
        say(f"Stopped{note}.")
    save_state(folders.state_file, StackState(ports=state.ports))


@contextmanager
def _locked(folders: StackFolders) -> Iterator[None]:
    """Two commands on the same stack take turns; a command that dies lets go."""
    folders.root.mkdir(parents=True, exist_ok=True)
    with folders.lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
