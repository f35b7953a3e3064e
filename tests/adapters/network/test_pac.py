"""PAC scripts from a file and from a server: asked once a host, in a process that can be killed."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import certifi
import pypac.wpad
import pytest

from sfetl_provider.adapters.network import pac, pac_child
from sfetl_provider.adapters.network.pac import PacScript
from sfetl_provider.core.errors import ProxySettingsError
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings

SCRIPT = """function FindProxyForURL(url, host) {
    if (dnsDomainIs(host, ".inner")) return "DIRECT";
    return shExpMatch(host, "*storage*") ? "PROXY s:1; DIRECT" : "HTTPS p:2";
}"""


def script(location: str, mode: str = "pac") -> PacScript:
    fields = ProxyFields("corp", extra={"mode": mode, "pac": location})
    return PacScript(read_proxy_settings(fields, {}), certifi.where())


@pytest.fixture
def served() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that gives SCRIPT for /proxy.pac, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            asked.append(self.path)
            self.send_response(200 if self.path == "/proxy.pac" else 404)
            self.end_headers()
            self.wfile.write(SCRIPT.encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def test_a_script_decides_host_by_host_and_is_asked_once_for_each(served: tuple[str, list[str]]) -> None:
    address, asked = served
    rules = script(f"{address}/proxy.pac")

    for _ in range(2):
        assert [str(way) for way in rules.ways("x.storage.test", 443)] == ["s:1", "None"]
    assert [str(way) for way in rules.ways("y.inner", 443)] == ["None"]
    assert [str(way) for way in rules.ways("account.test", 443)] == ["https://p:2"]
    assert asked == ["/proxy.pac"]


def test_a_script_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "proxy.pac"
    path.write_text(SCRIPT)

    for location in (str(path), f"file://{path}"):
        assert [str(way) for way in script(location).ways("account.test", 443)] == ["https://p:2"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("while (true) {}", "did not end within"),
        ("function FindProxyForURL() { while (true) {} }", "did not end within"),
        ("<html>not found</html>", "no JavaScript"),
        ("function FindProxyForURL() { return 'SOCKS s:1'; }", "answers only SOCKS"),
    ],
)
def test_a_script_that_is_of_no_use_says_why(
    text: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pac, "RUN_SECONDS", 0.5)
    path = tmp_path / "proxy.pac"
    path.write_text(text)

    with pytest.raises(ProxySettingsError, match=fault):
        script(str(path)).ways("account.test", 443)


def test_a_script_that_is_not_there_says_so(served: tuple[str, list[str]]) -> None:
    for location, fault in ((f"{served[0]}/other.pac", "answered 404"), ("/no/where.pac", "No such file")):
        with pytest.raises(ProxySettingsError, match=fault):
            script(location).ways("account.test", 443)


def test_wpad_takes_the_first_script_that_its_names_lead_to(
    served: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked = served
    names = [f"{address}/other.dat", f"{address}/proxy.pac"]
    monkeypatch.setattr(pypac.wpad, "proxy_urls_from_dns", lambda: names)

    assert pac_child._fetch("", certifi.where()) == SCRIPT
    assert asked == ["/other.dat", "/proxy.pac"]


@pytest.mark.parametrize(
    ("name", "fault"), [("pc", "full host name"), ("pc.sub.invalid", "no WPAD script was found")]
)
def test_wpad_that_leads_nowhere_says_so(name: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: name)

    with pytest.raises(LookupError, match=fault):
        pac_child._fetch("", certifi.where())
