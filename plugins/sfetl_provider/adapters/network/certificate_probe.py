"""Why a certificate is not trusted: look at it with a plain handshake and name who issued it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from socket import socket

from cryptography import x509

from sfetl_provider.adapters.network.faults import untrusted
from sfetl_provider.core.errors import TlsExpiredError, TlsHostNameError, TlsUntrustedError
from sfetl_provider.core.network.certificates import name_of

# OpenSSL's x509_vfy.h
_NOT_YET_VALID, _EXPIRED, _HOST_MISMATCH, _ADDRESS_MISMATCH = 9, 10, 62, 64
_NOTHING_SENT = "Nothing was sent."


@dataclass(frozen=True)
class Presented:
    """What a server showed: whose its certificate is, and OpenSSL's complaint (0 when there is none)."""

    subject: str
    issuer: str
    not_after: datetime
    fault_code: int = 0
    fault: str = ""


def look_at_certificate(dial: Callable[[], socket], host: str, ca_bundle: str) -> Presented:
    """Shake hands, twice when the certificate is not trusted; `dial` gives a connection to the server.

    Raises OSError when it cannot be reached or speaks no TLS.
    """
    verifying = ssl.create_default_context(cafile=ca_bundle)
    verifying.verify_flags &= ~ssl.VERIFY_X509_STRICT
    verifying.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as the connector does
    try:
        return _presented(dial, host, verifying)
    except ssl.SSLCertVerificationError as error:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        return _presented(dial, host, trusting, error)


def _presented(
    dial: Callable[[], socket],
    host: str,
    context: ssl.SSLContext,
    error: ssl.SSLCertVerificationError | None = None,
) -> Presented:
    with dial() as connection, context.wrap_socket(connection, server_hostname=host) as encrypted:
        content = encrypted.getpeercert(binary_form=True)
    certificate = x509.load_der_x509_certificate(content or b"")
    return Presented(
        _subject(certificate),
        name_of(certificate.issuer),
        certificate.not_valid_after_utc,
        error.verify_code if error else 0,
        error.verify_message if error else "",
    )


def _subject(certificate: x509.Certificate) -> str:
    """Give the host names that a certificate is for, or else the name of its owner, which may be no host."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = names.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        found = []
    return ", ".join(found[:3]) or name_of(certificate.subject)


def certificate_error(found: Presented, host: str, doing: str) -> TlsUntrustedError:
    """Give the error for a certificate with a fault."""
    if found.fault_code in (_HOST_MISMATCH, _ADDRESS_MISMATCH):
        return TlsHostNameError(
            f"The certificate presented while {doing} belongs to {found.subject}, not to {host};"
            f" it was issued by {found.issuer}.",
            safe=_NOTHING_SENT,
            next_step="Check account and host of the Snowflake connection, then clear this task.",
        )
    if found.fault_code in (_EXPIRED, _NOT_YET_VALID):
        return TlsExpiredError(
            f"The certificate presented while {doing} is valid until {found.not_after:%Y-%m-%d %H:%M} UTC, and now"
            f" it is {datetime.now(UTC):%Y-%m-%d %H:%M}; it was issued by {found.issuer}.",
            safe=_NOTHING_SENT,
            next_step="Check this machine's clock; if it is right, have it renewed, then clear this task.",
        )
    return untrusted(f", issued by {found.issuer} ({found.fault}),", doing)
