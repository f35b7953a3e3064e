"""`validate`: what feeds' tables hold, on the command line."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import IMPOSSIBLE, REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.outputs import STDOUT, check_outputs, tell_written, write_output
from sfetl_provider.cli.sessions import open_feed_session
from sfetl_provider.core.config.load import find_feed, load_feeds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.report.sheet import sheet_csv
from sfetl_provider.core.report.validation_sheets import validation_sheets
from sfetl_provider.core.report.validation_text import View, render_validations, summary_line
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.core.validate.tables import choose_feeds, validate_tables
from sfetl_provider.core.validate.wanted import Asked, Wanted, read_wanted

_OUTPUTS = ("json", "csv", "html", "xlsx")


def validate_feeds(arguments: Namespace, folders: Folders) -> int:
    """Validate; 0 when nothing is so severe, 1 when something is, else 2 when not all could be looked at."""
    outputs = [getattr(arguments, name) for name in _OUTPUTS]
    check_outputs([Path(name) for name in outputs if name and name != STDOUT], [])
    wanted = _wanted(arguments)
    feeds, is_complete = _feeds(arguments, folders)
    found = list(_told(arguments, feeds, wanted))
    _show(found, arguments)
    if any(validation.is_refused(arguments.fail_on) for validation in found):
        return REFUSED
    return IMPOSSIBLE if not is_complete or any(validation.fault for validation in found) else 0


def _wanted(arguments: Namespace) -> Wanted:
    asked = Asked(
        months=arguments.months,
        first_day=arguments.first_day,
        last_day=arguments.last_day,
        key=arguments.key,
        has_rules=arguments.rules,
        has_keys=arguments.keys,
        has_ledger=arguments.view == "audit",
    )
    return read_wanted(asked, SystemClock().now().date())


def _feeds(arguments: Namespace, folders: Folders) -> tuple[Sequence[FeedConfig], bool]:
    """Give the feeds, and whether these are all that were asked for."""
    folder = Path(arguments.configs_dir or folders.configs_dir)
    if bool(arguments.feed) == bool(arguments.all or arguments.table):
        raise ConfigError(
            "Name feeds with --feed, or tables with --table, or give --all for those of all configs."
        )
    if arguments.feed:
        return [find_feed(folder, name) for name in dict.fromkeys(arguments.feed)], True
    loaded = load_feeds(folder)
    for fault in loaded.faults:
        print(f"Left out: {fault}", file=sys.stderr)
    chosen = choose_feeds(loaded.feeds, arguments.table)
    if not chosen:
        wanted = f" with a table like {arguments.table}" if arguments.table else ""
        raise ConfigError(
            f"There is no usable feed{wanted} in {folder}.", next_step="Correct the name or the configs."
        )
    return chosen, not loaded.faults


def _told(arguments: Namespace, feeds: Sequence[FeedConfig], wanted: Wanted) -> Iterator[TableValidation]:
    """Validate one feed after the other; says on stderr how far it is, and at once what fails."""

    open_session = partial(open_feed_session, conn_id=arguments.conn_id)
    for number, found in enumerate(validate_tables(feeds, wanted, open_session, SystemClock()), start=1):
        if found.fault:
            print(f"{found.feed}: {found.fault}", file=sys.stderr)
        elif len(feeds) > 1:
            print(f"{number} of {len(feeds)}: {found.feed} {found.verdict}", file=sys.stderr)
        yield found


def _show(found: Sequence[TableValidation], arguments: Namespace) -> None:
    view = arguments.view
    document = json.dumps([validation.to_json() for validation in found], indent=2, ensure_ascii=False) + "\n"
    if arguments.json == STDOUT:
        sys.stdout.write(document)
    else:
        print(render_validations(found, view))
        write_output(arguments.json, lambda: document)
    write_output(arguments.csv, lambda: sheet_csv(validation_sheets(found, view)[0]))
    write_output(arguments.html, lambda: _page(found, view))
    if arguments.xlsx:
        _write_workbook(Path(arguments.xlsx), found, view)


def _page(found: Sequence[TableValidation], view: View) -> str:
    # Imported late: only a page needs templates.
    from sfetl_provider.core.report.validation_page import render_page

    return render_page(found, view)


def _write_workbook(path: Path, found: Sequence[TableValidation], view: View) -> None:
    # Imported late: only this output needs XlsxWriter.
    from sfetl_provider.core.report.workbook import write_sheets

    write_sheets(path, summary_line(found), validation_sheets(found, view))
    tell_written(path)
