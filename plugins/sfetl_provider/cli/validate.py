"""`validate`: what feeds' tables hold, on the command line."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import IMPOSSIBLE, REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.outputs import STDOUT, check_outputs, write_output
from sfetl_provider.cli.sessions import open_feed_session
from sfetl_provider.core.config.load import find_feed, load_feeds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError, SfetlError
from sfetl_provider.core.plan.month_list import read_months
from sfetl_provider.core.report.validation_text import months_csv, render_validation
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.core.validate.validation import ValidateJob, validate_table

_OUTPUTS = ("json", "csv", "html")


def validate_tables(arguments: Namespace, folders: Folders) -> int:
    """Validate; 0 when nothing is critical, 1 when something is, else 2 when not all could be validated."""
    outputs = [getattr(arguments, name) for name in _OUTPUTS]
    check_outputs([Path(name) for name in outputs if name and name != STDOUT], [])
    feeds, is_complete = _feeds(arguments, folders)
    found = list(_validations(arguments, feeds))
    _show(found, arguments)
    if any(validation.is_critical for validation in found):
        return REFUSED
    return 0 if is_complete and len(found) == len(feeds) else IMPOSSIBLE


def _feeds(arguments: Namespace, folders: Folders) -> tuple[Sequence[FeedConfig], bool]:
    """Give the feeds, and whether these are all that were asked for."""
    folder = Path(arguments.configs_dir or folders.configs_dir)
    if bool(arguments.feed) == arguments.all:
        raise ConfigError("Name feeds with --feed, or give --all for those of all configs.")
    if arguments.feed:
        return [find_feed(folder, name) for name in dict.fromkeys(arguments.feed)], True
    loaded = load_feeds(folder)
    for fault in loaded.faults:
        print(f"Left out: {fault}", file=sys.stderr)
    if not loaded.feeds:
        raise ConfigError(f"There is no usable feed in {folder}.", next_step="Correct the configs.")
    return loaded.feeds, not loaded.faults


def _validations(arguments: Namespace, feeds: Sequence[FeedConfig]) -> Iterator[TableValidation]:
    """Validate one feed after the other; what fails is told on stderr, and the others go on."""
    clock = SystemClock()
    months = read_months(arguments.months, clock.now().date()) if arguments.months else ()
    for feed in feeds:
        try:
            with open_feed_session(feed, arguments.conn_id) as session:
                yield validate_table(ValidateJob(feed, months, arguments.keys), session, clock)
        except SfetlError as error:
            print(f"{feed.feed}: {error}", file=sys.stderr)


def _show(found: Sequence[TableValidation], arguments: Namespace) -> None:
    content = [validation.to_json() for validation in found]
    document = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if arguments.json == STDOUT:
        sys.stdout.write(document)
    else:
        print("\n\n".join(map(render_validation, found)))
        write_output(arguments.json, lambda: document)
    write_output(arguments.csv, lambda: months_csv(found))
    write_output(arguments.html, lambda: _page(found))


def _page(found: Sequence[TableValidation]) -> str:
    # Imported late: only a page needs templates.
    from sfetl_provider.core.report.validation_page import render_validations

    return render_validations(found)
