"""A tunnel through a proxy, made by hand: what the proxy says to CONNECT is seen, not guessed."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from dataclasses import dataclass

from sfetl_provider.core.network.proxy_settings import ProxyAddress

_HEAD_LIMIT_BYTES = 64 * 1024
OK = 200


@dataclass(frozen=True)
class Target:
    """What is behind the proxy; `is_tls` when it is spoken to by TLS."""

    host: str
    port: int
    is_tls: bool = True

    @property
    def authority(self) -> str:
        """Its form in a CONNECT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """A proxy's answer to CONNECT.

    `challenges` are pairs of a scheme in lower case and its token, mostly empty. `keeps_connection` when another
    request may follow on the same connection, after `body_bytes`.
    """

    status: int
    reason: str = ""
    challenges: tuple[tuple[str, str], ...] = ()
    keeps_connection: bool = False
    body_bytes: int = 0

    @property
    def schemes(self) -> tuple[str, ...]:
        """How the proxy wants to be told who asks."""
        return tuple(scheme for scheme, _ in self.challenges)


@dataclass
class Tunnel:
    """A connection to a proxy; when `answer.status` is 200, to the target behind it. Close `connection`."""

    connection: socket.socket
    answer: Answer
    connect_seconds: float
    negotiation_seconds: float


@dataclass(frozen=True)
class Patience:
    """How long a proxy may take to be reached, and then to answer."""

    connect_seconds: float = 4.0
    answer_seconds: float = 5.0


def connect_proxy(proxy: ProxyAddress, patience: Patience, context: ssl.SSLContext | None) -> socket.socket:
    """Reach a proxy, with TLS if it wants it; raises OSError (ssl.SSLError too) when that fails."""
    connection = socket.create_connection((proxy.host, proxy.port), patience.connect_seconds)
    connection.settimeout(patience.answer_seconds)
    if not proxy.is_tls:
        return connection
    try:
        return (context or ssl.create_default_context()).wrap_socket(connection, server_hostname=proxy.host)
    except BaseException:
        connection.close()
        raise


def open_tunnel(
    proxy: ProxyAddress,
    target: Target,
    patience: Patience,
    authorization: str = "",
    context: ssl.SSLContext | None = None,
) -> Tunnel:
    """Ask a proxy for a tunnel; raises OSError when it cannot be reached or says nothing."""
    began = time.monotonic()
    connection = connect_proxy(proxy, patience, context)
    reached = time.monotonic()
    try:
        connection.sendall(connect_request(target.authority, authorization))
        answer = parse_answer(_read_head(connection))
    except BaseException:
        connection.close()
        raise
    return Tunnel(connection, answer, reached - began, time.monotonic() - reached)


def connect_request(authority: str, authorization: str = "") -> bytes:
    """Give the text of a CONNECT."""
    credentials = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
    return (
        f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nProxy-Connection: Keep-Alive\r\n{credentials}\r\n"
    ).encode("latin-1")


def basic_authorization(user: str, password: str) -> str:
    """Give the credentials of Basic, in UTF-8 where Latin-1 is not enough (RFC 7617)."""
    text = f"{user}:{password}"
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError:
        content = text.encode()
    return f"Basic {base64.b64encode(content).decode()}"


def parse_answer(head: bytes) -> Answer:
    """Read an answer's head; raises ConnectionResetError when it is no HTTP."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/") or not parts[1].isdigit():
        raise ConnectionResetError("the answer is no HTTP")
    fields = [
        (name.strip().lower(), value.strip())
        for name, _, value in (line.partition(":") for line in lines[1:])
    ]
    values = dict(fields)
    length = values.get("content-length", "")
    is_closed = "close" in (values.get("connection", "") + values.get("proxy-connection", "")).lower()
    return Answer(
        int(parts[1]),
        parts[2] if len(parts) > 2 else "",
        tuple(_challenge(value) for name, value in fields if name == "proxy-authenticate" and value),
        length.isdigit() and not is_closed,
        int(length) if length.isdigit() else 0,
    )


def _challenge(value: str) -> tuple[str, str]:
    scheme, _, token = value.partition(" ")
    return scheme.lower(), token.strip()


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(1)
        if not piece or len(head) > _HEAD_LIMIT_BYTES:
            raise ConnectionResetError("no complete answer")
        head += piece
    return head
