"""A private key is read as people paste it, and what is wrong with one is said without showing it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from sfetl_provider.core.network.private_key import read_private_key

KEY: Any = ec.generate_private_key(ec.SECP256R1())
PLAIN = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
ENCRYPTED = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass")).decode()
OLD = KEY.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"pass")
).decode()


@pytest.mark.parametrize(
    ("text", "passphrase"),
    [
        (PLAIN, ""),
        (ENCRYPTED, "pass"),
        (OLD, "pass"),
        (PLAIN.replace("\n", " "), ""),
        (PLAIN.replace("\n", "\\n"), ""),
        (f"notes\n{PLAIN}", ""),
        (base64.b64encode(ENCRYPTED.encode()).decode(), "pass"),
    ],
    ids=["plain", "encrypted", "encrypted the old way", "in one line", "escaped", "with notes", "base64"],
)
def test_a_key_is_read(text: str, passphrase: str) -> None:
    found: Any = read_private_key(text, passphrase)
    assert found.private_numbers() == KEY.private_numbers()


@pytest.mark.parametrize(
    ("text", "passphrase", "fault"),
    [
        (ENCRYPTED, "", "it is encrypted, and Password holds no passphrase"),
        (ENCRYPTED, "wr0ng", "the passphrase in Password is not its own"),
        (PLAIN, "pass", "it is not encrypted, and Password holds a passphrase"),
        (PLAIN.replace("M", "A"), "", "it cannot be read"),
        ("ssh-rsa AAAA", "", "no private key in PEM form"),
        ("", "", "no private key in PEM form"),
    ],
)
def test_a_key_that_cannot_be_used_says_why(text: str, passphrase: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as caught:
        read_private_key(text, passphrase)
    assert "wr0ng" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
