"""A private certificate authority and a certificate for the local warehouse, for serving over TLS."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost", "127.0.0.1", "::1")
BUNDLE_NAME = "ca-bundle.pem"
BUNDLE_VARIABLE = "REQUESTS_CA_BUNDLE"
_DAYS = 30
_AUTHORITY = "sfetl local warehouse (a stand-in, not Snowflake)"


@dataclass(frozen=True)
class TlsFiles:
    """What a server needs, and the bundle with which clients trust it besides all that certifi trusts."""

    certificate: Path
    key: Path
    ca_bundle: Path


def make_certificates(folder: Path, names: Sequence[str] = ()) -> TlsFiles:
    """A new authority and a certificate by it for NAMES and these names, valid for 30 days.

    The authority's key is not kept. Files of last time are replaced; the key can be read by its owner only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _AUTHORITY)])
    authority = _builder(issuer, issuer, authority_key.public_key())
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = authority.add_extension(_key_usage(is_authority=True), critical=True).sign(
        authority_key, hashes.SHA256()
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local warehouse")])
    served = _builder(issuer, subject, key.public_key())
    served = served.add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
    served = served.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    served = served.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    served = served.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
    )
    certificate = served.sign(authority_key, hashes.SHA256())
    files = TlsFiles(folder / "certificate.pem", folder / "key.pem", folder / BUNDLE_NAME)
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_private(files.key, key)
    _write_bundle(files.ca_bundle, root.public_bytes(serialization.Encoding.PEM))
    return files


def given_certificates(folder: Path, certificate: Path, key: Path) -> TlsFiles:
    """A certificate of one's own; the bundle trusts what its file holds.

    Raises OSError when a file cannot be read, ValueError when the certificate is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = certificate.read_bytes()
    x509.load_pem_x509_certificates(content)
    serialization.load_pem_private_key(key.read_bytes(), password=None)
    files = TlsFiles(certificate, key, folder / BUNDLE_NAME)
    _write_bundle(files.ca_bundle, content)
    return files


@contextlib.contextmanager
def trusting(ca_bundle: Path) -> Iterator[None]:
    """Connector 4.x takes a CA from the environment only; meanwhile it is this one there."""
    before = os.environ.get(BUNDLE_VARIABLE)
    os.environ[BUNDLE_VARIABLE] = str(ca_bundle)
    try:
        yield
    finally:
        del os.environ[BUNDLE_VARIABLE]
        if before is not None:
            os.environ[BUNDLE_VARIABLE] = before


def _builder(
    issuer: x509.Name, subject: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys((*NAMES, *names)):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _write_private(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pem)


def _write_bundle(path: Path, authority: bytes) -> None:
    path.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + authority)
