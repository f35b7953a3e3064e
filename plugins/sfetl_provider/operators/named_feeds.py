"""The feeds that a run's parameters name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.settings import find_feed, read_settings


def named_feeds(names: Iterable[str] | None, log: Any) -> list[FeedConfig]:
    """Give feeds by name, each once, or without names all that are usable; the log tells those left out.

    Raises ConfigError for a name that is not configured or whose config is broken, and when there is none at all.
    """
    if names:
        return [find_feed(name) for name in dict.fromkeys(names)]
    loaded = load_feeds(read_settings().configs_dir)
    for fault in loaded.faults:
        log.warning("Left out: %s", fault)
    if not loaded.feeds:
        raise ConfigError("There is no usable feed.", next_step="Correct the configs.")
    return list(loaded.feeds)
