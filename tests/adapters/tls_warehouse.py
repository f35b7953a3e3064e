"""The local warehouse behind TLS, with a certificate that only its own CA bundle vouches for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.warehouse.server import listening_socket, server_of
from local.warehouse.warehouse import Warehouse


@dataclass(frozen=True)
class TlsWarehouse:
    """Its port, and the CA bundle with which its certificate is trusted."""

    port: int
    ca_bundle: Path


@contextlib.contextmanager
def tls_warehouse(host: str, folder: Path) -> Iterator[TlsWarehouse]:
    """Serve an empty warehouse as https://`host` on a loopback port until the block ends."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    _write_certificate(host, certificate, key)
    warehouse = Warehouse(None)
    server, bound = server_of(warehouse), listening_socket("127.0.0.1", 0)
    server.config.ssl_certfile, server.config.ssl_keyfile = str(certificate), str(key)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        assert server.is_ready.wait(30)
        yield TlsWarehouse(bound.getsockname()[1], certificate)
    finally:
        server.should_exit = True
        thread.join(30)
        bound.close()
        warehouse.close()


def _write_certificate(host: str, certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key.write_bytes(private.private_bytes(pem, plain, serialization.NoEncryption()))
