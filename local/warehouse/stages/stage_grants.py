"""Who may upload where: each PUT gets a secret, as a cloud's presigned addresses and access tokens are."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from local.warehouse.stages.stage_location import checked_path
from local.warehouse.transactions.table_locks import TableName

GRANTS_KEPT = 10_000


@dataclass(frozen=True)
class Grant:
    """Leave to upload below a folder of a stage; `name` is the one file that a presigned address is for."""

    stage: TableName
    folder: str
    name: str

    @property
    def bucket(self) -> str:
        """What stands for the stage in addresses: its name could hold anything."""
        return f"stage-{hashlib.sha256('.'.join(self.stage).encode()).hexdigest()[:24]}"

    @property
    def path(self) -> str:
        """The file of the presigned address, within the stage."""
        return checked_path(f"{self.folder.rstrip('/')}/{self.name}" if self.folder else self.name)

    def allows(self, bucket: str, path: str) -> bool:
        """Whether an access token of this grant opens that path."""
        folder = f"{self.folder.rstrip('/')}/" if self.folder else ""
        return bucket == self.bucket and path.startswith(folder) and "/" not in path[len(folder) :]


class Grants:
    """The newest 10,000 grants of this server's life; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grants: OrderedDict[str, Grant] = OrderedDict()

    def add(self, grant: Grant) -> str:
        """The secret that opens it."""
        secret = secrets.token_urlsafe(24)
        with self._lock:
            self._grants[secret] = grant
            while len(self._grants) > GRANTS_KEPT:
                self._grants.popitem(last=False)
        return secret

    def get(self, secret: str) -> Grant | None:
        """The grant of a secret, None when there is none."""
        with self._lock:
            return self._grants.get(secret)
