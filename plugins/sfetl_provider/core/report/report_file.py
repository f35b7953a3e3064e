"""Reports as files."""

from __future__ import annotations

import json
import os
from pathlib import Path

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


def read_report(path: Path) -> RunReport:
    """Read a report back; raises OSError when there is none, ValidationError when it is another version's."""
    return RunReport.from_json(json.loads(path.read_text(encoding="utf-8")))
