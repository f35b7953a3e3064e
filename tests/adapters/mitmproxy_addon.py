"""What mitmproxy runs: it knows a host that nobody else knows, and writes a line for each request.

Loaded by mitmdump, in an environment without this project.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_INNER_HOST = os.environ["INNER_HOST"]
_LOG = Path(os.environ["REQUEST_LOG"])


def server_connect(data: Any) -> None:
    """Resolve the inner host."""
    host, port = data.server.address
    if host == _INNER_HOST:
        data.server.address = ("127.0.0.1", port)


def response(flow: Any) -> None:
    """Log what was seen, which TLS would have hidden; without the query, where tokens stand."""
    path = flow.request.path.partition("?")[0]
    with _LOG.open("a", encoding="utf-8") as log:
        log.write(f"{flow.response.status_code} {flow.request.method} {flow.request.pretty_host}{path}\n")
