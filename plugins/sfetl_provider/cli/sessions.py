"""Snowflake sessions for commands: connections are Airflow's."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, redirect_stdout
from typing import TYPE_CHECKING

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError

if TYPE_CHECKING:
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession
    from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook


def open_feed_session(
    config: FeedConfig, conn_id: str | None = None
) -> AbstractContextManager[SnowflakeSession]:
    """Log in for a feed, by its connection or another one; raises ConfigError where Airflow is not installed."""
    hook = snowflake_hook(conn_id or config.snowflake_conn_id, config.proxy_conn_id, config.date.time_zone)
    hook.wakes_warehouse = config.warehouse.resume
    return hook.open_session()


def snowflake_hook(
    conn_id: str, proxy_conn_id: str | None, time_zone: str | None = None
) -> SfetlSnowflakeHook:
    """Give the hook for connections; raises ConfigError where Airflow is not installed."""
    try:
        # Imported late: the connector costs a second, and most commands need neither it nor Airflow. Airflow's log
        # goes to what is stdout when Airflow is first imported; a command's answer goes there alone.
        with redirect_stdout(sys.stderr):
            from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook
    except ImportError as error:
        raise ConfigError(
            "This needs Airflow, which keeps the connection to Snowflake, and it is not installed here.",
            next_step="Run the command as airflow sfetl … where Airflow is.",
        ) from error
    return SfetlSnowflakeHook(conn_id, proxy_conn_id=proxy_conn_id, time_zone=time_zone)
