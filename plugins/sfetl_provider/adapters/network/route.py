"""From a proxy connection to what the connector is called with, having knocked at the proxy first.

The knock costs one connection and, where the target speaks TLS, one CONNECT. It finds within the settings' two
timeouts what the connector would take minutes for, and asks with a credential once where the connector asks
four times.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sfetl_provider.adapters.network.ca_bundle import bundle_file
from sfetl_provider.adapters.network.choice import NETWORK, NetworkChoice
from sfetl_provider.adapters.network.faults import proxy_answer, proxy_unreachable, reason_of
from sfetl_provider.adapters.network.forwarder import USER, Forwarder
from sfetl_provider.adapters.network.forwarders import forwarder_for
from sfetl_provider.adapters.network.measures import CONNECT, NEGOTIATION, REJECTED, Measure, ignore
from sfetl_provider.adapters.network.tunnel import (
    OK,
    Answer,
    Patience,
    Target,
    basic_authorization,
    connect_proxy,
    open_tunnel,
)
from sfetl_provider.core.network.bypass import is_bypassed
from sfetl_provider.core.network.proxy_settings import ProxyAddress, ProxyAuthentication, ProxySettings

_AUTHENTICATION_REQUIRED = 407
_KNOCKING = "asking it for the way to Snowflake"
# All that a script and the forwarder may take together: proxies one after the other, NTLM's two rounds.
_FORWARDED_SECONDS = 9.5
# A slow script leaves the proxies at least this.
_LEAST_SECONDS = 2.0


def network_options(settings: ProxySettings, target: Target, measure: Measure = ignore) -> dict[str, Any]:
    """Give the connector's proxy options and our NetworkChoice; holds secrets.

    Starts a forwarder in this process when the connector cannot do what the settings ask for. Raises
    ProxySettingsError, ProxyUnreachableError, ProxyAuthenticationError, ProxyDeniedError,
    WarehouseUnavailableError.
    """
    choice = NetworkChoice(bundle_file(settings.ca_pem), settings.is_insecure, settings.bypass)
    if not settings.proxies and not settings.has_script:
        return {NETWORK: choice}
    is_around = is_bypassed(target.host, target.port, settings.bypass)
    if _is_beyond_connector(settings) or (not is_around and _wants_more_than_basic(settings, target)):
        forwarder = forwarder_for(settings, choice.ca_bundle, measure)
        door = _forwarder_door(forwarder, None if is_around else target)
    else:
        login = (settings.user, settings.password) if settings.sends_credentials else ("", "")
        door = _Door(settings.proxies[0], *login, _patience(settings))
    if not is_around:
        _knock(door, target, ignore if door.is_forwarder else measure)
    return {NETWORK: choice, **door.options()}


@dataclass(frozen=True)
class _Door:
    """The proxy that the connector is told to use: the company's, or our forwarder."""

    proxy: ProxyAddress
    user: str
    password: str
    patience: Patience
    is_forwarder: bool = False

    def options(self) -> dict[str, str]:
        """Give `proxy_host` and so on for connector 4.x, which pastes user and password into a URL."""
        options = {"proxy_host": self.proxy.host, "proxy_port": str(self.proxy.port)}
        if self.user:
            options["proxy_user"] = quote(self.user, safe="")
            options["proxy_password"] = quote(self.password, safe="")
        return options


def _forwarder_door(forwarder: Forwarder, target: Target | None) -> _Door:
    began = time.monotonic()
    if target is not None:
        forwarder.ways(target.host, target.port)  # a script's fault is told here, with its reason
    left = _FORWARDED_SECONDS - (time.monotonic() - began)
    patience = Patience(answer_seconds=max(left, _LEAST_SECONDS))
    return _Door(
        ProxyAddress("127.0.0.1", forwarder.port), USER, forwarder.token, patience, is_forwarder=True
    )


def ways_to(settings: ProxySettings, target: Target) -> Sequence[ProxyAddress | None]:
    """Give the ways to a host in their order, None for direct; a script's fault is a ProxySettingsError."""
    if is_bypassed(target.host, target.port, settings.bypass):
        return (None,)
    if settings.has_script:
        ways = forwarder_for(settings, bundle_file(settings.ca_pem)).ways
        return ways(target.host, target.port)
    return settings.proxies or (None,)


def _is_beyond_connector(settings: ProxySettings) -> bool:
    """Tell whether connector 4.x could not do it whatever the proxy says."""
    return (
        settings.has_script
        or len(settings.proxies) > 1
        or settings.proxies[0].is_tls
        or (settings.sends_credentials and settings.authentication is ProxyAuthentication.NTLM)
        or not _is_latin_1(settings.user + settings.password)
    )


def _is_latin_1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _wants_more_than_basic(settings: ProxySettings, target: Target) -> bool:
    """Ask the proxy, without a credential, what it offers; only `auto` leaves that open."""
    if not settings.sends_credentials or settings.authentication is not ProxyAuthentication.AUTO:
        return False
    door = _Door(settings.proxies[0], "", "", _patience(settings))
    schemes = _asked(door, target, "").schemes
    return "ntlm" in schemes or ("negotiate" in schemes and "basic" not in schemes)


def _knock(door: _Door, target: Target, measure: Measure) -> None:
    """Ask for the way as the connector will; a forwarder measures what it does itself."""
    if not target.is_tls and not door.is_forwarder:
        _reach(door.proxy, door.patience)
        return
    authorization = basic_authorization(door.user, door.password) if door.user else ""
    answer = _asked(door, target, authorization, measure)
    if answer.status == _AUTHENTICATION_REQUIRED and authorization:
        measure(REJECTED, 1)
    if answer.status != OK:
        raise proxy_answer(answer.status, answer.reason, _KNOCKING)


def _reach(proxy: ProxyAddress, patience: Patience) -> None:
    try:
        connect_proxy(proxy, patience, None).close()
    except OSError as error:
        raise proxy_unreachable(f"{proxy}: {reason_of(error)}", _KNOCKING) from None


def _patience(settings: ProxySettings) -> Patience:
    return Patience(settings.connect_timeout_seconds, settings.answer_timeout_seconds)


def _asked(door: _Door, target: Target, authorization: str, measure: Measure = ignore) -> Answer:
    try:
        tunnel = open_tunnel(door.proxy, target, door.patience, authorization)
    except OSError as error:
        who = "behind our forwarder" if door.is_forwarder else str(door.proxy)
        raise proxy_unreachable(f"{who}: {reason_of(error)}", _KNOCKING) from None
    tunnel.connection.close()
    measure(CONNECT, tunnel.connect_seconds)
    measure(NEGOTIATION, tunnel.negotiation_seconds)
    return tunnel.answer
