"""A file with the public authorities and those of one connection."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import certifi

from sfetl_provider.core.errors import ConnectionMissingError


def bundle_file(ca_pem: str) -> str:
    """Write certifi's certificates and these to one file and give its path; without any, certifi's own.

    The file is named by its content and lies in a folder of this user alone, so that processes share it and
    nothing piles up. Raises ConnectionMissingError when that folder cannot be trusted or written.
    """
    if not ca_pem:
        return certifi.where()
    content = Path(certifi.where()).read_bytes() + b"\n" + ca_pem.encode()
    try:
        path = _folder() / f"{hashlib.sha256(content).hexdigest()}.pem"
        if not path.exists():
            _write(path, content)
    except OSError as error:
        raise ConnectionMissingError(
            f"The CA bundle of a connection cannot be written below {tempfile.gettempdir()} ({error.strerror}).",
            safe="Nothing was sent.",
            next_step="Make that folder writable, or set TMPDIR.",
        ) from error
    return str(path)


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"sfetl-ca-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise PermissionError(None, f"{folder} belongs to, or can be changed by, somebody else")
    return folder


def _write(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).replace(path)
