"""A server on loopback that gives everybody the same answer, as a proxy or as Snowflake in trouble."""

from __future__ import annotations

import contextlib
import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class AnsweringServer:
    """Its port, the requests so far as `METHOD path`, and their bodies."""

    port: int
    requests: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def answering_server(status: int, body: str = "{}") -> Iterator[AnsweringServer]:
    """Answer each request with one status and one JSON body until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            running.requests.append(f"{self.command} {self.path.partition('?')[0]}")
            given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_packed = self.headers.get("Content-Encoding") == "gzip"
            running.bodies.append(gzip.decompress(given) if is_packed else given)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_CONNECT = answer  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = AnsweringServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
