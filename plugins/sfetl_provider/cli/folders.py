"""The deployment's folders for commands that run without Airflow."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """Where configs and reports lie, where relative base paths begin, and where scratch files may be written."""

    configs_dir: Path
    base_path: Path
    scratch_dir: Path
    reports_dir: Path = Path("reports")


def folders_from_environment() -> Folders:
    """Read AIRFLOW__SFETL__… as Airflow does, with defaults that suit a project's folder."""
    return Folders(
        configs_dir=_folder("configs_dir", Path("include/configs")),
        base_path=_folder("base_path", Path()),
        scratch_dir=_folder("scratch_dir", Path(tempfile.gettempdir()) / "sfetl"),
        reports_dir=_folder("reports_dir", Path("reports")),
    )


def _folder(option: str, default: Path) -> Path:
    return Path(os.environ.get(f"AIRFLOW__SFETL__{option.upper()}") or default)
