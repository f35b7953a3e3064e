"""More about a certificate that a login did not trust."""

from __future__ import annotations

import os
from collections.abc import Mapping
from socket import create_connection, socket
from typing import Any
from urllib.parse import unquote

import certifi

from sfetl_provider.adapters.network.certificate_probe import certificate_error, look_at_certificate
from sfetl_provider.adapters.network.choice import NETWORK, NetworkChoice
from sfetl_provider.adapters.network.tunnel import (
    OK,
    Patience,
    Target,
    basic_authorization,
    open_tunnel,
)
from sfetl_provider.core.errors import TlsUntrustedError
from sfetl_provider.core.network.account_host import account_host
from sfetl_provider.core.network.bypass import is_bypassed
from sfetl_provider.core.network.proxy_settings import ProxyAddress

_DEFAULT_PORT = 443


def explain_certificate(fault: TlsUntrustedError, options: Mapping[str, Any]) -> TlsUntrustedError:
    """Look at the certificate the way the connector went, and give a better error; the same when that fails.

    Costs at most two connections, and no credential that was not accepted before.
    """
    target = target_of(options)
    try:
        found = look_at_certificate(lambda: dial(options, target), target.host, trusted_file(options))
    except (OSError, ValueError):
        return fault
    return certificate_error(found, target.host, "logging in") if found.fault_code else fault


def trusted_file(options: Mapping[str, Any]) -> str:
    """Give the file of the certificates that a connection with these options trusts."""
    choice: NetworkChoice | None = options.get(NETWORK)
    return choice.ca_bundle if choice else os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()


def target_of(options: Mapping[str, Any]) -> Target:
    """Give Snowflake's host for these options, as the connector makes it of the account."""
    region, account = str(options.get("region") or ""), str(options.get("account", ""))
    host = options.get("host") or account_host(region, account)
    return Target(
        str(host),
        int(options.get("port") or _DEFAULT_PORT),
        str(options.get("protocol") or "https") == "https",
    )


def dial(options: Mapping[str, Any], target: Target) -> socket:
    """Connect to the target as these options say, through their proxy or not; raises OSError."""
    patience = Patience()
    choice: NetworkChoice | None = options.get(NETWORK)
    host, bypass = options.get("proxy_host"), choice.bypass if choice else ()
    if not host or is_bypassed(target.host, target.port, bypass):
        return create_connection((target.host, target.port), patience.connect_seconds)
    user, password = (unquote(str(options.get(f"proxy_{name}") or "")) for name in ("user", "password"))
    authorization = basic_authorization(user, password) if user else ""
    tunnel = open_tunnel(ProxyAddress(host, int(options["proxy_port"])), target, patience, authorization)
    if tunnel.answer.status != OK:
        tunnel.connection.close()
        raise ConnectionRefusedError(f"the proxy answered {tunnel.answer.status}")
    return tunnel.connection
