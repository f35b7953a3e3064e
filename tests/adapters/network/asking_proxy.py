"""A forward proxy on loopback that really verifies who asks: by Basic, NTLM or Negotiate; it may open TLS, too.

NTLM is checked by pyspnego's acceptor, which knows the one user. It resolves a host name that nobody else knows.
"""

from __future__ import annotations

import base64
import contextlib
import os
import select
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
    shown: Files | None = None
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
                _tunnel(connection, authority, self.shown)
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


def _tunnel(connection: socket.socket, authority: str, shown: Files | None) -> None:
    """Pass bytes on; with `shown`, open TLS as companies do, and show that certificate instead of the server's."""
    host, _, port = authority.rpartition(":")
    with socket.create_connection(("127.0.0.1" if host == INNER_HOST else host, int(port)), 5) as upstream:
        connection.sendall(b"HTTP/1.1 200 yours\r\n\r\n")
        if shown is None:
            _exchange(connection, upstream)
            return
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with (
            _server_context(shown).wrap_socket(connection, server_side=True) as inner,
            trusting.wrap_socket(upstream, server_hostname=host) as outer,
        ):
            _exchange(inner, outer)


def _exchange(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side ends, in one thread, as OpenSSL wants it."""
    ways = {one: other, other: one}
    while True:
        held = [way for way in ways if isinstance(way, ssl.SSLSocket) and way.pending()]
        for source in held or select.select(list(ways), [], [], 60)[0]:
            source.settimeout(0)
            try:
                piece = source.recv(65536)
            except (ssl.SSLWantReadError, BlockingIOError):
                continue  # TLS has things of its own to say
            if not piece:
                return
            ways[source].settimeout(60)
            ways[source].sendall(piece)


def _server_context(files: Files) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


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
            os.environ.pop("NTLM_USER_FILE", None)  # another one may have ended before


@contextlib.contextmanager
def asking_proxy(
    scheme: str | None, tls: Files | None = None, shown: Files | None = None
) -> Iterator[AskingProxy]:
    """A proxy until the block ends; `tls` to be reached by TLS, `shown` to open the TLS that passes it."""
    proxy = AskingProxy(scheme, shown)
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
            connection = _server_context(tls).wrap_socket(connection, server_side=True)
        with connection:
            proxy.serve(connection)
