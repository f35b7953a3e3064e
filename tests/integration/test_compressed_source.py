"""Compressed sources and compressed chunks on their way into a table."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.core.copy_into.job import CopyJob
from sfetl_provider.core.stage.run import StagePorts, stage_file
from tests.core.fakes import source_file
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import CLOCK, make_target, open_session, planned
from tests.integration.month_bench import DirectUploader, MonthBench

ROWS = 120_000


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
def test_a_gzip_file_of_several_chunks_is_copied_with_every_row(tmp_path: Path, compression: str) -> None:
    days = [date(2013, 1, 1) + timedelta(days=number % 31) for number in range(ROWS)]
    text = "".join(f"{day}\tC{number % 1000}\t{number}\n" for number, day in enumerate(days))
    path = tmp_path / "flights_2013-01.tsv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    config = sample_config(stage={"chunk_mib": 1, "compression": compression})

    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        plan = planned(session, "compressed")
        ports = StagePorts(session, DirectUploader(session), MemoryCheckpoints(), CLOCK, tmp_path / "scratch")
        staged = stage_file(source_file(path), plan, config, ports)
        outcome = MonthBench(session, config, tmp_path).copied(CopyJob(plan, (staged,), config))

    assert len(staged.chunk_records) > 1
    assert (staged.records, outcome.rows_copied) == (ROWS, ROWS)
