"""The golden cases, each on each backend."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.contracts.warehouse.backend import Backend
from tests.contracts.warehouse.case import Advance, Case
from tests.contracts.warehouse.cases import all_cases
from tests.contracts.warehouse.conftest import BACKENDS
from tests.contracts.warehouse.player import play

CASES = all_cases()


@pytest.mark.parametrize(
    ("backend", "case"),
    [(name, case) for name in BACKENDS for case in CASES if name == "local" or not case.only_here],
    ids=lambda value: value.name if isinstance(value, Case) else value,
    indirect=["backend"],
)
def test_case(case: Case, backend: Backend, tmp_path: Path) -> None:
    play(case, backend, tmp_path)


def test_names_are_unique() -> None:
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


def test_each_names_its_page() -> None:
    assert [
        case.name
        for case in CASES
        if not case.page.startswith(("sql-reference/", "user-guide/", "developer-guide/"))
    ] == []


def test_who_moves_the_clock_says_so() -> None:
    moving = [case for case in CASES if any(isinstance(step, Advance) for step in case.steps)]
    assert [case.name for case in moving if not case.only_here] == []
