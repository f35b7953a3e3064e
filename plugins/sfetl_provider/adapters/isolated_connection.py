"""A Snowflake connection whose proxy is the one it was given, whatever the environment says.

In connector 4.x HTTP(S)_PROXY, ALL_PROXY and NO_PROXY beat the proxy arguments, because its sessions trust the
environment. There is no public switch, so this module replaces the connection's session manager; it is the only
place that touches that private part (`_session_manager`, `SessionManager.make_session`).
"""

from __future__ import annotations

import os
from typing import Any

from snowflake.connector import SnowflakeConnection
from snowflake.connector.session_manager import ProxySessionManager, SessionManager


def _isolate(session: Any) -> Any:
    session.trust_env = False
    # Distrusting the environment would also drop its CA bundle, which behind an intercepting proxy is needed.
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    merge = session.merge_environment_settings

    def merge_with_bundle(url: str, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        # The connector asks for verify=True with each request, which would beat the session's bundle.
        return merge(url, proxies, stream, None if verify is True else verify, cert)

    session.merge_environment_settings = merge_with_bundle
    return session


class _DirectSessions(SessionManager):
    def make_session(self, *, url: str | None = None) -> Any:
        return _isolate(super().make_session(url=url))


class _ProxySessions(ProxySessionManager):
    def make_session(self, *, url: str | None = None) -> Any:
        session = _isolate(super().make_session(url=url))
        if not self.config.no_proxy:
            # Without a bypass list of its own the connector takes NO_PROXY for one.
            session.proxies = {"http": self.proxy_url, "https": self.proxy_url}
        return session


class IsolatedConnection(SnowflakeConnection):
    """A connection for login, queries, PUT and GET that ignores the environment's proxy variables."""

    @property
    def _session_manager(self) -> SessionManager | None:
        return self.__dict__.get("_isolated_sessions")

    @_session_manager.setter
    def _session_manager(self, manager: SessionManager | None) -> None:
        if manager is not None:
            kind = _ProxySessions if manager.config.proxy_host else _DirectSessions
            manager = kind.from_config(manager.config)
        self.__dict__["_isolated_sessions"] = manager
