"""Certificates as PEM text: what a user pasted, made fit for OpenSSL."""

from __future__ import annotations

import re
import ssl
import textwrap

from cryptography import x509
from cryptography.x509.oid import NameOID

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
BEGIN = "-----BEGIN "


def clean_pem(text: str) -> str:
    r"""Give the certificates of a text, line by line, though a form may have made blanks or `\n` of the lines.

    Raises ValueError when there is none, or one that cannot be read.
    """
    bodies = ["".join(body.replace("\\n", "").split()) for body in _BLOCK.findall(text)]
    if not bodies:
        raise ValueError("no certificate")
    pem = "".join(
        f"-----BEGIN CERTIFICATE-----\n{textwrap.fill(body, 64)}\n-----END CERTIFICATE-----\n"
        for body in bodies
    )
    try:
        # By OpenSSL, which must take it in the end; it knows no way to parse PEM without a context.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, TypeError) as error:  # TypeError: a text beyond ASCII
        raise ValueError("a certificate cannot be read") from error
    return pem


def name_of(name: x509.Name) -> str:
    """Give a name as people know it: the common name, or else the organization, or all of it."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return name.rfc4514_string() or "nobody"
