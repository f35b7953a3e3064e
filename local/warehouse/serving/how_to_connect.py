"""How to reach a local warehouse that was started, in words for a person and in a file for the Snowflake CLI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.warehouse.notice import NOTICE
from local.warehouse.serving.certificates import BUNDLE_VARIABLE


def connection_parameters(
    host: str, port: int, session_parameters: Mapping[str, str | int | bool], protocol: str = "http"
) -> dict[str, Any]:
    """Arguments for snowflake.connector.connect to a local warehouse anywhere."""
    return {
        "user": "local",
        "password": "local",
        "account": "local",
        "host": host,
        "port": port,
        "protocol": protocol,
        "paramstyle": "qmark",
        "session_parameters": {"CLIENT_SESSION_KEEP_ALIVE": True, **session_parameters},
        "platform_detection_timeout_seconds": 0.0,
    }


def connections_toml(host: str, port: int, is_tls: bool, table: str = "local") -> str:
    """A connection as ~/.snowflake/connections.toml wants it; as `connections.local` for a config.toml."""
    parameters = connection_parameters(host, port, {}, "https" if is_tls else "http")
    names = ("account", "user", "password", "host", "port", "protocol")
    # JSON writes strings and numbers as TOML does.
    return "\n".join([f"[{table}]", *(f"{name} = {json.dumps(parameters[name])}" for name in names), ""])


def explained(host: str, port: int, folder: Path | None, ca_bundle: Path | None) -> str:
    """All that a user needs to connect, in some lines of text."""
    is_tls = ca_bundle is not None
    trust = ""
    if ca_bundle is not None:
        trust = f"\nIts certificate is trusted with:\n\n  export {BUNDLE_VARIABLE}={ca_bundle}\n"
    parameters = connection_parameters(host, port, {}, "https" if is_tls else "http")
    named = ("account", "user", "password", "host", "port", "protocol")
    call = ", ".join(f"{name}={parameters[name]!r}" for name in named)
    toml = connections_toml(host, port, is_tls).replace("\n", "\n  ").rstrip()
    return (
        f"{NOTICE}\n"
        f"It listens on {'https' if is_tls else 'http'}://{host}:{port} and keeps "
        f"{folder or 'nothing (all is gone at its end)'}. Any user and password get in.\n{trust}\n"
        f"Python:\n\n  snowflake.connector.connect({call})\n\n"
        f"Snowflake CLI, in ~/.snowflake/connections.toml (then: snow sql -c local -q 'SELECT 1'):\n\n  {toml}\n"
    )
