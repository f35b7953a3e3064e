"""A proxy connection's fields become settings, or one error that names every fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import certifi
import pytest

from sfetl_provider.core.errors import ProxySettingsError
from sfetl_provider.core.network.bypass import is_bypassed
from sfetl_provider.core.network.certificates import clean_pem
from sfetl_provider.core.network.proxy_settings import ProxyAddress, ProxyMode, ProxySettings
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings

PASSWORD = "t0p/secret@é"
ENVIRONMENT = {
    "HTTPS_PROXY": "http://ada:p%40ss@proxy.env:3128",
    "NO_PROXY": "localhost,.inner",
    "REQUESTS_CA_BUNDLE": certifi.where(),
}


def read(environment: Mapping[str, str] = ENVIRONMENT, **fields: Any) -> ProxySettings:
    return read_proxy_settings(ProxyFields("corp", **fields), environment)


def faults(**fields: Any) -> tuple[str, ...]:
    with pytest.raises(ProxySettingsError) as caught:
        read(**fields)
    assert PASSWORD not in str(caught.value)
    return caught.value.faults


def test_host_and_port_are_enough_and_the_environment_does_not_leak_in() -> None:
    settings = read(host="proxy.corp", port=8080, login="ann", password=PASSWORD)

    assert settings == ProxySettings(
        "corp", ProxyMode.EXPLICIT, (ProxyAddress("proxy.corp", 8080),), "ann", PASSWORD
    )
    assert PASSWORD not in repr(settings)


def test_hosts_may_be_several_with_ports_and_schemes_of_their_own() -> None:
    settings = read(host="https://a.corp, b.corp:3128 http://[::1]", port=8080)

    assert [str(proxy) for proxy in settings.proxies] == ["https://a.corp:8080", "b.corp:3128", "[::1]:8080"]


def test_mode_environment_takes_proxy_credentials_bypass_and_certificates_on_purpose() -> None:
    settings = read(extra={"mode": "environment"})

    assert settings.proxies == (ProxyAddress("proxy.env", 3128),)
    assert (settings.user, settings.password, settings.bypass) == ("ada", "p@ss", ("localhost", ".inner"))
    assert settings.ca_pem.startswith("-----BEGIN CERTIFICATE-----\n")
    assert read({}, extra={"mode": "environment"}).proxies == ()
    with pytest.raises(ProxySettingsError, match="HTTPS_PROXY of the environment: unknown scheme socks5"):
        read({"all_proxy": "socks5://proxy.env:1080"}, extra={"mode": "environment"})


def test_mode_none_is_direct_whatever_host_says() -> None:
    assert read(host="proxy.corp", port=1, extra={"mode": "none"}).proxies == ()


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    no_pem = tmp_path / "ca.pem"
    no_pem.write_text("no certificate")
    found = faults(
        host="ftp://proxy.corp",
        extra={
            "authentication": "digest",
            "ca_bundle": str(no_pem),
            "insecure": "perhaps",
            "connect_timeout_seconds": "soon",
            "colour": "red",
        },
    )

    assert [fault.partition(":")[0] for fault in found] == [
        *("colour", "host", "authentication", "ca_bundle", "insecure", "connect_timeout_seconds")
    ]
    assert "holds no certificates in PEM form" in found[3]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"port": 8080}, "host: missing"),
        ({"host": "proxy.corp"}, "port: missing; without it the connection would go around the proxy"),
        ({"host": "proxy.corp", "port": 70000}, "port: 70000 is not between 1 and 65535"),
        ({"host": "proxy.corp:x"}, "host: not a host with a port from 1 to 65535"),
        ({"host": f"http://ann:{PASSWORD}", "port": 1}, "host: "),
        (
            {"host": "proxy.corp", "port": 1, "extra": {"mode": "auto"}},
            "mode: 'auto' is none of none, explicit",
        ),
        (
            {"extra": {"mode": "none", "authentication": "Kerberos"}},
            "authentication: 'kerberos' is none of auto, basic, ntlm, none; Kerberos is not offered",
        ),
        ({"extra": {"mode": "pac"}}, "pac: missing"),
        ({"extra": {"mode": "pac", "pac": "ftp://x/y"}}, "pac: unknown scheme ftp"),
        (
            {"extra": {"mode": "none", "ca_bundle": "/no/where.pem"}},
            "ca_bundle: /no/where.pem cannot be read",
        ),
    ],
    ids=str,
)
def test_a_fault_names_its_field(fields: dict[str, Any], fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(**fields))


def test_a_certificate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        clean_pem("-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----")


def test_a_pem_text_that_a_form_made_one_line_of_is_mended() -> None:
    text = Path(certifi.where()).read_text()
    first = text[text.index("-----BEGIN") : text.index("-----END CERTIFICATE-----") + 25]

    assert clean_pem(first.replace("\n", " ")) == clean_pem(first.replace("\n", "\\n")) == f"{first}\n"


@pytest.mark.parametrize(
    ("host", "entry", "is_match"),
    [
        ("a.example.com", "example.com", True),
        ("a.example.com", "*.example.com", True),
        ("badexample.com", ".example.com", False),
        ("example.com", "example.com:443", True),
        ("example.com", "example.com:80", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("[::1]", "::1", True),
        ("anything", "*", True),
        ("anything", ".", False),
    ],
)
def test_which_hosts_go_around(host: str, entry: str, is_match: bool) -> None:
    assert is_bypassed(host, 443, ["nothing", entry]) == is_match
