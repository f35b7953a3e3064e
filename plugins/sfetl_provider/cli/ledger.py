"""`ledger` and `init`: what schema SFETL holds, whether it is what was written, and making it."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import IMPOSSIBLE, REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.sessions import open_feed_session
from sfetl_provider.core.config.load import find_feed, load_feeds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.identifiers import resolve_identifier
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry
from sfetl_provider.core.ledger.grants import grant_statements
from sfetl_provider.core.ledger.lookup import entries, ledger_feeds
from sfetl_provider.core.ledger.tables import prepare, preparing_statements
from sfetl_provider.core.ledger.verification import ChainReport, verify_feed
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.report.ledger_text import chain_text, entry_text


def read_ledger(arguments: Namespace, folders: Folders) -> int:
    """Verify the chains of one or all feeds, or show their rows; 0 whole or shown, 1 a chain is broken."""
    feeds = _feeds(arguments, folders)
    return _verify(arguments, feeds) if arguments.action == "verify" else _show(arguments, feeds)


def initialise(arguments: Namespace, folders: Folders) -> int:
    """Make schema SFETL for one or all feeds, and print the GRANTs that a role needs to load with it."""
    try:
        resolve_identifier(arguments.role)
    except ValueError as error:
        raise ConfigError(f"{error}.") from error
    for feed in _feeds(arguments, folders):
        if arguments.print:
            _print_statements(preparing_statements(feed.table.database, feed.feed))
        else:
            with open_feed_session(feed) as session:
                prepare(session, feed)
            print(f"-- {feed.feed}: schema SFETL of {feed.table.database} holds all that it needs")
        _print_statements(grant_statements(feed, arguments.role))
    return 0


def _feeds(arguments: Namespace, folders: Folders) -> Sequence[FeedConfig]:
    folder = Path(arguments.configs_dir or folders.configs_dir)
    if arguments.feed:
        return (find_feed(folder, arguments.feed),)
    loaded = load_feeds(folder)
    for fault in loaded.faults:
        print(f"Left out: {fault}", file=sys.stderr)
    if not loaded.feeds:
        raise ConfigError(f"There is no usable feed in {folder}.", next_step="Correct the configs.")
    return loaded.feeds


def _print_statements(statements: Sequence[str]) -> None:
    for statement in statements:
        print(f"{statement};")


def _verify(arguments: Namespace, feeds: Sequence[FeedConfig]) -> int:
    reports = list(_chain_reports(arguments, feeds))
    if arguments.json:
        print(json.dumps([report.to_json() for report in reports], indent=2))
    else:
        print("\n".join(map(chain_text, reports)))
    return REFUSED if any(report.broken for report in reports) else 0


def _chain_reports(arguments: Namespace, feeds: Sequence[FeedConfig]) -> Iterator[ChainReport]:
    """Verify the feeds named, or all that are configured and those that only the ledgers still know."""
    done: set[tuple[str, str]] = set()
    for feed in feeds:
        database = feed.table.database
        with open_feed_session(feed) as session:
            others = () if arguments.feed else ledger_feeds(session, database)
            configured = {other.feed for other in feeds if other.table.database == database}
            for name in (feed.feed, *(other for other in others if other not in configured)):
                if (database, name) not in done:
                    done.add((database, name))
                    yield verify_feed(session, database, name, _kept_ends(arguments.reports, name))


def _kept_ends(reports_dir: str | None, feed: str) -> tuple[ChainEnd, ...]:
    """Give the ends that the runs' reports of a feed exported."""
    found = sorted(Path(reports_dir).glob("*/*/*.json")) if reports_dir else []
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in found]
    return tuple(
        ChainEnd(sequence=content["ledger_sequence"], hash=content["ledger_hash"])
        for content in contents
        if content.get("ledger_hash") and content["feed"] == feed
    )


def _show(arguments: Namespace, feeds: Sequence[FeedConfig]) -> int:
    month = str(Month.parse(arguments.month, SystemClock().now().date())) if arguments.month else None
    shown: list[LedgerEntry] = []
    for feed in feeds:
        with open_feed_session(feed) as session:
            found = entries(session, feed.table.database, feed.feed)
        shown.extend(entry for entry in found if month in (None, entry.month))
    if arguments.json:
        print(json.dumps([entry.to_json() for entry in shown], indent=2, ensure_ascii=False))
    else:
        print("\n".join(entry_text(entry) for entry in shown) or "No rows.")
    return 0 if shown or not arguments.month else IMPOSSIBLE
