"""The golden cases can fail: each mutation of the stand-in is noticed by the cases that it names."""

from __future__ import annotations

from pathlib import Path

import pytest
import snowflake.connector

from tests.contracts.warehouse.backend import fresh_stand_in
from tests.contracts.warehouse.cases import all_cases
from tests.contracts.warehouse.mutations import all_mutations
from tests.contracts.warehouse.mutations.mutation import Mutation
from tests.contracts.warehouse.player import play

CASES = {case.name: case for case in all_cases()}
MUTATIONS = all_mutations()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_mutation_is_caught(mutation: Mutation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert mutation.caught_by
    mutation.apply(monkeypatch)
    with fresh_stand_in() as backend:
        for name in mutation.caught_by:
            with pytest.raises((AssertionError, snowflake.connector.errors.Error)):
                play(CASES[name], backend, tmp_path)


def test_mutations_are_many_and_distinct() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names)
    assert len(names) >= 40
