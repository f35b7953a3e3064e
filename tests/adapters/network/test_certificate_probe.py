"""What is wrong with a certificate is told apart, and its issuer named."""

from __future__ import annotations

import socket
from pathlib import Path

import certifi
import pytest

from sfetl_provider.adapters.network.certificate_probe import certificate_error, look_at_certificate
from sfetl_provider.core.errors import TlsExpiredError, TlsHostNameError, TlsUntrustedError
from tests.adapters.network.certificates import ISSUER, make_certificate, showing


@pytest.mark.parametrize(
    ("host", "valid_days", "is_trusted", "kind", "text"),
    [
        ("localhost", 1, False, TlsUntrustedError, "is not trusted"),
        ("other.test", 1, True, TlsHostNameError, "not to other.test"),
        ("localhost", -1, True, TlsExpiredError, "is valid until"),
        ("localhost", 1, True, None, ""),
    ],
)
def test_faults_of_certificates(
    host: str,
    valid_days: int,
    is_trusted: bool,
    kind: type[TlsUntrustedError] | None,
    text: str,
    tmp_path: Path,
) -> None:
    files = make_certificate(tmp_path, valid_days=valid_days)
    trusted = str(files.certificate) if is_trusted else certifi.where()
    with showing(files) as port:
        found = look_at_certificate(lambda: socket.create_connection(("127.0.0.1", port), 5), host, trusted)

    assert found.issuer == ISSUER
    assert (found.fault_code == 0) == (kind is None)
    if kind is not None:
        error = certificate_error(found, host, "logging in")
        assert type(error) is kind
        assert text in error.what
        assert ISSUER in error.what
        assert not error.is_retryable
