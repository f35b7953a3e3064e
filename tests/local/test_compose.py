"""docker-compose.yaml: its structure, its secrets, and commands that the installed programs know."""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from local.stack_folders import PROJECT

TEXT = (PROJECT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def test_the_services_are_those_of_an_airflow_with_postgres_and_the_demo_profile() -> None:
    assert set(SERVICES) == {"postgres", "init", "warehouse", *COMPONENTS}
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["warehouse"]


def test_dependencies_and_volumes_exist() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])


def test_each_secret_is_required_from_outside_and_has_a_line_in_the_example() -> None:
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    for name in re.findall(r"\$\{(\w+)", TEXT):
        assert f"{name}=" in example
    defaults = re.findall(r"\$\{(\w+):-", TEXT)
    assert defaults == ["AIRFLOW_PORT"]


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("service", ["init", *COMPONENTS, "warehouse"])
def test_the_command_is_one_that_its_program_knows(service: str) -> None:
    program, *arguments = SERVICES[service]["command"]
    command = [sys.executable, *(["-m", "airflow"] if program == "airflow" else []), *arguments, "--help"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, "usage" in done.stdout.lower()) == (0, True), done.stderr
