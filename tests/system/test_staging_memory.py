"""The resident memory of a staging, all its processes together, stays within the formula of `stage_file`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.process_tree import tree_bytes
from sfetl_provider.core.config.stage_model import StageConfig
from tests.core.fakes import feed
from tests.system.stage_contents import StageContents, stage_contents, write_source
from tests.system.staging_process import Order
from tests.system.staging_storm import PROJECT

SAMPLE_SECONDS = 0.02
# What zstd takes at its levels.
ZSTD_BYTES = {1: 1e6, 12: 43e6}


def formula_bytes(settings: StageConfig, chunk_bytes: float) -> float:
    """What the docstring of `stage_file` says; the stand-in's storage is Google Cloud's."""
    level = settings.zstd_level
    assert isinstance(level, int)
    making = settings.workers * (8e6 + ZSTD_BYTES[level])
    return 80e6 + making + settings.upload_workers * (65e6 + chunk_bytes)


def peak_bytes(order: Order) -> int:
    """Stage the file and give the highest memory that was seen."""
    command = [sys.executable, "-m", "tests.system.staging_process", str(order.write())]
    process = psutil.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, tree_bytes(process))
        time.sleep(SAMPLE_SECONDS)
    assert process.returncode == 0
    return peak


@pytest.fixture(scope="module")
def contents() -> Iterator[StageContents]:
    """A local warehouse with its stage."""
    with stage_contents() as running:
        yield running


@pytest.mark.parametrize(
    "stage",
    [
        {"chunk_mib": 16, "workers": 1, "upload_workers": 1, "zstd_level": 1},
        {"chunk_mib": 8, "workers": 4, "upload_workers": 2, "zstd_level": 12},
    ],
)
def test_memory_is_the_formula_of_the_settings(
    tmp_path: Path, contents: StageContents, stage: dict[str, Any]
) -> None:
    source = write_source(tmp_path / "flights.tsv", chunks=48)
    settings = feed(stage=stage).stage
    run_key = f"{settings.workers:012}"

    peak = peak_bytes(
        Order(str(source), str(tmp_path), run_key, contents.warehouse.connection_parameters(), stage)
    )

    # The text packs to little more than half.
    assert 0 < peak <= formula_bytes(settings, 0.6 * settings.chunk_bytes)
