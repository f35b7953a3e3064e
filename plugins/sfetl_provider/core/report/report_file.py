"""Reports as files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sfetl_provider.core.plan.names import load_dag_id
from sfetl_provider.core.report.run_report import RunReport


def write_report(path: Path, report: RunReport) -> Path:
    """Write the report, as `write_text` does."""
    return write_json(path, report.to_json())


def write_json(path: Path, content: object) -> Path:
    """Write what JSON can hold, as `write_text` does."""
    return write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> Path:
    """Write a text, making its folder; a reader sees the old file or the new one, never a part.

    A crash may leave `<name>.<process id>.part` beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return path


def newest_load(root: Path, feed: str, month: str) -> tuple[Path, RunReport] | None:
    """Give the report of a month's latest load and where it lies, None when there is none that can be read."""
    loads = (pair for pair in _reports(root, feed, month) if pair[1].dag_id == load_dag_id(feed))
    return max(loads, key=_finished, default=None)


def newest_change(root: Path, feed: str, month: str) -> RunReport | None:
    """Give the report of the latest run that changed a month's rows, None when there is none."""
    changes = (pair for pair in _reports(root, feed, month) if pair[1].ledger_sequence is not None)
    newest = max(changes, key=_finished, default=None)
    return newest[1] if newest else None


def _reports(root: Path, feed: str, month: str) -> Iterator[tuple[Path, RunReport]]:
    """Give all that can be read."""
    for path in (root / feed / month).glob("*.json"):
        with suppress(OSError, ValueError):  # gone meanwhile, or of another version
            yield path, read_report(path)


def _finished(pair: tuple[Path, RunReport]) -> datetime:
    return pair[1].finished_at


def read_report(path: Path) -> RunReport:
    """Read a report back; raises OSError when there is none, ValidationError when it is another version's."""
    return RunReport.from_json(json.loads(path.read_text(encoding="utf-8")))
