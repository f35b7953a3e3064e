"""Airflow's connections, for commands that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfetl_provider.core.errors import ConfigError

if TYPE_CHECKING:
    from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook


def snowflake_hook(conn_id: str, proxy_conn_id: str | None, command: str) -> SfetlSnowflakeHook:
    """Give the hook for a connection; raises ConfigError where Airflow is not installed."""
    try:
        # Imported late: connections are Airflow's, and most commands run without it.
        from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook
    except ImportError as error:
        raise ConfigError(
            f"The command {command} needs a connection, which Airflow keeps, and that is not installed.",
            next_step=f"Use airflow sfetl {command}.",
        ) from error
    return SfetlSnowflakeHook(conn_id, proxy_conn_id=proxy_conn_id)
