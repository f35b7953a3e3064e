"""The documentation names what exists, and what it names exists."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from local.warehouse.serving.faults import ROUTES, Fault
from sfetl_provider.core import errors
from sfetl_provider.core.config.expectation_kinds import KINDS
from sfetl_provider.core.config.reference import reference_text
from sfetl_provider.core.qc.expectation_joining import PER_FILE
from tests.contracts.warehouse.cases import all_cases

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
    bases = {"FeedOperator", "FileOperator", "RunReportOperator", "ApprovedReportOperator"}
    inner = {"SfetlRetryPolicy", "TaskCheckpoints", "FinishedTasks", "OauthTokens"}

    missing = [
        name for name in public_classes(folder) if name not in bases | inner and f"`{name}`" not in page
    ]

    assert missing == []


def test_every_file_that_the_architecture_names_exists() -> None:
    page = (PROJECT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`((?:\w+/)*[\w.-]+\.(?:py|j2|css))`", page))
    folders = ("plugins", "local", "tests", "benchmarks", "dags")
    files = [f"/{path}" for folder in folders for path in (PROJECT / folder).rglob("*.*")]

    assert len(named) > 100
    assert sorted(name for name in named if not any(file.endswith(f"/{name}") for file in files)) == []


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


def test_every_type_of_expectation_is_documented_with_how_it_is_judged() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text()
    section = page.partition("## Quality control: suites")[2].partition("\n## ")[0]
    listed = re.findall(r"`((?:column|compound|multicolumn|select|table)\w+)`(\\\*)?(?=[, ])", section)

    assert {f"expect_{name}" for name, _ in listed} == set(KINDS)
    assert {f"expect_{name}" for name, is_per_file in listed if is_per_file} == PER_FILE


DEVIATIONS = PROJECT / "docs" / "local-warehouse-deviations.md"
ROW = re.compile(r"^\| .+ \|.*\| (.+) \|$", re.M)
CASE_PAGE = re.compile(r"(sql-reference|user-guide|developer-guide)(/[\w-]+)+")


def pins() -> list[str]:
    """The last column of the tables of deviations, without their heads."""
    return [pin for pin in ROW.findall(DEVIATIONS.read_text()) if pin not in ("pinned by", "---")]


def test_every_deviation_says_what_pins_it() -> None:
    form = re.compile(r"–|case: `.+`|`tests/[\w/]+\.py::\w+`")

    assert len(pins()) > 50
    assert [pin for pin in pins() if not form.fullmatch(pin)] == []


def test_cases_that_pin_a_deviation_exist() -> None:
    known = {case.name for case in all_cases()}

    assert [name for pin in pins() for name in re.findall(r"case: `(.+)`", pin) if name not in known] == []


def test_tests_that_pin_a_deviation_exist() -> None:
    named = [found for pin in pins() for found in re.findall(r"`(tests/.+\.py)::(\w+)`", pin)]

    assert [
        f"{file}::{name}" for file, name in named if f"\ndef {name}(" not in (PROJECT / file).read_text()
    ] == []


def test_every_case_of_a_deviation_is_in_the_table() -> None:
    """Those that pin one: not those that only move the clock or change the account."""
    pinning = {case.name for case in all_cases() if case.name.startswith("deviation: ")}

    assert pinning - set(re.findall(r"case: `(.+)`", "\n".join(pins()))) == set()


def test_codes_of_undocumented_errors_are_listed() -> None:
    errors_of_cases = [
        error for case in all_cases() for step in case.steps if (error := getattr(step, "error", None))
    ]
    documented = {error.code for error in errors_of_cases if error.is_documented}
    section = DEVIATIONS.read_text().partition("## Codes and texts")[2]
    listed = {int(code) for code in re.findall(r"\b\d{6}\b", section)}

    assert {error.code for error in errors_of_cases} - documented <= listed
    assert listed & documented == set()


def test_pages_of_cases_are_paths_of_snowflakes_documentation() -> None:
    assert [case.page for case in all_cases() if not CASE_PAGE.fullmatch(case.page)] == []


STAND_IN = PROJECT / "docs" / "local-warehouse.md"


def test_every_option_of_the_stand_in_is_documented() -> None:
    program = (PROJECT / "local" / "warehouse" / "__main__.py").read_text()
    options = re.findall(r'add_argument\(\s*"(--[\w-]+)"', program)

    assert "--folder" in options
    assert [option for option in options if f"`{option}`" not in STAND_IN.read_text()] == []


def test_every_part_of_a_fault_is_documented() -> None:
    parts = [*ROUTES, *(part.name for part in fields(Fault))]

    assert [part for part in parts if f"`{part}`" not in STAND_IN.read_text()] == []


def test_every_room_of_the_stand_in_is_named_in_the_architecture() -> None:
    page = (PROJECT / "docs" / "architecture.md").read_text()
    rooms = sorted(path.parent.name for path in (PROJECT / "local" / "warehouse").glob("*/__init__.py"))

    assert rooms
    assert [room for room in rooms if f"| `{room}/` |" not in page] == []
