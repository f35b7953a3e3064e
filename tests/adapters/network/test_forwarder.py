"""What the connector cannot do is done by a forwarder: through proxies that really verify, to a real warehouse."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.network.forwarders import forwarder_for
from sfetl_provider.adapters.network.login_fault import target_of
from sfetl_provider.adapters.network.measures import REJECTED
from sfetl_provider.adapters.network.route import network_options
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.errors import ProxyAuthenticationError, ProxyUnreachableError, TlsUntrustedError
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings
from tests.adapters.conftest import STAGE
from tests.adapters.network.asking_proxy import PASSWORD, USER, AskingProxy, asking_proxy
from tests.adapters.network.certificates import ISSUER, make_certificate
from tests.adapters.squid import INNER_HOST


@pytest.fixture(scope="module")
def encrypted() -> Iterator[RunningWarehouse]:
    with running_warehouse(tls=True, names=(INNER_HOST,)) as running:
        yield running


def options_through(
    encrypted: RunningWarehouse, host: str, password: str = PASSWORD, **extra: Any
) -> dict[str, Any]:
    """Options for the warehouse by its inner name, as the hook makes them."""
    extra = {"ca_bundle": str(encrypted.ca_bundle), "connect_timeout_seconds": 1, **extra}
    settings = read_proxy_settings(ProxyFields("corp", host, None, USER, password, extra), {})
    options = {"account": "local", "user": "local", "password": "local", "login_timeout": 2}
    options |= {"host": INNER_HOST, "port": encrypted.port, "protocol": "https"}
    return options | network_options(settings, target_of(options))


def granted(proxy: AskingProxy) -> set[str]:
    return {line for line in proxy.log if line.startswith("granted")}


def test_login_query_and_upload_processes_pass_a_proxy_that_verifies_ntlm(
    encrypted: RunningWarehouse, tmp_path: Path
) -> None:
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"x" * 100_000)

    with asking_proxy("ntlm") as proxy:
        options = options_through(encrypted, f"127.0.0.1:{proxy.port}", authentication="ntlm")
        with SnowflakeSession(open_connection(options)) as session:
            for statement in (
                "CREATE DATABASE DB",
                "CREATE SCHEMA DB.SFETL",
                f"CREATE STAGE {STAGE[1:]} ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
            ):
                session.query(statement)
            with ProcessUploader(lambda: options, Patience(30, 1e6)) as processes:
                processes.upload(chunk, f"{STAGE}/ntlm/")
            assert [entry.size_bytes for entry in session.list_stage(f"{STAGE}/ntlm/")] == [100_000]

    assert granted(proxy) == {f"granted {INNER_HOST}:{encrypted.port}"}
    assert "refused" not in proxy.log
    assert proxy.log.count("asked") == 1  # what it offers


@pytest.mark.parametrize("scheme", ["negotiate", "basic", "ntlm"])
def test_auto_takes_what_the_proxy_offers_and_any_password(scheme: str, encrypted: RunningWarehouse) -> None:
    with asking_proxy(scheme) as proxy:
        options = options_through(encrypted, f"127.0.0.1:{proxy.port}")
        with SnowflakeSession(open_connection(options)) as session:
            assert session.query("SELECT 1").scalar() == 1

    assert "refused" not in proxy.log
    assert proxy.log.count("asked") <= 2


@pytest.mark.parametrize("scheme", ["ntlm", "basic"])
def test_a_refused_credential_is_asked_with_once_and_never_again(
    scheme: str, encrypted: RunningWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "Wrong-✓"
    with asking_proxy(scheme) as proxy:
        host = f"127.0.0.1:{proxy.port}"
        with caplog.at_level("DEBUG"), pytest.raises(ProxyAuthenticationError, match="407") as caught:
            options_through(encrypted, host, wrong, authentication=scheme)
        settings = read_proxy_settings(ProxyFields("corp", host, None, USER, wrong), {})

    assert proxy.log.count("refused") == 1
    assert wrong not in str(caught.value) + caplog.text + repr(settings)


def test_a_forwarder_that_was_refused_refuses_all_the_rest(encrypted: RunningWarehouse) -> None:
    with asking_proxy("ntlm") as proxy:
        fields = ProxyFields(
            "corp", f"127.0.0.1:{proxy.port}", None, USER, "wrong", {"authentication": "ntlm"}
        )
        settings = read_proxy_settings(fields, {})
        measured: list[str] = []
        forwarder = forwarder_for(settings, str(encrypted.ca_bundle), lambda name, _: measured.append(name))
        answers = [connect(forwarder.port, forwarder._expected) for _ in range(3)]

    assert [answer.split(" ")[1] for answer in answers] == ["407"] * 3
    assert proxy.log.count("refused") == 1
    assert measured == [REJECTED]
    assert forwarder_for(settings, str(encrypted.ca_bundle)) is not forwarder


def connect(port: int, authorization: str) -> str:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        head = f"CONNECT x.test:443 HTTP/1.1\r\nProxy-Authorization: {authorization}\r\n\r\n"
        connection.sendall(head.encode())
        return connection.recv(4096).decode()


def test_the_next_proxy_of_a_list_is_taken_when_one_cannot_be_reached(encrypted: RunningWarehouse) -> None:
    with asking_proxy(None) as proxy:
        options = options_through(encrypted, f"127.0.0.1:9,127.0.0.1:{proxy.port}")
        with SnowflakeSession(open_connection(options)) as session:
            assert session.query("SELECT 1").scalar() == 1

    assert granted(proxy) == {f"granted {INNER_HOST}:{encrypted.port}"}


def test_a_list_of_dead_proxies_is_told_at_once(encrypted: RunningWarehouse) -> None:
    with pytest.raises(ProxyUnreachableError, match="none of its addresses answered"):
        options_through(encrypted, "127.0.0.1:9,127.0.0.1:10")


def test_a_proxy_that_is_reached_by_tls_is_verified(encrypted: RunningWarehouse, tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    bundle = tmp_path / "both.pem"
    bundle.write_bytes(files.certificate.read_bytes() + encrypted.ca_bundle.read_bytes())
    with asking_proxy("basic", files) as proxy:
        host = f"https://localhost:{proxy.port}"
        options = options_through(encrypted, host, ca_bundle=str(bundle))
        with SnowflakeSession(open_connection(options)) as session:
            assert session.query("SELECT 1").scalar() == 1
        with pytest.raises(TlsUntrustedError, match="by the proxy itself"):
            options_through(encrypted, host)


def test_who_does_not_know_the_token_is_not_served(encrypted: RunningWarehouse) -> None:
    with asking_proxy(None) as proxy:
        options = options_through(encrypted, f"127.0.0.1:9,127.0.0.1:{proxy.port}")
        before = list(proxy.log)

        assert " 407 " in connect(int(options["proxy_port"]), "Basic c2ZldGw6Z3Vlc3M=")
        assert proxy.log == before


def test_a_proxy_that_opens_tls_is_named_by_its_issuer_and_trusted_by_its_pem_text(
    encrypted: RunningWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_certificate(tmp_path, INNER_HOST)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.certificate))
    with asking_proxy("ntlm", shown=files) as proxy:
        host = f"127.0.0.1:{proxy.port}"
        with pytest.raises(TlsUntrustedError, match=f"issued by {ISSUER} .* is not trusted"):
            open_connection(options_through(encrypted, host))
        options = options_through(encrypted, host, ca_bundle=files.certificate.read_text().replace("\n", " "))
        with SnowflakeSession(open_connection(options)) as session:
            assert session.query("SELECT 1").scalar() == 1
