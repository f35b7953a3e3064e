"""Finding and removing what failed runs left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.maintenance.in_warehouse import find_in_warehouse, remove_from_warehouse
from sfetl_provider.core.maintenance.leftover import Decision, Leftover, Retention, decide, render_decisions
from sfetl_provider.core.maintenance.on_disk import find_on_disk, find_reports, remove_from_disk
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.operators.run_owners import RunOwners
from sfetl_provider.settings import read_settings

LISTED_LIMIT = 500
"""How many are handed to the task that removes, so that the list stays small; the rest waits for the next run."""


class FindLeftoversOperator(BaseOperator):
    """Lists what runs left in Snowflake and on disk, and which of it is due; changes nothing.

    Reads each database of the feeds' configs once, this worker's scratch folder, and the reports' folder.
    """

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return the Decisions that say remove, at most 500, oldest first."""
        decisions = _decisions(context)
        self.log.info("%s", render_decisions(decisions))
        due = [decision for decision in decisions if decision.is_due]
        size_mb = sum(decision.leftover.size_bytes for decision in due) / 1e6
        self.log.info("%d of %d are due: %.1f MB.", len(due), len(decisions), size_mb)
        if len(due) > LISTED_LIMIT:
            self.log.warning("This run removes the oldest %d of them.", LISTED_LIMIT)
        return [decision.to_json() for decision in due[:LISTED_LIMIT]]


class RemoveLeftoversOperator(BaseOperator):
    """Removes what task `find` listed and what is still due when it is looked at again; skipped in a dry run.

    Doing it again removes nothing more. A run that was cleared meanwhile keeps what it owns.
    """

    template_fields = ("found",)

    def __init__(self, *, found: Any, **options: Any) -> None:
        super().__init__(**options)
        self.found = found

    def execute(self, context: Context) -> int:
        """Return how many were removed."""
        if context["params"]["dry_run"]:
            raise AirflowSkipException("Dry run: nothing is removed")
        listed = {Decision.from_json(item).leftover.place for item in self.found or []}
        if not listed:
            return 0
        due = [item.leftover for item in _decisions(context) if item.is_due and item.leftover.place in listed]
        for leftover in due:
            self._remove(leftover)
        self.log.info("%d removed; %d that were listed are no longer due.", len(due), len(listed) - len(due))
        return len(due)

    def _remove(self, leftover: Leftover) -> None:
        settings = read_settings()
        if not leftover.database:
            root = settings.scratch_dir if leftover.kind == "scratch" else settings.reports_dir
            remove_from_disk(root, leftover)
        else:
            with _session(_feed_of(leftover)) as session:
                remove_from_warehouse(session, leftover)
        self.log.info("Removed %s %s.", leftover.kind, leftover.place)


def _decisions(context: Context) -> tuple[Decision, ...]:
    settings = read_settings()
    leftovers = [*find_on_disk(settings.scratch_dir), *find_reports(settings.reports_dir)]
    for feed in _one_per_database():
        with _session(feed) as session:
            leftovers.extend(find_in_warehouse(session, feed.table.database))
    params = context["params"]
    retention = Retention(
        ended_days=int(params["keep_days"]),
        rejects_days=int(params["keep_rejects_days"]),
        rejected_rows_days=int(params["keep_rejected_rows_days"]),
        reports_days=int(params["keep_reports_days"]),
        disk_bytes=int(float(params["disk_gib"]) * 1024**3),
    )
    owners = RunOwners(context, settings.reports_dir)
    return decide(leftovers, owners, retention, SystemClock().now())


@contextmanager
def _session(feed: FeedConfig) -> Iterator[Warehouse]:
    with hook_of(feed).open_session() as session:
        yield session


def _feeds() -> Sequence[FeedConfig]:
    return load_feeds(read_settings().configs_dir).feeds


def _one_per_database() -> Iterator[FeedConfig]:
    """Give a feed for each connection and database."""
    seen = set()
    for feed in _feeds():
        place = (feed.snowflake_conn_id, feed.proxy_conn_id, feed.table.database)
        if place not in seen:
            seen.add(place)
            yield feed


def _feed_of(leftover: Leftover) -> FeedConfig:
    return next(feed for feed in _feeds() if feed.table.database == leftover.database)
