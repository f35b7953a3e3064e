"""A private key as people paste it: PEM text, whole or made one line of by a form, or base64 of that."""

from __future__ import annotations

import base64
import binascii
import re
import textwrap

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_BLOCK = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.+?)-----END \1-----", re.DOTALL)


def read_private_key(text: str, passphrase: str) -> PrivateKeyTypes:
    """Read a key, with its passphrase where it has one; raises ValueError that says why not, without the key."""
    found = _BLOCK.search(text) or _BLOCK.search(_decoded(text))
    if found is None:
        raise ValueError("no private key in PEM form")
    try:
        return load_pem_private_key(_lines(found[1], found[2]).encode(), passphrase.encode() or None)
    except TypeError:
        raise ValueError(
            "it is not encrypted, and Password holds a passphrase for it"
            if passphrase
            else "it is encrypted, and Password holds no passphrase"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        why = (
            "it cannot be read, or the passphrase in Password is not its own"
            if passphrase
            else "it cannot be read"
        )
        raise ValueError(why) from None


def _decoded(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _lines(kind: str, body: str) -> str:
    """Give the block line by line; one with headers (the old way to encrypt) only as it is."""
    if ":" not in body:
        body = f"\n{textwrap.fill(''.join(body.replace(chr(92) + 'n', '').split()), 64)}\n"
    return f"-----BEGIN {kind}-----{body}-----END {kind}-----\n"
