"""The deployment's settings, from Airflow's configuration section [sfetl]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from airflow.providers.common.compat.sdk import conf

from sfetl_provider.core.config.load import load_feed
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError

_FEED_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


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


def find_feed(name: str) -> FeedConfig:
    """Read one feed's config by name; raises ConfigError when there is none or it is broken."""
    folder = read_settings().configs_dir
    path = folder / f"{name}.json"
    if not _FEED_NAME.fullmatch(name) or not path.is_file():
        known = sorted(file.stem for file in folder.glob("[a-z]*.json") if file.name != "defaults.json")
        raise ConfigError(
            f"There is no feed {name!r} in {folder}.",
            safe="Nothing was done.",
            next_step=f"Choose one of: {', '.join(known) or 'none is configured'}.",
        )
    return load_feed(path)
