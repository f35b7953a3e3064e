"""What mitmproxy runs: it knows a host that nobody else knows, and writes a line for each request.

Loaded by mitmdump, in an environment without this project.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_INNER_HOST = os.environ["INNER_HOST"]
_LOG = Path(os.environ["REQUEST_LOG"])


def requestheaders(flow: Any) -> None:
    """Resolve the inner host; its name stays in the header."""
    if flow.request.host == _INNER_HOST:
        named = flow.request.headers["Host"]
        flow.request.host = "127.0.0.1"
        flow.request.headers["Host"] = named


def response(flow: Any) -> None:
    """Log what was seen, which TLS would have hidden; without the query, where tokens stand."""
    path = flow.request.path.partition("?")[0]
    with _LOG.open("a", encoding="utf-8") as log:
        log.write(f"{flow.response.status_code} {flow.request.method} {flow.request.pretty_host}{path}\n")
