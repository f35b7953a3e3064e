"""The connection type `sfetl_proxy`: a forward proxy between here and Snowflake."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseHook, Connection

from sfetl_provider.core.errors import ConnectionMissingError


class SfetlProxyHook(BaseHook):
    """Gives the connector's proxy options for a connection of type `sfetl_proxy`."""

    conn_name_attr = "proxy_conn_id"
    default_conn_name = "sfetl_proxy_default"
    conn_type = "sfetl_proxy"
    hook_name = "sfetl proxy"


def proxy_options(connection: Connection) -> dict[str, Any]:
    """Give `proxy_host`, `proxy_port` and, when set, user and password for snowflake-connector-python 4.x.

    Host and port are both required: with a host alone the connector would go direct, in silence. User and
    password are percent-encoded, because the connector pastes them into a URL.
    """
    if not connection.host or not connection.port:
        raise ConnectionMissingError(
            f"The proxy connection {connection.conn_id} lacks its {'port' if connection.host else 'host'}.",
            safe="Nothing was sent.",
            next_step="Fill in host and port of that Airflow connection, then clear this task.",
        )
    options: dict[str, Any] = {"proxy_host": connection.host, "proxy_port": str(connection.port)}
    if connection.login:
        options["proxy_user"] = quote(connection.login, safe="")
        options["proxy_password"] = quote(connection.password or "", safe="")
    if bypass := connection.extra_dejson.get("no_proxy"):
        options["no_proxy"] = bypass
    return options
