"""Which files a command is about."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from sfetl_provider.adapters.local_files import find_delivery, find_files, none_matches_error
from sfetl_provider.cli.folders import Folders
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.plan.delivery import delivery_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.plan.patterns import fill_pattern
from sfetl_provider.core.qc.noted_header import note_headers


def month_files(arguments: Namespace, folders: Folders, config: FeedConfig, month: Month) -> list[SourceFile]:
    """Give the files that were named, or those of the month that the feed's patterns match; one at least.

    Raises SourceFileError when a named one is missing, FilesMissingError when none matches.
    """
    if arguments.files:
        return note_headers(named_files(arguments.files), config)
    base_path = folders.base_path / (arguments.base_path or config.files.base_path)
    patterns = [fill_pattern(pattern, month) for pattern in config.files.patterns]
    found = find_delivery(base_path, patterns, (), delivery_of(config.files, month))
    if not found.files:
        raise none_matches_error(base_path, patterns, str(month))
    if fault := found.missing or found.surplus:
        print(f"The delivery of {month} is not complete: {fault}.", file=sys.stderr)
    return note_headers(list(found.files), config)


def named_files(names: Sequence[str]) -> list[SourceFile]:
    """Give files by name, in that order and each once; raises SourceFileError when one is missing."""
    named = list(dict.fromkeys(names))
    missing = [name for name in named if not Path(name).exists()]
    if missing:
        raise SourceFileError(f"There is no file {', '.join(missing)}.", next_step="Correct the name.")
    return find_files(Path.cwd(), (), named)
