"""Compressed sources, compressed chunks and an encrypted stage on their way into a table."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest
import zstandard

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.core.copy_into.job import CopyJob
from sfetl_provider.core.plan.names import file_key
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.stage_kind import open_stage
from sfetl_provider.core.stage.staging import stage_whole
from tests.core.fakes import source_file
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import CLOCK, make_target, open_session, planned
from tests.integration.month_bench import DirectUploader, MonthBench

ROWS = 120_000
TEXT = "".join(
    f"{date(2013, 1, 1) + timedelta(days=number % 31)}\tC{number % 1000}\t{number}\n"
    for number in range(ROWS)
).encode()


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
def test_a_gzip_file_of_several_chunks_is_copied_with_every_row(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "flights_2013-01.tsv.gz"
    path.write_bytes(gzip.compress(TEXT))
    config = sample_config(stage={"chunk_mib": 1, "compression": compression})

    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        plan = planned(session, "compressed")
        ports = StagePorts(session, DirectUploader(session), MemoryCheckpoints(), CLOCK, tmp_path / "scratch")
        staged = stage_file(source_file(path), plan, config, ports)
        outcome = MonthBench(session, config, tmp_path).copied(CopyJob(plan, (staged,), config))

    assert len(staged.chunk_records) > 1
    assert (staged.records, outcome.rows_copied) == (ROWS, ROWS)


def test_a_stage_whose_clients_encrypt_takes_chunks_and_a_second_try_keeps_them(tmp_path: Path) -> None:
    config, source = sample_config(stage={"chunk_mib": 1}), source_file(tmp_path / "month.tsv", TEXT)
    checkpoints = MemoryCheckpoints()

    with running_warehouse() as running, open_session(running) as session:
        session.query('CREATE DATABASE "DEMO"')
        session.query('CREATE SCHEMA "DEMO"."SFETL"')
        session.query('CREATE STAGE "DEMO"."SFETL"."CHUNKS"')
        make_target(session)
        plan = planned(session, "encrypted")
        stage = open_stage(session, plan, lambda _: None)
        ports = StagePorts(stage, DirectUploader(session), checkpoints, CLOCK, tmp_path / "scratch")
        stage_file(source, plan, config, ports)
        staged = stage_file(source, plan, config, ports)
        outcome = MonthBench(session, config, tmp_path).copied(CopyJob(plan, (staged,), config))

    assert 1 < staged.chunks_reused == len(staged.chunk_records)
    assert outcome.rows_copied == ROWS


def test_files_staged_as_they_are_are_copied_beside_one_that_is_not_fit(tmp_path: Path) -> None:
    config = sample_config(stage={"chunk_mib": 1, "as_is_mib": 10})
    half = TEXT.index(b"\n", len(TEXT) // 2) + 1
    contents = {
        "month 1 [a].tsv.gz": gzip.compress(TEXT[:half]),
        "month_2.tsv.zst": zstandard.ZstdCompressor().compress(TEXT[half:]),
        "month_3.tsv.gz": gzip.compress(TEXT[:half]) + gzip.compress(TEXT[half:]),
    }

    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        plan = planned(session, "as-is")
        staged = []
        for name, content in contents.items():
            ports = StagePorts(
                session, DirectUploader(session), MemoryCheckpoints(), CLOCK, tmp_path / "scratch"
            )
            source = source_file(tmp_path / name, content).model_copy(update={"key": file_key(name)})
            staged.append(stage_whole(source, plan, config, ports))
        outcome = MonthBench(session, config, tmp_path).copied(CopyJob(plan, tuple(staged), config))

    assert [(file.compression, file.chunk_count > 1) for file in staged] == [
        ("gzip", False),
        ("zstd", False),
        ("zstd", True),
    ]
    assert outcome.rows_copied == 2 * ROWS
