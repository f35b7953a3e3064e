"""Wait until the parts of an embedded stack answer."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import httpx

from local.stack.airflow_api import AirflowApi, AirflowApiError
from local.stack.processes import BackgroundProcess, is_alive, log_tail
from local.stack.waiting import wait_until
from local.stack.warehouse_client import WarehouseClient

POLL_SECONDS = 0.25
WAREHOUSE_TIMEOUT_SECONDS = 60
AIRFLOW_TIMEOUT_SECONDS = 240

_HEARTBEATS = {
    "scheduler": "latest_scheduler_heartbeat",
    "triggerer": "latest_triggerer_heartbeat",
    "dag_processor": "latest_dag_processor_heartbeat",
}


class StackFailedError(Exception):
    """A process of the stack died or did not become healthy; the message shows the end of its log."""


def wait_for_warehouse(warehouse: WarehouseClient, processes: Sequence[BackgroundProcess]) -> None:
    """Return when the warehouse answers its health check."""

    def answers() -> bool:
        try:
            return httpx.get(f"{warehouse.address}/health", timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            return False

    _wait("An answer of the local warehouse", answers, processes, WAREHOUSE_TIMEOUT_SECONDS)


def wait_for_airflow(api: AirflowApi, processes: Sequence[BackgroundProcess]) -> None:
    """Return when the api-server answers and every component has beaten since it was started.

    Heartbeats of the run before count as healthy for half a minute in Airflow's own eyes, not in ours.
    """
    started_at = min(process.created_at for process in processes)

    def is_healthy() -> bool:
        try:
            return is_beating(api.health(), started_at)
        except (httpx.TransportError, AirflowApiError):
            return False

    _wait("A heartbeat of each of Airflow's components", is_healthy, processes, AIRFLOW_TIMEOUT_SECONDS)


def is_beating(health: dict[str, dict[str, str | None]], started_at: float) -> bool:
    """Whether the answer of Airflow's health endpoint shows every component alive since `started_at`."""
    start = datetime.fromtimestamp(started_at, UTC)
    beats = [health[component][key] for component, key in _HEARTBEATS.items()]
    is_fresh = all(beat is not None and datetime.fromisoformat(beat) >= start for beat in beats)
    return is_fresh and all(part["status"] == "healthy" for part in health.values())


def _wait(
    what: str, is_ready: Callable[[], bool], processes: Sequence[BackgroundProcess], timeout_seconds: float
) -> None:
    def is_ready_or_broken() -> bool:
        _check_all_alive(processes)
        return is_ready()

    try:
        wait_until(is_ready_or_broken, what, timeout_seconds, POLL_SECONDS)
    except TimeoutError as error:
        raise StackFailedError(
            f"{error}. Everything that was started is stopped again; look at the logs, then start once "
            f"more.\n{_tails(processes)}"
        ) from error


def _check_all_alive(processes: Sequence[BackgroundProcess]) -> None:
    dead = [process for process in processes if not is_alive(process)]
    if dead:
        names = ", ".join(process.name for process in dead)
        raise StackFailedError(
            f"{names} ended while starting. Everything else is stopped again; the end of its log says why.\n"
            f"{_tails(dead)}"
        )


def _tails(processes: Sequence[BackgroundProcess]) -> str:
    return "\n".join(f"--- {process.log_file}\n{log_tail(process)}" for process in processes)
