"""The deployment's settings, from Airflow's configuration section [sfetl]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airflow.providers.common.compat.sdk import conf

from sfetl_provider.core.config import load
from sfetl_provider.core.config.model import FeedConfig


@dataclass(frozen=True)
class Settings:
    """Folders; each is an option of [sfetl], so AIRFLOW__SFETL__… sets it."""

    configs_dir: Path
    base_path: Path
    scratch_dir: Path
    reports_dir: Path


def read_settings() -> Settings:
    """Read the folders; costs nothing but look-ups."""
    return Settings(**{name: Path(str(conf.get("sfetl", name))) for name in Settings.__annotations__})


def validate_schedule() -> str | None:
    """Give the cron expression by which DAG validate runs, None when only by hand."""
    return str(conf.get("sfetl", "validate_schedule", fallback="")).strip() or None


def find_feed(name: str) -> FeedConfig:
    """Read one feed's config by name; raises ConfigError when there is none or it is broken."""
    return load.find_feed(read_settings().configs_dir, name)


def read_approvers() -> tuple[str, ...]:
    """Read the ids of the only users who may approve a drop or a restore; () for all whom Airflow lets."""
    listed = str(conf.get("sfetl", "approvers", fallback=""))
    return tuple(name.strip() for name in listed.split(",") if name.strip())
