"""The provider's SnowflakeHook, with the proxy of an Airflow connection and the options that it drops."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError
from airflow.sdk.observability import stats

from sfetl_provider.adapters.network.login_fault import target_of
from sfetl_provider.adapters.network.measures import CONNECTION
from sfetl_provider.adapters.network.route import network_options
from sfetl_provider.adapters.patient import Patient
from sfetl_provider.core.compute.warehouse_state import wake
from sfetl_provider.core.doctor.examination import Examination, render_examination
from sfetl_provider.core.errors import ConnectionMissingError, LoginSettingsError
from sfetl_provider.core.network.login_settings import LoginFields, login_faults
from sfetl_provider.core.network.private_key import read_private_key
from sfetl_provider.core.network.proxy_settings import ProxySettings
from sfetl_provider.hooks.oauth_token import OauthTokens
from sfetl_provider.hooks.proxy import proxy_settings

if TYPE_CHECKING:
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession

# Connector options that apache-airflow-providers-snowflake 6.20 drops in silence when they stand in `extra`.
PASSED_OPTIONS = (
    "protocol",
    "login_timeout",
    "socket_timeout",
    "client_session_keep_alive",
    "ocsp_fail_open",
    "disable_ocsp_checks",
    "cert_revocation_check_mode",
    "workload_identity_entra_resource",
    "workload_identity_impersonation_path",
    "workload_identity_host",
)
PROXY_FIELD = "proxy_conn_id"


class SfetlSnowflakeHook(SnowflakeHook):
    """Opens sessions for one Snowflake connection.

    The proxy comes from the connection `proxy_conn_id`, given here or named in the Snowflake connection's
    extra; with it the environment's proxies and certificates are ignored. Without one, the connector's own rules
    apply.
    `time_zone` becomes the sessions' TIMEZONE, whatever the connection's extra says of it.
    With `wakes_warehouse` a warehouse that is suspended and would stay so (AUTO_RESUME is false) is resumed.
    `connections` hands over connections that were fetched before, for use in a triggerer's thread.
    """

    def __init__(
        self,
        snowflake_conn_id: str = SnowflakeHook.default_conn_name,
        *,
        proxy_conn_id: str | None = None,
        time_zone: str | None = None,
        wakes_warehouse: bool = False,
        connections: dict[str, Connection] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(snowflake_conn_id=snowflake_conn_id, **options)
        self.proxy_conn_id = proxy_conn_id
        self.time_zone = time_zone
        self.wakes_warehouse = wakes_warehouse
        self._connections = connections or {}
        self._oauth = OauthTokens(self.settings)

    def get_connection(self, conn_id: str) -> Connection:
        """Give an Airflow connection; raises ConnectionMissingError with the remedy when there is none."""
        if conn_id not in self._connections:
            self._connections[conn_id] = find_connection(conn_id)
        return self._connections[conn_id]

    def open_session(self) -> SnowflakeSession:
        """Log in and give the Warehouse port of core."""
        # Imported late, here and below: the connector takes 110 MB, which staging leaves to its upload processes.
        from sfetl_provider.adapters.snowflake_session import SnowflakeSession

        session = SnowflakeSession(self.get_conn())
        if self.wakes_warehouse:
            self._wake(session)
        return session

    def _wake(self, session: SnowflakeSession) -> None:
        try:
            woken = wake(session)
        except BaseException:
            session.close()
            raise
        if woken:
            self.log.warning("Warehouse %s was suspended, and nothing would have resumed it: resumed.", woken)

    def get_conn(self) -> Any:
        """Log in; see `adapters.snowflake_session.open_connection` for the errors."""
        from sfetl_provider.adapters.snowflake_session import open_connection

        began = time.monotonic()
        connection = open_connection(self.connector_options())
        tell_measure(CONNECTION, time.monotonic() - began)
        return connection

    def connector_options(self) -> dict[str, Any]:
        """Give what the connector is called with, having asked the proxy for the way; holds secrets.

        Raises ConnectionMissingError, ProxySettingsError and what `network_options` raises.
        """
        patient = self.patient()
        options = dict(patient.options)
        if patient.settings is not None:
            options |= network_options(patient.settings, target_of(options), tell_measure)
        return options

    def patient(self, database: str = "") -> Patient:
        """Give what the connections say; nobody is asked but an OAuth endpoint for its token; holds secrets.

        Raises ConnectionMissingError, LoginSettingsError, ProxySettingsError, LoginDeniedError.
        """
        fields = self._login_fields()
        if faults := login_faults(fields):
            raise LoginSettingsError(self.snowflake_conn_id, faults)
        # The provider knows its ways to log in by their names in lower case only.
        self.authenticator = fields.authenticator
        extra = fields.extra
        try:
            found = self._get_conn_params()
        except ValueError as error:
            raise LoginSettingsError(self.snowflake_conn_id, (str(error),)) from None
        options: dict[str, Any] = {key: value for key, value in found.items() if value not in (None, "")}
        options |= {name: extra[name] for name in PASSED_OPTIONS if name in extra}
        if self.time_zone:
            in_extra: dict[str, Any] = dict(options.get("session_parameters") or {})
            options["session_parameters"] = {**in_extra, "TIMEZONE": self.time_zone}
        settings = self.settings()
        if settings is not None:
            options = {name: value for name, value in options.items() if not name.startswith("proxy_")}
        return Patient(options, settings, database or str(options.get("database") or ""))

    def get_private_key(self) -> Any:
        """Read the connection's private key, if it names one; raises LoginSettingsError."""
        fields = self._login_fields()
        if not fields.has_key:
            return None
        name, text = "private_key_content", fields.text("private_key_content")
        try:
            if path := fields.text("private_key_file"):
                name, text = "private_key_file", Path(path).expanduser().read_text("utf-8", "replace")
            return read_private_key(text, (fields.password or "").strip())
        except OSError as error:
            fault = f"{name}: {path} cannot be read ({error.strerror})"
        except ValueError as error:
            fault = f"{name}: {error}"
        raise LoginSettingsError(self.snowflake_conn_id, (fault,))

    def _login_fields(self) -> LoginFields:
        connection = self.get_connection(self.snowflake_conn_id)
        return LoginFields(connection.login, connection.password, connection.extra_dejson)

    def settings(self) -> ProxySettings | None:
        """Give what the proxy connection says, if there is one; raises ProxySettingsError."""
        named = self.named_proxy
        return proxy_settings(self.get_connection(named)) if named else None

    @property
    def is_insecure(self) -> bool:
        """Tell whether the proxy connection switches the verifying of certificates off."""
        settings = self.settings()
        return settings is not None and settings.is_insecure

    @property
    def named_proxy(self) -> str:
        """The proxy connection: the hook's own, or the one that the Snowflake connection names; empty for none."""
        connection = self.get_connection(self.snowflake_conn_id)
        return str(self.proxy_conn_id or connection.extra_dejson.get(PROXY_FIELD) or "")

    def examine(self, database: str = "") -> Examination:
        """Go the way to Snowflake step by step, see `adapters.doctor`."""
        from sfetl_provider.adapters.doctor import examine

        try:
            named = self.named_proxy
        except ConnectionMissingError:
            named = str(self.proxy_conn_id or "")
        return examine(self.snowflake_conn_id, named, lambda: self.patient(database))

    def test_connection(self) -> tuple[bool, str]:  # type: ignore[override]  # as Airflow calls it, and says elsewhere
        """Tell whether everything works, and what was found; for Airflow's Test button and command line."""
        found = self.examine()
        return found.failed_step is None, render_examination(found)


def tell_measure(name: str, value: float) -> None:
    """Hand a number to Airflow's stats, as `sfetl.<name>`: a timer for seconds, else a counter."""
    if name.endswith("_seconds"):
        stats.timing(f"sfetl.{name}", timedelta(seconds=value))
    else:
        stats.incr(f"sfetl.{name}", int(value))


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
