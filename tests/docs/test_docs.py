"""The documentation names what exists, and what it names exists."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from sfetl_provider.core import errors
from sfetl_provider.core.config.reference import reference_text

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "plugins" / "sfetl_provider"
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
SKIN = ("operators", "sensors", "triggers", "hooks")


def public_classes(folder: str) -> list[str]:
    """The public classes of a folder, by reading: importing them would need Airflow."""
    found = [
        re.findall(r"^class ([A-Z]\w+)\(", path.read_text(), re.M) for path in (PACKAGE / folder).glob("*.py")
    ]
    return [name for names in found for name in names]


def test_the_reference_of_config_keys_is_up_to_date() -> None:
    page = PROJECT / "docs" / "configuration-reference.md"

    assert page.read_text() == reference_text(), "run: python -m sfetl_provider reference"


def test_every_error_is_explained_to_the_engineer_on_call() -> None:
    page = (PROJECT / "docs" / "operations.md").read_text()
    abstract = {"SfetlError", "TransientError"}
    kinds = inspect.getmembers(errors, lambda kind: inspect.isclass(kind) and issubclass(kind, Exception))

    for name, kind in kinds:
        row = f"| `{name}` | {'yes' if kind.is_retryable else 'no'} |"
        assert name in abstract or row in page, row
    named = set(re.findall(r"^\| `(\w+Error)`", page, re.M))
    assert named == {name for name, _ in kinds} - abstract


@pytest.mark.parametrize("folder", SKIN)
def test_every_class_that_users_meet_is_named_in_the_architecture(folder: str) -> None:
    page = (PROJECT / "docs" / "architecture.md").read_text()
    bases = {"FeedOperator", "FileOperator", "RunReportOperator"}
    inner = {"SfetlRetryPolicy", "TaskCheckpoints", "FinishedTasks"}

    missing = [
        name for name in public_classes(folder) if name not in bases | inner and f"`{name}`" not in page
    ]

    assert missing == []


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):.*##", (PROJECT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`)make (\w+)", (PROJECT / "README.md").read_text(), re.M))

    assert {"demo", "test", "up", "down"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_settings_of_the_deployment_are_documented() -> None:
    from sfetl_provider.get_provider_info import get_provider_info

    page = (PROJECT / "docs" / "configuration.md").read_text()
    for option in get_provider_info()["config"]["sfetl"]["options"]:
        assert f"`{option}` | `AIRFLOW__SFETL__{option.upper()}`" in page
