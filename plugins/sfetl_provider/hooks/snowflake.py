"""The provider's SnowflakeHook, with the proxy of an Airflow connection and the options that it drops."""

from __future__ import annotations

from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.errors import ConnectionMissingError
from sfetl_provider.hooks.proxy import proxy_options

# Connector options that apache-airflow-providers-snowflake 6.20 drops in silence when they stand in `extra`.
PASSED_OPTIONS = (
    "protocol",
    "login_timeout",
    "socket_timeout",
    "client_session_keep_alive",
    "ocsp_fail_open",
    "disable_ocsp_checks",
    "cert_revocation_check_mode",
)
PROXY_FIELD = "proxy_conn_id"


class SfetlSnowflakeHook(SnowflakeHook):
    """Opens sessions for one Snowflake connection.

    The proxy comes from the connection `proxy_conn_id`, given here or named in the Snowflake connection's
    extra; with it the environment's proxy variables are ignored. Without one, the connector's own rules apply.
    `time_zone` becomes the sessions' TIMEZONE, whatever the connection's extra says of it.
    `connections` hands over connections that were fetched before, for use in a triggerer's thread.
    """

    def __init__(
        self,
        snowflake_conn_id: str = SnowflakeHook.default_conn_name,
        *,
        proxy_conn_id: str | None = None,
        time_zone: str | None = None,
        connections: dict[str, Connection] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(snowflake_conn_id=snowflake_conn_id, **options)
        self.proxy_conn_id = proxy_conn_id
        self.time_zone = time_zone
        self._connections = connections or {}

    def get_connection(self, conn_id: str) -> Connection:
        """Give an Airflow connection; raises ConnectionMissingError with the remedy when there is none."""
        if conn_id not in self._connections:
            self._connections[conn_id] = find_connection(conn_id)
        return self._connections[conn_id]

    def open_session(self) -> SnowflakeSession:
        """Log in and give the Warehouse port of core."""
        return SnowflakeSession(self.get_conn())

    def get_conn(self) -> Any:
        """Log in; see `adapters.snowflake_session.open_connection` for the errors."""
        return open_connection(self.connector_options())

    def connector_options(self) -> dict[str, Any]:
        """Give what the connector is called with; holds secrets."""
        connection = self.get_connection(self.snowflake_conn_id)
        extra = connection.extra_dejson
        options: dict[str, Any] = {
            key: value for key, value in self._get_conn_params().items() if value not in (None, "")
        }
        options |= {name: extra[name] for name in PASSED_OPTIONS if name in extra}
        if self.time_zone:
            in_extra: dict[str, Any] = dict(options.get("session_parameters") or {})
            options["session_parameters"] = {**in_extra, "TIMEZONE": self.time_zone}
        if proxy_conn_id := self.proxy_conn_id or extra.get(PROXY_FIELD):
            options |= proxy_options(self.get_connection(proxy_conn_id))
        return options


def find_connection(conn_id: str) -> Connection:
    """Look an Airflow connection up; raises ConnectionMissingError when there is none."""
    try:
        return BaseHook.get_connection(conn_id)
    except (AirflowNotFoundException, AirflowRuntimeError) as error:
        raise ConnectionMissingError(
            f"The Airflow connection {conn_id} does not exist.",
            safe="Nothing was done.",
            next_step=f"Create {conn_id} under Admin → Connections, then clear this task.",
        ) from error


async def fetch_connections(snowflake_conn_id: str, proxy_conn_id: str | None) -> dict[str, Connection]:
    """Fetch what a hook in a triggerer's thread will need; the synchronous look-up would block there."""
    connections = {snowflake_conn_id: await BaseHook.aget_connection(snowflake_conn_id)}
    if proxy := proxy_conn_id or connections[snowflake_conn_id].extra_dejson.get(PROXY_FIELD):
        connections[proxy] = await BaseHook.aget_connection(proxy)
    return connections
