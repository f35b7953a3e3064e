"""System tests: the embedded stack with real processes, in a folder of the test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack.lifecycle import Stack, running_stack

PROJECT = Path(__file__).parents[2]
GENERATOR = PROJECT / "benchmarks" / "generate.py"
CHUNK_MIB = 16


def generate(*arguments: str) -> str:
    """Run the benchmark generator and give what it prints."""
    done = subprocess.run(
        [sys.executable, str(GENERATOR), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack with the feeds `sales` (big files) and `flights`, and a config that is broken."""
    folder = tmp_path_factory.mktemp("system")
    configs = folder / "configs"
    configs.mkdir()
    (configs / "sales.json").write_text(json.dumps(sales_config()))
    flights = json.loads((PROJECT / "include" / "configs" / "flights.json").read_text())
    (configs / "flights.json").write_text(json.dumps(flights))
    (configs / "broken.json").write_text('{"colour": "red"}')
    with running_stack(folder / "stack", configs=configs) as running:
        running.warehouse.rows(generate("--print-ddl", "DEMO.PUBLIC.SALES").rstrip().removesuffix(";"))
        yield running


def sales_config() -> dict[str, Any]:
    """A feed for the generator's files, in chunks of 16 MiB, with one retry at once."""
    return {
        "table": {"database": "DEMO", "schema": "PUBLIC", "name": "SALES"},
        "columns": json.loads(generate("--print-config")),
        "date": {"column": "sale_date"},
        "format": {"timestamp_format": "YYYY-MM-DD HH24:MI:SS"},
        "files": {"patterns": ["sales_{month}.tsv"], "still_seconds": 0, "poll_seconds": 1},
        "stage": {"chunk_mib": CHUNK_MIB},
        "load": {"poll_seconds": 1},
        "retries": 1,
        "retry_delay_seconds": 1,
    }
