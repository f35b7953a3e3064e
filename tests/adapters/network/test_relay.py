"""What goes into the forwarder comes out again, whole and in order, while both ways are busy."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import certifi
import pytest

from sfetl_provider.adapters.network.forwarders import forwarder_for
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings

MEBIBYTES = 8


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that gives back what it gets; its port."""

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while piece := connection.recv(65536):
                connection.sendall(piece)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def port_and_head(tmp_path: Path) -> tuple[int, str]:
    """A forwarder that goes direct, and the field that it wants to see."""
    script = tmp_path / "direct.pac"
    script.write_text("function FindProxyForURL(url, host) { return 'DIRECT'; }")
    fields = ProxyFields("corp", extra={"mode": "pac", "pac": str(script)})
    forwarder = forwarder_for(read_proxy_settings(fields, {}), certifi.where())
    return forwarder.port, f"Proxy-Authorization: {forwarder._expected}\r\n"


def test_megabytes_come_back_while_more_are_sent(echo: int, port_and_head: tuple[int, str]) -> None:
    port, head = port_and_head
    content = os.urandom(MEBIBYTES << 20)
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        # Some of it at once with the head, as clients may that do not wait for an answer.
        connection.sendall(f"CONNECT 127.0.0.1:{echo} HTTP/1.1\r\n{head}\r\n".encode() + content[:1000])
        sender = threading.Thread(target=connection.sendall, args=(content[1000:],))
        sender.start()
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(1)
        body = bytearray()
        while len(body) < len(content):
            body += connection.recv(1 << 20)
        sender.join()

    assert received.startswith(b"HTTP/1.1 200 ")
    assert body == content


def test_plain_requests_are_passed_on_without_the_token(echo: int, port_and_head: tuple[int, str]) -> None:
    port, head = port_and_head
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        request = (
            f"POST http://127.0.0.1:{echo}/a?b HTTP/1.1\r\nHost: x\r\n{head}Content-Length: 4\r\n\r\nbody"
        )
        connection.sendall(request.encode())
        answer = b""
        while not answer.endswith(b"body"):
            answer += connection.recv(4096)

    assert answer.decode() == (
        "POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"
    )
