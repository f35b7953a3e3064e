"""Texts that are longer than the target's columns: with `load.on_too_long: widen` no reason to refuse a month."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.column_type import MOST_CHARACTERS, read_column_type
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.qc.report import QcReport, TargetCount


def is_widened(count: TargetCount, config: FeedConfig) -> bool:
    """Tell whether a load makes room for these values instead of refusing them."""
    return (
        config.load.on_too_long == "widen"
        and count.fault == "too_large"
        and read_column_type(count.type).kind == "text"
        and count.worst <= MOST_CHARACTERS
    )


def needed_lengths(reports: Sequence[QcReport], config: FeedConfig) -> dict[str, int]:
    """Give how long which columns of the target must become, in characters; empty unless the policy is widen."""
    targets = {column.name: column.target_name for column in config.columns}
    lengths: dict[str, int] = {}
    for report in reports:
        for count in report.target:
            if is_widened(count, config):
                name = targets[count.column]
                lengths[name] = max(lengths.get(name, 0), count.worst)
    return lengths
