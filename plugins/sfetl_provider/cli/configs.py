"""What the commands about configs do; needs no Airflow."""

from __future__ import annotations

import sys
from pathlib import Path

from sfetl_provider.core.config.load import SCHEMA, load_feeds
from sfetl_provider.core.config.reference import reference_text
from sfetl_provider.core.config.schema import schema_text
from sfetl_provider.core.counted import counted


def check_configs(folder: str) -> int:
    """Print each feed or each fault; give the exit code, 1 when there is a fault."""
    loaded = load_feeds(Path(folder))
    for feed in loaded.feeds:
        print(f"{feed.feed}: ok, {counted(len(feed.columns), 'column')} into {feed.table.name}")
    for fault in loaded.faults:
        print(fault, file=sys.stderr)
    return 1 if loaded.faults else 0


def write_schema(folder: str) -> int:
    """Write feed.schema.json; give the exit code."""
    path = Path(folder) / SCHEMA
    path.write_text(schema_text(), encoding="utf-8")
    print(path)
    return 0


def write_reference(path: str) -> int:
    """Write the reference of all config keys; give the exit code."""
    Path(path).write_text(reference_text(), encoding="utf-8")
    print(path)
    return 0
