"""The forwarders of this process, one for each connection's settings, shared by all its sessions and uploads."""

from __future__ import annotations

import os
import ssl
import threading

from sfetl_provider.adapters.network.forwarder import Forwarder, Route
from sfetl_provider.adapters.network.measures import Measure, ignore
from sfetl_provider.adapters.network.pac import PacScript
from sfetl_provider.core.network.proxy_settings import ProxySettings

_lock = threading.Lock()
_running: dict[tuple[int, ProxySettings], Forwarder] = {}


def forwarder_for(settings: ProxySettings, ca_bundle: str, measure: Measure = ignore) -> Forwarder:
    """Give the forwarder for these settings, started now if there is none; it runs as long as the process.

    One whose credential was refused is replaced: asking again is a login of its own, which somebody wanted. A
    process that was forked starts its own, since threads are not inherited.
    """
    key = (os.getpid(), settings)
    with _lock:
        forwarder = _running.get(key)
        if forwarder is not None and forwarder.is_rejected:
            forwarder.close()
            forwarder = None
        if forwarder is None:
            route, context = _route(settings, ca_bundle), _context(settings, ca_bundle)
            forwarder = Forwarder(settings, route, context, measure)
            _running[key] = forwarder
        return forwarder


def _route(settings: ProxySettings, ca_bundle: str) -> Route:
    if settings.has_script:
        return PacScript(settings, ca_bundle).ways
    return lambda host, port: settings.proxies  # noqa: ARG005  # the same way to every host


def _context(settings: ProxySettings, ca_bundle: str) -> ssl.SSLContext:
    """Give what a proxy's own certificate is held against."""
    context = ssl.create_default_context(cafile=ca_bundle)
    if settings.is_insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
