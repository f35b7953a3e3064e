"""docker-compose.yaml and Dockerfile: valid, nothing secret in them, nothing open to the network."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from local.stack.folders import PROJECT
from local.warehouse.__main__ import command_line
from tests.local.compose_file import AIRFLOW_SERVICES, DOCKERFILE, TEXT, image_environment, services_of

COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
SCHEMA = PROJECT / "tests" / "local" / "compose" / "compose-spec.json"
REQUIRED = set(re.findall(r"\$\{(\w+):\?", TEXT))


def test_it_follows_the_schema_of_the_compose_specification() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    faults = jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE)
    assert [f"{fault.json_path}: {fault.message}" for fault in faults] == []


def test_the_schema_refuses_what_compose_would() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    wrong = {"services": {"api": {"image": "x", "comand": ["y"]}}}
    assert [fault.json_path for fault in jsonschema.Draft202012Validator(schema).iter_errors(wrong)]


def test_the_services_are_those_of_an_airflow_with_postgres_and_the_demo_profile() -> None:
    assert set(SERVICES) == {"postgres", "init", "warehouse", *AIRFLOW_SERVICES}
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["warehouse"]


def test_every_service_that_stays_says_whether_it_is_healthy() -> None:
    assert [name for name, service in SERVICES.items() if "healthcheck" not in service] == ["init"]


def test_dependencies_and_volumes_exist() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        sources = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {source for source in sources if "$" not in source} <= set(COMPOSE["volumes"])


def test_named_volumes_of_the_image_cover_folders_that_it_made_for_its_user() -> None:
    made = re.search(r"mkdir -p (.*?) \\\n +&& chown -R airflow:0 (.*)", DOCKERFILE)
    assert made
    for service in (*AIRFLOW_SERVICES, "init", "warehouse"):
        folders = [volume.split(":")[1] for volume in SERVICES[service]["volumes"] if "$" not in volume]
        for folder in folders:
            assert any(path.startswith(folder) for path in made[1].split())
            assert any(folder.startswith(path) for path in made[2].split())


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_without_a_secret_compose_refuses_and_the_example_names_it(name: str) -> None:
    variables = dict.fromkeys(REQUIRED, "given")
    assert services_of(variables)
    with pytest.raises(KeyError, match=name):
        services_of(variables | {name: ""})
    assert re.search(rf"^{name}=$", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)


def test_only_the_port_has_a_default() -> None:
    assert {"POSTGRES_PASSWORD", "FERNET_KEY", "JWT_SECRET", "API_SECRET_KEY"} <= REQUIRED
    assert set(re.findall(r"\$\{(\w+)", TEXT)) - REQUIRED == {"AIRFLOW_PORT"}
    assert re.findall(r"\$\{(\w+):-", TEXT) == ["AIRFLOW_PORT"]


def test_the_warehouse_is_started_with_a_command_that_it_understands() -> None:
    python, flag, module, *words = SERVICES["warehouse"]["command"]
    assert (python, flag, module) == ("python", "-m", "local.warehouse")
    options = command_line().parse_args(words)
    assert (options.verb, options.host, str(options.folder)) == ("serve", "0.0.0.0", "/warehouse")  # noqa: S104
    assert f":{options.port}/health" in SERVICES["warehouse"]["healthcheck"]["test"][-1]
    assert SERVICES["warehouse"]["volumes"] == [f"warehouse:{options.folder}"]


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"]


def test_the_passwords_file_is_writable_where_airflow_opens_it_for_writing() -> None:
    path = SERVICES["api-server"]["environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]
    mounts = [volume for volume in SERVICES["api-server"]["volumes"] if f":{path}" in volume]
    assert [mount.endswith(f":{path}") for mount in mounts] == [True]


def test_the_image_runs_as_a_user_with_what_the_lock_names_and_copies_what_exists() -> None:
    assert DOCKERFILE.index("\nUSER airflow") > DOCKERFILE.rindex("\nRUN ")
    assert all(":latest" not in line for line in re.findall(r"^FROM .*", DOCKERFILE, re.MULTILINE))
    copied = [match.split() for match in re.findall(r"^COPY ([^-].*) \S+$", DOCKERFILE, re.MULTILINE)]
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    names = {name for names in copied for name in names}
    optional = {name for name in names if "[" in name}  # a pattern, so that nothing need be there
    assert all((PROJECT / name).exists() for name in names - optional)
    assert {f"!{re.sub(r'[][]', '', name)}" for name in names} <= set(ignored)


def test_uv_is_that_of_the_makefile() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    in_makefile, in_dockerfile = (
        re.findall(r"UV_VERSION *:?= *([\d.]+)", text) for text in (makefile, DOCKERFILE)
    )
    assert in_makefile == in_dockerfile != []


def test_the_image_points_airflow_at_what_it_copied() -> None:
    environment = image_environment()
    for name in ("AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__SFETL__CONFIGS_DIR"):
        assert (PROJECT / environment[name].removeprefix("/opt/sfetl/")).is_dir()
