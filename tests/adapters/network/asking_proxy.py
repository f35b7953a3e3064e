"""A forward proxy on loopback that really verifies who asks: by Basic, NTLM or Negotiate; by TLS on request.

NTLM is checked by pyspnego's acceptor, which knows the one user. It resolves a host name that nobody else knows.
"""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import spnego

from tests.adapters.network.certificates import Files
from tests.adapters.squid import INNER_HOST

USER = "CORP\\ann"
PASSWORD = "Пароль-é-✓ %/@"


@dataclass
class AskingProxy:
    """Its port; per CONNECT what became of it: `asked`, `challenged`, `refused` or `granted <authority>`."""

    scheme: str | None
    port: int = 0
    log: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """Answer CONNECTs until one is granted or the client ends."""
        context: Any = None
        while head := _read_head(connection):
            authority = head[0].split(" ")[1]
            fields = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
            }
            given = fields.get("proxy-authorization", "")
            if context is None and given.lower().startswith(("ntlm", "negotiate")):
                context = spnego.server(
                    protocol=str(self.scheme),
                    options=spnego.NegotiateOptions.use_ntlm,
                )
            verdict, challenge = self._verdict(given, context)
            if verdict == "granted":
                self.log.append(f"granted {authority}")
                _tunnel(connection, authority)
                return
            self.log.append(verdict)
            offered = f"Proxy-Authenticate: {self.scheme} {challenge}".rstrip()
            if self.scheme == "basic":
                offered += ' realm="tests"'
            connection.sendall(f"HTTP/1.1 407 no\r\n{offered}\r\nContent-Length: 4\r\n\r\nsee?".encode())

    def _verdict(self, given: str, context: Any) -> tuple[str, str]:
        if self.scheme is None:
            return "granted", ""
        scheme, _, text = given.partition(" ")
        if scheme.lower() != self.scheme:
            return "asked", ""
        token = base64.b64decode(text)
        if self.scheme == "basic":
            return ("granted" if token == f"{USER}:{PASSWORD}".encode() else "refused"), ""
        try:
            answer = context.step(token)
        except spnego.exceptions.SpnegoError:
            return "refused", ""
        return ("granted", "") if context.complete else ("challenged", base64.b64encode(answer).decode())


def _read_head(connection: socket.socket) -> list[str]:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(1)
        if not piece:
            return []
        head += piece
    return head.decode("latin-1").split("\r\n")[:-2]


def _tunnel(connection: socket.socket, authority: str) -> None:
    host, _, port = authority.rpartition(":")
    with socket.create_connection(("127.0.0.1" if host == INNER_HOST else host, int(port)), 5) as upstream:
        upstream.settimeout(None)
        connection.sendall(b"HTTP/1.1 200 yours\r\n\r\n")
        back = threading.Thread(target=_pump, args=(upstream, connection), daemon=True)
        back.start()
        _pump(connection, upstream)
        back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _known_user() -> Iterator[None]:
    """Name the file of users to pyspnego's acceptor, which takes it from the environment only."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as users:
        users.write(f"{USER.replace(chr(92), ':')}:{PASSWORD}\n")
        users.flush()
        os.environ["NTLM_USER_FILE"] = users.name
        try:
            yield
        finally:
            del os.environ["NTLM_USER_FILE"]


@contextlib.contextmanager
def asking_proxy(scheme: str | None, tls: Files | None = None) -> Iterator[AskingProxy]:
    """A proxy until the block ends."""
    proxy = AskingProxy(scheme)
    with _known_user(), socket.create_server(("127.0.0.1", 0)) as server:
        proxy.port = server.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=_handle, args=(proxy, connection, tls), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield proxy
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _handle(proxy: AskingProxy, connection: socket.socket, tls: Files | None) -> None:
    with contextlib.suppress(OSError):
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.certificate, tls.key)
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            proxy.serve(connection)
