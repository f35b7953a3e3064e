"""Client-side encryption of internal stages: what TYPE = 'SNOWFLAKE_FULL' makes clients do before an upload.

A client encrypts each file by AES-CBC with a key of its own, which it sends along encrypted with a key that the
server gave it. https://docs.snowflake.com/en/user-guide/security-encryption-end-to-end
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from local.warehouse.errors import SqlError

_BLOCK_BYTES = 16
_DATA_HEADER = "x-goog-meta-encryptiondata"


class StageKeys:
    """The key that clients encrypt their files' keys with, valid as long as this server runs."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_BLOCK_BYTES)
        self._id = secrets.randbelow(1 << 31)

    def material(self) -> dict[str, str | int]:
        """What an upload instruction carries so that the client encrypts."""
        key = base64.b64encode(self._key).decode("ascii")
        return {"queryStageMasterKey": key, "queryId": f"local-{self._id}", "smkId": self._id}

    def decryption(self, headers: Mapping[str, str]) -> Decryption | None:
        """For an upload with these headers; None when it is not encrypted.

        Raises SqlError when what they say cannot be read with this server's key.
        """
        data = json.loads(headers.get(_DATA_HEADER) or "null")
        if not data:
            return None
        try:
            wrapped = base64.b64decode(data["WrappedContentKey"]["EncryptedKey"])
            unwrapping = Cipher(algorithms.AES(self._key), modes.ECB()).decryptor()  # noqa: S305 - the client's choice
            key = _without_padding(unwrapping.update(wrapped) + unwrapping.finalize())
            vector = base64.b64decode(data["ContentEncryptionIV"])
            return Decryption(Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor())
        except (KeyError, TypeError, ValueError) as error:
            raise _undecipherable() from error


class Decryption:
    """One file being decrypted as it comes; holds back one block, which may be the padding at the end."""

    def __init__(self, context: CipherContext) -> None:
        self._context = context
        self._held = b""

    def update(self, piece: bytes) -> bytes:
        """What can be told of the file so far."""
        plain = self._held + self._context.update(piece)
        self._held = plain[-_BLOCK_BYTES:]
        return plain[:-_BLOCK_BYTES]

    def finish(self) -> bytes:
        """The rest; raises SqlError when it is not what an encrypted file ends with."""
        try:
            return _without_padding(self._held + self._context.finalize())
        except ValueError as error:
            raise _undecipherable() from error


def _without_padding(block: bytes) -> bytes:
    count = block[-1] if block else 0
    if not 1 <= count <= _BLOCK_BYTES or not block.endswith(bytes([count]) * count):
        raise ValueError("the padding is wrong")
    return block[:-count]


def _undecipherable() -> SqlError:
    return SqlError(
        100085, "22000", "The upload cannot be decrypted with the key of this server. Send PUT again."
    )
