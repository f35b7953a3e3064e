"""What is measured on the way to a proxy, handed to whoever keeps such numbers."""

from __future__ import annotations

from collections.abc import Callable

# Called with a name and seconds or a count, from any thread; must not block.
Measure = Callable[[str, float], None]

CONNECT = "proxy_connect_seconds"
NEGOTIATION = "proxy_negotiation_seconds"
CONNECTION = "connection_seconds"
FAILOVERS = "proxy_failovers"
REJECTED = "proxy_rejected_credentials"
NAMES = (CONNECT, NEGOTIATION, CONNECTION, FAILOVERS, REJECTED)


def ignore(name: str, value: float) -> None:  # a Measure
    """Keep nothing."""
