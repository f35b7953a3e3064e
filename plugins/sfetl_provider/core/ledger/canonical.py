"""One text for one value: what the ledger hashes and stores."""

from __future__ import annotations

import hashlib
import json


def canonical_json(value: object) -> str:
    """Give JSON with sorted keys, no spaces and plain ASCII, so that equal values have equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: object) -> str:
    """Give the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()
