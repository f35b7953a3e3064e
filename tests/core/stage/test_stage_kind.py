from __future__ import annotations

from collections.abc import Sequence

import pytest

from sfetl_provider.core.errors import StageUnusableError
from sfetl_provider.core.events import Event
from sfetl_provider.core.ports import Bind, QueryResult, StagedEntry
from sfetl_provider.core.stage.stage_kind import open_stage
from tests.core.fakes import NOON, InMemoryStage, plan


class _Shown(InMemoryStage):
    """A stage of a type, as SHOW STAGES tells it, with one file of 1,008 bytes."""

    def __init__(self, *stages: tuple[str, str]) -> None:
        super().__init__()
        self.stages = stages

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        assert statement == 'SHOW STAGES LIKE \'CHUNKS\' IN SCHEMA "DEMO"."SFETL"'
        return QueryResult(("name", "type"), self.stages, "", len(self.stages))

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        return [StagedEntry("part", 1008, NOON)]


def test_a_stage_that_encrypts_itself_shows_our_sizes() -> None:
    events: list[Event] = []

    stage = open_stage(_Shown(("chunks", "EXTERNAL"), ("CHUNKS", "INTERNAL NO CSE")), plan(), events.append)

    (entry,) = stage.list_stage("@x/")
    assert (entry.holds(1008), entry.holds(1007), events) == (True, False, [])


def test_a_stage_whose_clients_encrypt_shows_padded_sizes_and_is_told() -> None:
    events: list[Event] = []

    (entry,) = open_stage(_Shown(("CHUNKS", "INTERNAL")), plan(), events.append).list_stage("@x/")

    assert [size for size in range(960, 1040) if entry.holds(size)] == list(range(992, 1008))
    assert "client-side encryption" in str(events[0])


@pytest.mark.parametrize(
    ("stages", "why"), [((), "does not exist"), ((("CHUNKS", "EXTERNAL"),), "is of type EXTERNAL")]
)
def test_a_stage_that_takes_no_chunks_is_refused_with_the_remedy(
    stages: tuple[tuple[str, str], ...], why: str
) -> None:
    with pytest.raises(StageUnusableError, match=why) as caught:
        open_stage(_Shown(*stages), plan(), lambda _: None)

    assert 'CREATE STAGE "DEMO"."SFETL"."CHUNKS" ENCRYPTION=(TYPE=\'SNOWFLAKE_SSE\')' in str(caught.value)
