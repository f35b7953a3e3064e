"""What goes wrong between here and Snowflake, as our errors: each says what to do, none quotes an address."""

from __future__ import annotations

import socket

from sfetl_provider.core.errors import (
    ConnectionLostError,
    HostUnknownError,
    ProxyAuthenticationError,
    ProxyDeniedError,
    ProxyUnreachableError,
    SfetlError,
    ThrottledError,
    TlsUntrustedError,
    WarehouseUnavailableError,
)

NOTHING_CHANGED = "Nothing was changed by this statement as far as is known; the run's checkpoints are kept."
PROXY_UNREACHABLE = "proxy unreachable"
HOST_UNKNOWN = "host unknown"
HOST_UNREACHABLE = "host unreachable"
PROXY_UNTRUSTED = "proxy untrusted"
ROUTE_UNKNOWN = "route unknown"
_AUTHENTICATION_REQUIRED = 407
_TOO_MANY = 429
_MAY_PASS = (500, 502, 503, 504)


def proxy_answer(status: int, reason: str, doing: str) -> SfetlError:
    """Give the error for a proxy's answer to a request; `reason` is read only for what our forwarder says."""
    if PROXY_UNREACHABLE in reason:
        return proxy_unreachable("none of its addresses answered", doing)
    if HOST_UNKNOWN in reason:
        return host_unknown(doing)
    if PROXY_UNTRUSTED in reason:
        return untrusted(" by the proxy itself", doing)
    what = f"The proxy answered {status} while {doing}."
    if status == _AUTHENTICATION_REQUIRED:
        return ProxyAuthenticationError(
            what,
            safe="Nothing was sent to Snowflake, and it is not tried again, so that no account is locked.",
            next_step="Correct user or password of the proxy connection, then clear this task.",
        )
    if status == _TOO_MANY:
        return ThrottledError(what, safe=NOTHING_CHANGED, next_step="Airflow tries again, later.")
    if status in _MAY_PASS:
        return WarehouseUnavailableError(
            what,
            safe=NOTHING_CHANGED,
            next_step="Airflow tries again; if it goes on, ask who runs the proxy why it cannot reach the host.",
        )
    return ProxyDeniedError(
        what,
        safe="Nothing was sent to Snowflake, and it is not tried again.",
        next_step="Have the host allowed by who runs the proxy, then clear this task.",
    )


def proxy_unreachable(why: str, doing: str) -> ProxyUnreachableError:
    """Give the error for a proxy that does not answer."""
    return ProxyUnreachableError(
        f"The proxy could not be reached while {doing}: {why}.",
        safe=NOTHING_CHANGED,
        next_step="Airflow tries again; if it goes on, check host and port of the proxy connection, and whether"
        " the proxy runs.",
    )


def host_unknown(doing: str) -> HostUnknownError:
    """Give the error for a host name that cannot be resolved."""
    return HostUnknownError(
        f"The host name could not be resolved while {doing} (gaierror).",
        safe=NOTHING_CHANGED,
        next_step="Airflow tries again; if it goes on, check account and host of the Snowflake connection, and"
        " that a proxy is named where only that can resolve it.",
    )


def connection_lost(why: str, doing: str) -> ConnectionLostError:
    """Give the error for a connection that was cut."""
    return ConnectionLostError(
        f"The connection was cut while {doing} ({why}).",
        safe=NOTHING_CHANGED,
        next_step="Airflow tries again; if it goes on, look for a proxy or firewall that ends long connections.",
    )


def untrusted(details: str, doing: str) -> TlsUntrustedError:
    """Give the error for a certificate that nobody vouches for."""
    return TlsUntrustedError(
        f"The certificate presented{details} while {doing} is not trusted.",
        safe="Nothing was sent.",
        next_step="If the issuer is your company's, a proxy opens TLS: put its CA into the CA bundle of the proxy"
        " connection, then clear this task. If not, do not go on: somebody may be listening.",
    )


def reason_of(error: OSError) -> str:
    """Say in a few words why a connection could not be made."""
    if isinstance(error, socket.gaierror):
        return "its name could not be resolved"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "it refused the connection"
    if isinstance(error, ConnectionResetError):
        return "it cut the connection"
    return type(error).__name__
