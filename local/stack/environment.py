"""The environment variables under which an embedded stack runs."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.stack.credentials import Credentials
from local.stack.folders import PROJECT, StackFolders
from local.stack.ports import LOOPBACK

PORT_NAMES = ("api", "worker_log", "trigger_log", "warehouse")

_PROXY_VARIABLES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY"})
_FOREIGN_PREFIXES = ("AIRFLOW", "_AIRFLOW", "SNOWFLAKE_", "SQLALCHEMY_")


@dataclass(frozen=True)
class StackSetup:
    """What one stack is made of; `environment` is added last and may override anything."""

    folders: StackFolders
    dags: Path = PROJECT / "dags"
    configs: Path = PROJECT / "include" / "configs"
    plugins: Path = PROJECT / "plugins"
    environment: Mapping[str, str] = field(default_factory=dict)


def stack_environment(
    setup: StackSetup, ports: Mapping[str, int], credentials: Credentials
) -> dict[str, str]:
    """All variables for the processes of a stack: the caller's without what could mislead, then ours.

    Airflow variables of the caller's shell would move the stack to another database; its proxy variables
    would send loopback traffic to a proxy and beat the proxy of an Airflow connection. Both are dropped.
    Contains secrets: not for printing.
    """
    return {
        **inherited_environment(os.environ),
        **_core_settings(setup, credentials),
        **_network_settings(ports, credentials),
        **_tempo_settings(),
        **_sfetl_settings(setup),
        **setup.environment,
    }


def inherited_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The caller's variables without Airflow's, Snowflake's and the proxies'; this Python's tools first."""
    kept = {name: value for name, value in variables.items() if not _is_misleading(name)}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return kept


def _is_misleading(name: str) -> bool:
    return name.upper() in _PROXY_VARIABLES or name.startswith(_FOREIGN_PREFIXES)


def _core_settings(setup: StackSetup, credentials: Credentials) -> dict[str, str]:
    home = setup.folders.airflow.resolve()
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(setup.dags.resolve()),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(setup.plugins.resolve()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__FERNET_KEY": credentials.fernet_key,
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        # Whoever reaches the port is admin: the ports are on loopback only.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(setup.folders.logs.resolve() / "tasks"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GX_ANALYTICS_ENABLED": "false",
    }


def _network_settings(ports: Mapping[str, int], credentials: Credentials) -> dict[str, str]:
    address = f"http://{LOOPBACK}:{ports['api']}"
    return {
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(ports["api"]),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__SECRET_KEY": credentials.session_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": credentials.jwt_secret,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(ports["worker_log"]),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports["trigger_log"]),
    }


def _tempo_settings() -> dict[str, str]:
    return {
        # Edited DAGs and configs appear within seconds, not minutes.
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "2",
        # A worker that was killed outright is noticed by its missing heartbeat only; the default is 300 s.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        # Airflow's supervisor can miss a task's end and look again only after this time (5 s by default): each
        # task ends sooner, and a deferral is known before its trigger fires.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        # Between two tasks the scheduler may sleep that long (1 s by default).
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
        "AIRFLOW__SFETL__PRELOAD": "True",
    }


def _sfetl_settings(setup: StackSetup) -> dict[str, str]:
    folders = setup.folders
    return {
        "AIRFLOW__SFETL__CONFIGS_DIR": str(setup.configs.resolve()),
        "AIRFLOW__SFETL__BASE_PATH": str(folders.incoming.resolve()),
        "AIRFLOW__SFETL__SCRATCH_DIR": str(folders.scratch.resolve()),
        "AIRFLOW__SFETL__REPORTS_DIR": str(folders.reports.resolve()),
    }
