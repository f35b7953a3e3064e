"""The services of docker-compose.yaml run on this machine without containers, over a real PostgreSQL.

Commands and environment are those of the file and of the Dockerfile; hosts, ports and folders are moved. What this
cannot show: that the image builds, that its folders belong to its user, that names resolve between containers.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from local.stack.airflow_api import AirflowApi, AirflowApiError
from local.stack.environment import inherited_environment
from local.stack.folders import PROJECT
from local.stack.ports import LOOPBACK, choose_ports
from local.stack.processes import BackgroundProcess, start_background, stop_background
from local.stack.readiness import wait_for_airflow
from local.stack.waiting import wait_until
from tests.local.compose_file import AIRFLOW_SERVICES, image_environment, moved, services_of
from tests.local.postgres import RunningPostgres, running_postgres

PASSWORD = secrets.token_hex(16)
DAGS = {"load_flights", "load_weather", "drop_month"}
PORT_NAMES = ("api", "warehouse", "worker_log", "trigger_log")


@dataclass(frozen=True)
class Deployment:
    """The services of the file, and where on this machine each place of the containers is."""

    folder: Path
    services: dict[str, Any]
    places: dict[str, str]
    ports: dict[str, int]
    postgres: RunningPostgres

    def command(self, words: list[str]) -> list[str]:
        """A command of the file as it runs here."""
        here = [moved(word, self.places) for word in words]
        return [sys.executable, *here[1:]] if here[0] == "python" else here

    def environment(self, service: str) -> dict[str, str]:
        """The variables of the image, then of the service; the ports that a container has to itself last."""
        image = {**image_environment(), **self.services[service].get("environment", {})}
        own_ports = {
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(self.ports["api"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports["worker_log"]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.ports["trigger_log"]),
        }
        here = {name: moved(value, self.places) for name, value in image.items()}
        return {**inherited_environment({}), **here, **own_ports}

    def start(self, service: str) -> BackgroundProcess:
        """Start the service's command."""
        words = self.command(self.services[service]["command"])
        log = self.folder / f"{service}.log"
        return start_background(service, words, self.environment(service), log, PROJECT)

    def begin(self, service: str, words: list[str]) -> subprocess.Popen[str]:
        """Start a short command with the service's environment."""
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        environment = self.environment(service)
        return subprocess.Popen(self.command(words), env=environment, cwd=PROJECT, **output)  # type: ignore[call-overload, no-any-return]

    def healthcheck(self, service: str) -> list[str]:
        """The words of the service's health check."""
        kind, *words = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        return list(words)

    def dag_ids_in_postgres(self) -> set[str]:
        """The DAGs that PostgreSQL itself knows of."""
        return {str(row[0]) for row in self.postgres.rows("SELECT dag_id FROM dag")}


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """PostgreSQL and a folder for what containers keep in volumes; no service runs yet."""
    ports = choose_ports(PORT_NAMES, {})
    with running_postgres(PASSWORD) as postgres:
        places = {
            "@postgres/": f"@{LOOPBACK}:{postgres.port}/",
            "api-server:8080": f"{LOOPBACK}:{ports['api']}",
            "127.0.0.1:8080": f"{LOOPBACK}:{ports['api']}",
            "127.0.0.1:8084": f"{LOOPBACK}:{ports['warehouse']}",
            "0.0.0.0": LOOPBACK,  # noqa: S104  # replaced, not bound
            "8084": str(ports["warehouse"]),
            "/opt/sfetl": str(PROJECT),
            "/opt/airflow": str(tmp_path / "airflow"),
            "/data": str(tmp_path / "data"),
            "/warehouse": str(tmp_path / "warehouse"),
        }
        (tmp_path / "airflow").mkdir()
        (tmp_path / "airflow" / "passwords.json").write_text(json.dumps({"somebody": PASSWORD}))
        yield Deployment(tmp_path, services_of(_variables()), places, ports, postgres)


def test_every_service_runs_over_postgres_and_is_healthy(deployment: Deployment) -> None:
    migrated = deployment.begin("init", deployment.services["init"]["command"])
    processes = [deployment.start("warehouse")]
    try:
        output, _ = migrated.communicate(timeout=120)
        assert migrated.returncode == 0, output
        processes += [deployment.start(service) for service in AIRFLOW_SERVICES]
        api = AirflowApi(f"http://{LOOPBACK}:{deployment.ports['api']}")
        wait_for_airflow(api, processes)
        _check_health(deployment)
        _check_logins(api)
        wait_until(lambda: api.dag_ids() >= DAGS, "parsing the DAGs", 60)
        assert api.import_errors() == []
        assert deployment.dag_ids_in_postgres() >= DAGS
    finally:
        killed = stop_background(processes, grace_seconds=20)
    assert killed == []


def _check_health(deployment: Deployment) -> None:
    checks = {
        service: deployment.begin(service, deployment.healthcheck(service))
        for service in (*AIRFLOW_SERVICES, "warehouse")
    }
    checks["db"] = deployment.begin("init", ["airflow", "db", "check"])
    outputs = {name: check.communicate(timeout=120)[0] for name, check in checks.items()}
    failed = {name: outputs[name] for name, check in checks.items() if check.returncode}
    assert failed == {}


def _check_logins(api: AirflowApi) -> None:
    with pytest.raises(AirflowApiError) as refused:
        api.dag_ids()
    assert refused.value.status == httpx.codes.UNAUTHORIZED
    with pytest.raises(AirflowApiError) as wrong:
        api.log_in("somebody", "a guess")
    assert wrong.value.status == httpx.codes.UNAUTHORIZED
    api.log_in("somebody", PASSWORD)


def _variables() -> dict[str, str]:
    return {
        "POSTGRES_PASSWORD": PASSWORD,
        "FERNET_KEY": Fernet.generate_key().decode(),
        "JWT_SECRET": secrets.token_urlsafe(64),
        "API_SECRET_KEY": secrets.token_urlsafe(64),
        "AIRFLOW_USERS": "somebody:admin",
        "AIRFLOW_PASSWORDS_FILE": "passwords.json",
    }
