"""The connection type `sfetl_proxy`: how to reach Snowflake from here."""

from __future__ import annotations

import os

from airflow.sdk import BaseHook, Connection

from sfetl_provider.core.network.proxy_settings import ProxySettings
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings


class SfetlProxyHook(BaseHook):
    """Reads a connection of type `sfetl_proxy`."""

    conn_name_attr = "proxy_conn_id"
    default_conn_name = "sfetl_proxy_default"
    conn_type = "sfetl_proxy"
    hook_name = "sfetl proxy"


def proxy_settings(connection: Connection) -> ProxySettings:
    """Give what a connection says; raises ProxySettingsError with every fault in it."""
    return read_proxy_settings(
        ProxyFields(
            conn_id=str(connection.conn_id),
            host=connection.host,
            port=connection.port,
            login=connection.login,
            password=connection.password,
            extra=connection.extra_dejson,
        ),
        os.environ,
    )
