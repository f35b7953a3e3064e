"""What the doctor examines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sfetl_provider.core.network.proxy_settings import ProxySettings


@dataclass(frozen=True)
class Patient:
    """The connector's options without a proxy, the proxy's settings, and a database."""

    options: Mapping[str, Any] = field(repr=False)
    settings: ProxySettings | None
    database: str
