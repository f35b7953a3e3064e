"""Secrets of one embedded stack, generated once and kept beside it."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Credentials:
    """Random values that no two stacks share; hidden from `repr`, so from tracebacks and logs too."""

    jwt_secret: str = field(repr=False)
    fernet_key: str = field(repr=False)
    session_key: str = field(repr=False)
    snowflake_password: str = field(repr=False)


def load_or_create_credentials(path: Path) -> Credentials:
    """Read the stack's secrets, or generate and write them first.

    They must outlive a restart: the Fernet key decrypts the connections that are already in Airflow's
    database. Only the owner may read the file.
    """
    if not path.exists():
        _write_for_owner_only(path, json.dumps(asdict(_generate_credentials()), indent=2))
    return Credentials(**json.loads(path.read_text(encoding="utf-8")))


def _generate_credentials() -> Credentials:
    return Credentials(
        jwt_secret=secrets.token_urlsafe(64),
        fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        session_key=secrets.token_urlsafe(32),
        snowflake_password=secrets.token_urlsafe(24),
    )


def _write_for_owner_only(path: Path, text: str) -> None:
    temporary = path.with_suffix(".part")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.rename(path)
