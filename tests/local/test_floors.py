"""Floors of dependencies: the lock of the floors holds what is declared, and what is declared is used."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from local.stack.folders import PROJECT

INPUTS = ("requirements.in", "requirements-dev.in")
# Used without being imported: by Airflow by its name in the database's URL, and to install the project.
UNIMPORTED = {"apache-airflow-providers-postgres", "hatchling", "editables"}
# Imported by another name than their own.
MODULES = {
    "apache-airflow": "airflow",
    "pyspnego": "spnego",
    "snowflake-connector-python": "snowflake.connector",
}


def requirements_of(name: str) -> list[Requirement]:
    """What a file of requirements names itself, or pyproject.toml."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    if name == "pyproject.toml":
        return [Requirement(line) for line in tomllib.loads(text)["project"]["dependencies"]]
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def floor_of(requirement: Requirement) -> Version:
    """The oldest version that it allows; each must say one."""
    floors = [Version(found.version) for found in requirement.specifier if found.operator == ">="]
    assert len(floors) == 1, f"{requirement} says no floor"
    return floors[0]


def pins_of(lock: str) -> dict[str, Version]:
    """The versions of a lock; of those that differ by Python's version the oldest."""
    text = (PROJECT / lock).read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)(?:\[\S+\])?==([^\s;]+)", text, re.MULTILINE)
    versions: dict[str, Version] = {}
    for name, version in found:
        versions[name] = min(Version(version), versions.get(name, Version(version)))
    return versions


@pytest.mark.parametrize("name", [*INPUTS, "pyproject.toml"])
def test_the_lock_of_the_floors_holds_each_floor(name: str) -> None:
    pins = pins_of("requirements-floors.txt")
    wrong = {
        str(requirement): str(pins.get(canonicalize_name(requirement.name)))
        for requirement in requirements_of(name)
        if pins.get(canonicalize_name(requirement.name)) != floor_of(requirement)
    }
    assert wrong == {}, "a floor that was changed (make lock), or that nothing can be installed with"


def test_what_the_package_declares_is_what_is_installed() -> None:
    declared = {str(requirement) for requirement in requirements_of("pyproject.toml")}
    assert declared <= {str(requirement) for requirement in requirements_of("requirements.in")}


def test_every_dependency_of_the_runtime_is_used() -> None:
    files = (path for folder in ("plugins", "local") for path in (PROJECT / folder).rglob("*.py"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    names = {canonicalize_name(requirement.name) for requirement in requirements_of("requirements.in")}
    unused = {name for name in names - UNIMPORTED if not is_mentioned(module_of(name), code)}
    assert unused == set()


def module_of(distribution: str) -> str:
    """The module by which a distribution is imported."""
    provider = re.sub(r"^apache-airflow-providers-", "airflow.providers.", distribution)
    return MODULES.get(distribution, provider.replace("-", "_"))


def is_mentioned(module: str, code: str) -> bool:
    """Whether code imports it, or looks for it by name."""
    name = re.escape(module)
    return bool(re.search(rf"^\s*(?:import|from) {name}\b|find_spec\(\"{name}\"\)", code, re.MULTILINE))
