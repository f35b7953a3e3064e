"""The COPY of one month of a few chunks, over a scripted warehouse, in as many lives as a test wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sfetl_provider.core.copy_into.bad_row_list import ListPlace
from sfetl_provider.core.copy_into.batches import make_batches
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyOutcome, CopyStep, Finished, Waiting
from sfetl_provider.core.copy_into.submission import advance
from sfetl_provider.core.ports import JsonValue, QueryState, QueryStatus
from tests.core.load_samples import sample_config, sample_plan, sample_staged_file
from tests.core.scripted_warehouse import ManualClock, MemoryCheckpoints, ScriptedWarehouse, rows_of

COLUMNS = ("file", "status", "rows_parsed", "rows_loaded", "errors_seen", "first_error")
HISTORY = "QUERY_HISTORY_BY_USER"
COUNT = "SELECT COUNT(*)"
SUCCEEDED = QueryStatus(QueryState.SUCCEEDED)


ONE_A_BATCH = sample_config(load={"batch_files": 1})


class DyingCheckpoints(MemoryCheckpoints):
    """Dies once, when a value that holds some words is to be stored: a crash before that store."""

    def __init__(self) -> None:
        super().__init__()
        self.deadly_words = ""

    def set(self, key: str, value: JsonValue) -> None:
        if self.deadly_words and self.deadly_words in json.dumps(value):
            self.deadly_words = ""
            raise KeyboardInterrupt
        super().set(key, value)


@dataclass
class Bench:
    """One month of two chunks, loaded one chunk a batch."""

    chunk_records: tuple[int, ...] = (3, 2)
    warehouse: ScriptedWarehouse = field(default_factory=ScriptedWarehouse)
    checkpoints: DyingCheckpoints = field(default_factory=DyingCheckpoints)
    clock: ManualClock = field(default_factory=ManualClock)
    rejects: ListPlace | None = None
    load: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.warehouse.answer(COUNT, rows_of((sum(self.chunk_records),)))

    def advance(self) -> CopyStep:
        config = sample_config(load={"batch_files": 1, **self.load})
        job = CopyJob(sample_plan(), (sample_staged_file(self.chunk_records),), config, self.rejects)
        return advance(job, CopyPorts(self.warehouse, self.checkpoints, self.clock))

    def succeed(self, query_id: str, batch: int, records: int | None = None) -> None:
        (chunk,) = make_batches([sample_staged_file(self.chunk_records)], ONE_A_BATCH)[batch - 1].chunks
        rows = chunk.records if records is None else records
        result = rows_of((chunk.path, "LOADED", rows, rows, 0, None), columns=COLUMNS)
        self.warehouse.statuses[query_id] = SUCCEEDED
        self.warehouse.results[query_id] = result

    def finish(self, query_ids: Sequence[str]) -> CopyOutcome:
        for batch, query_id in enumerate(query_ids, start=1):
            self.succeed(query_id, batch)
        step = self.advance()
        while isinstance(step, Waiting):
            step = self.advance()
        assert isinstance(step, Finished)
        return step.outcome

    def tables(self) -> list[str]:
        """The attempts whose load tables were made, in order."""
        return [made.split('"')[5].rpartition("_")[2] for made in self.warehouse.asked("CREATE OR REPLACE")]
