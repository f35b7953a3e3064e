"""Cleaning is checked by looking afterwards."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.ports import Bind, QueryResult, StagedEntry
from sfetl_provider.core.stage.cleaning import clean_stage
from tests.core.fakes import NOON, InMemoryStage, plan


class RemovingStage(InMemoryStage):
    """A stage whose REMOVE answers with two files and leaves `left`."""

    def __init__(self, left: list[StagedEntry]) -> None:
        super().__init__()
        self.left = left
        self.statements: list[str] = []

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        self.statements.append(statement)
        return QueryResult(("name", "result"), (("a", "removed"), ("b", "removed")), "q", 2)

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        return self.left


def test_a_clean_stage_gives_the_number_of_files_removed() -> None:
    stage = RemovingStage([])

    assert clean_stage(stage, plan()) == 2
    assert stage.statements[0].startswith("REMOVE '@\"")


def test_a_file_that_is_left_is_an_error() -> None:
    with pytest.raises(ReconciliationError, match="1 files are still on the stage"):
        clean_stage(RemovingStage([StagedEntry("x", 1, NOON)]), plan())
