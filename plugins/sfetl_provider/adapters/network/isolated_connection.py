"""A Snowflake connection whose proxy and certificates are those it was given, whatever the environment says.

In connector 4.x HTTP(S)_PROXY, ALL_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE beat the arguments, because its sessions
trust the environment, and nothing of its own switches certificate checks off. There is no public switch, so this
module replaces the connection's session manager; it is the only place that touches that private part
(`_session_manager`, `SessionManager.make_session`, `HttpConfig.adapter_factory`).
"""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from snowflake.connector import SnowflakeConnection
from snowflake.connector.session_manager import HttpConfig, ProxySupportAdapter, SessionManager
from snowflake.connector.vendored.urllib3.contrib.pyopenssl import PyOpenSSLContext

from sfetl_provider.adapters.network.choice import NetworkChoice
from sfetl_provider.core.network.bypass import is_bypassed

log = logging.getLogger(__name__)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class _IsolatedConfig(HttpConfig):
    """The connector's settings of HTTP, and ours: clones of a session manager carry both."""

    network: NetworkChoice | None = None


class _IsolatedSessions(SessionManager):
    def make_session(self, *, url: str | None = None) -> Any:
        config: Any = self.config
        network: NetworkChoice = config.network
        session: Any = super().make_session(url=url)
        session.trust_env = False
        session.verify = False if network.is_insecure else network.ca_bundle
        if config.proxy_host and not _goes_around(url, network):
            session.proxies = {"http": self.proxy_url, "https": self.proxy_url}
        merge = session.merge_environment_settings

        def merge_with_bundle(url: str, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
            # The connector asks for verify=True with each request, which would beat the session's bundle.
            return merge(url, proxies, stream, None if verify is True else verify, cert)

        session.merge_environment_settings = merge_with_bundle
        return session


def _goes_around(url: str | None, network: NetworkChoice) -> bool:
    parts = urlsplit(url or "")
    return is_bypassed(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0), network.bypass)


class _InsecureAdapter(ProxySupportAdapter):
    """Brings a context that verifies nothing: the connector replaces any other kind by one that does."""

    def __init__(self, **options: Any) -> None:
        self._context: Any = PyOpenSSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.verify_mode = ssl.CERT_NONE
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        attributes: Any = super().build_connection_pool_key_attributes
        host, pool = attributes(request, verify, cert)
        return host, {**pool, "ssl_context": self._context} if host["scheme"] == "https" else pool


class IsolatedConnection(SnowflakeConnection):
    """A connection for login, queries, PUT and GET that ignores the environment's proxies and certificates."""

    def __init__(self, network: NetworkChoice, **options: Any) -> None:
        self._network = network
        if network.is_insecure:
            log.warning(
                "Certificates are NOT verified for this connection to %s: whoever stands in between can read and"
                " change everything. Give its proxy connection the CA instead, and switch insecure off.",
                options.get("host") or options.get("account"),
            )
        super().__init__(**options)

    @property
    def _session_manager(self) -> SessionManager | None:
        return self.__dict__.get("_isolated_sessions")

    @_session_manager.setter
    def _session_manager(self, manager: SessionManager | None) -> None:
        if manager is not None:
            manager = _IsolatedSessions(_isolated(manager.config, self._network))
        self.__dict__["_isolated_sessions"] = manager


def _isolated(config: HttpConfig, network: NetworkChoice) -> _IsolatedConfig:
    parts = {part.name: getattr(config, part.name) for part in fields(HttpConfig)}
    if network.is_insecure:
        parts["adapter_factory"] = _InsecureAdapter
    return _IsolatedConfig(**parts, network=network)
