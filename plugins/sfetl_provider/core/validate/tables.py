"""Many tables, one after the other; one that cannot be looked at does not keep the others from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from fnmatch import fnmatchcase

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SfetlError, StatementError
from sfetl_provider.core.plan.names import target_table
from sfetl_provider.core.ports import Clock, Warehouse
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.core.validate.validation import validate_table
from sfetl_provider.core.validate.wanted import Wanted

OpenSession = Callable[[FeedConfig], AbstractContextManager[Warehouse]]
_Connection = tuple[str, str | None, str]


def choose_feeds(feeds: Sequence[FeedConfig], pattern: str | None) -> list[FeedConfig]:
    """Give the feeds whose table's name, alone or with database and schema, is like a pattern with * and ?.

    All without a pattern; case makes no difference.
    """
    if not pattern:
        return list(feeds)
    wanted = pattern.upper()
    return [feed for feed in feeds if any(fnmatchcase(name.upper(), wanted) for name in _names(feed))]


def not_looked_at(config: FeedConfig, fault: str, clock: Clock) -> TableValidation:
    """Give what is said of a table that could not be looked at."""
    return TableValidation(
        feed=config.feed, table=target_table(config), validated_at=clock.now(), fault=fault
    )


def validate_tables(
    feeds: Sequence[FeedConfig], wanted: Wanted, open_session: OpenSession, clock: Clock
) -> Iterator[TableValidation]:
    """Validate the feeds' tables, with one login for each connection, in the feeds' order.

    What fails is in the record of its table. A login that is refused is not tried again for other tables of that
    connection: it could lock the user. A session that failed otherwise than by a refused statement is opened anew.
    """
    with _Sessions(open_session) as sessions:
        for feed in feeds:
            try:
                yield validate_table(feed, wanted, sessions.of(feed), clock)
            except SfetlError as error:
                if not _is_about_table(error):
                    sessions.forget(feed)
                yield not_looked_at(feed, str(error), clock)


class _Sessions(ExitStack):
    """Open sessions by connection, and the logins that failed for good."""

    def __init__(self, open_session: OpenSession) -> None:
        super().__init__()
        self._open_session = open_session
        self._open: dict[_Connection, Warehouse] = {}
        self._failed: dict[_Connection, SfetlError] = {}

    def of(self, feed: FeedConfig) -> Warehouse:
        """Give the session of a feed's connection; raises what its login raises, and raised before."""
        key = _connection(feed)
        if key in self._failed:
            raise self._failed[key]
        if key not in self._open:
            self._open[key] = self._log_in(feed)
        return self._open[key]

    def forget(self, feed: FeedConfig) -> None:
        """Let the next feed of this connection log in anew."""
        self._open.pop(_connection(feed), None)

    def _log_in(self, feed: FeedConfig) -> Warehouse:
        try:
            return self.enter_context(self._open_session(feed))
        except SfetlError as error:
            if not error.is_retryable:
                self._failed[_connection(feed)] = error
            raise


def _is_about_table(error: SfetlError) -> bool:
    return isinstance(error, StatementError) or error.stage == "plan"


def _connection(feed: FeedConfig) -> _Connection:
    return feed.snowflake_conn_id, feed.proxy_conn_id, feed.date.time_zone


def _names(feed: FeedConfig) -> tuple[str, str]:
    table = target_table(feed)
    return table.name, f"{table.database}.{table.schema_name}.{table.name}"
