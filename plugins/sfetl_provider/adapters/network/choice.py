"""How one connection's requests travel, besides the connector's own proxy options."""

from __future__ import annotations

from dataclasses import dataclass

# Where it stands among the connector's options, on their way to `open_connection`, through a pipe too.
NETWORK = "network"


@dataclass(frozen=True)
class NetworkChoice:
    """With one of these a connection ignores the environment; `bypass` names hosts that go around its proxy."""

    ca_bundle: str
    is_insecure: bool = False
    bypass: tuple[str, ...] = ()
