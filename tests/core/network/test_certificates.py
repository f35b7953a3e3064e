"""A pasted certificate is made fit for OpenSSL, whatever a form made of its lines."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from sfetl_provider.core.network.certificates import clean_pem, name_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no PEM", "no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "a certificate cannot be read"),
        ("-----BEGIN CERTIFICATE-----\nÄ\n-----END CERTIFICATE-----", "a certificate cannot be read"),
    ],
)
def test_what_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        clean_pem(text)


def test_a_name_is_the_common_one_or_what_there_is() -> None:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Ltd")
    common = x509.NameAttribute(NameOID.COMMON_NAME, "Example Root")
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")

    assert name_of(x509.Name([organization, common])) == "Example Root"
    assert name_of(x509.Name([country, organization])) == "Example Ltd"
    assert name_of(x509.Name([country])) == "C=DE"
    assert name_of(x509.Name([])) == "nobody"
