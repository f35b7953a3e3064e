"""docker-compose.yaml as Compose reads it, and what its services come to on this machine without containers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from local.stack.folders import PROJECT

TEXT = (PROJECT / "docker-compose.yaml").read_text(encoding="utf-8")
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
AIRFLOW_SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer")

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
_IMAGE_VARIABLE = re.compile(r"^(?:ENV|   ) (\w+)=(\S+)", re.MULTILINE)


def services_of(variables: Mapping[str, str]) -> dict[str, Any]:
    """The services, with `${NAME:?…}` and `${NAME:-…}` replaced.

    https://docs.docker.com/reference/compose-file/interpolation/

    Raises:
        KeyError: A required variable is missing or empty.
    """

    def value(match: re.Match[str]) -> str:
        default = match["rest"] if match["kind"] == "-" else ""
        given = variables.get(match["name"]) or default
        if not given:
            raise KeyError(match["name"])
        return given

    services: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(value, TEXT))["services"]
    return services


def image_environment() -> dict[str, str]:
    """The variables that the Dockerfile sets, PATH left out."""
    found = dict(_IMAGE_VARIABLE.findall(DOCKERFILE[DOCKERFILE.index("\nENV ") :]))
    return {name: value for name, value in found.items() if name != "PATH"}


def moved(text: str, places: Mapping[str, str]) -> str:
    """The text with each place of the containers (a host, a folder, a port) replaced by ours, in one pass."""
    pattern = "|".join(re.escape(place) for place in sorted(places, key=len, reverse=True))
    return re.sub(pattern, lambda match: places[match[0]], text)
