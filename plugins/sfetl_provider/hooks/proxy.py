"""The connection type `sfetl_proxy`: how to reach Snowflake from here."""

from __future__ import annotations

import os

from airflow.sdk import BaseHook, Connection

from sfetl_provider.adapters.network.route import network_options
from sfetl_provider.adapters.network.tunnel import Target
from sfetl_provider.core.doctor.examination import remedy_of
from sfetl_provider.core.errors import ProxyDeniedError, SfetlError
from sfetl_provider.core.network.proxy_settings import ProxySettings
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings

_SNOWFLAKE = Target("app.snowflake.com", 443)


class SfetlProxyHook(BaseHook):
    """Reads a connection of type `sfetl_proxy`."""

    conn_name_attr = "proxy_conn_id"
    default_conn_name = "sfetl_proxy_default"
    conn_type = "sfetl_proxy"
    hook_name = "sfetl proxy"

    def __init__(self, proxy_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.proxy_conn_id = proxy_conn_id

    def get_conn(self) -> ProxySettings:
        """Read the connection; raises ProxySettingsError with every fault in it."""
        return proxy_settings(self.get_connection(self.proxy_conn_id))

    def test_connection(self) -> tuple[bool, str]:
        """Ask the proxy for the way to Snowflake's own site: is it there, and does it take user and password?

        That it forbids this host is no fault: a load needs the account's and its storage's alone.
        """
        try:
            options = network_options(self.get_conn(), _SNOWFLAKE)
        except ProxyDeniedError:
            return True, f"The proxy answers. It does not allow {_SNOWFLAKE.host}, which loads do not need."
        except SfetlError as error:
            return False, f"{error.what} {remedy_of(error)}"
        return (
            True,
            "The proxy leads to Snowflake." if "proxy_host" in options else "Snowflake is reached directly.",
        )


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
