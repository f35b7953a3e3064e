"""The files of internal stages, on disk.

A file is written beside its place and renamed when it is complete: what is there is whole. Its MD5 lies in a tree
of its own next to the files.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote

from local.warehouse.errors import SqlError
from local.warehouse.table_locks import TableName

UPLOAD_ADDRESSES_KEPT = 10_000


@dataclass(frozen=True)
class StagedFile:
    """A complete file of a stage; `path` is its place within the stage."""

    path: str
    size: int
    md5: str
    last_modified: str
    file: Path


class StageFiles:
    """The files of all stages below one folder; thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._files = folder / "stages"
        self._digests = folder / "stage_digests"
        self._uploads = folder / "uploads"
        shutil.rmtree(self._uploads, ignore_errors=True)
        for path in (self._files, self._digests, self._uploads):
            path.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._addresses: OrderedDict[str, tuple[TableName, str]] = OrderedDict()

    def new_upload(self, stage: TableName, path: str) -> str:
        """A secret to upload one file with, in the place of a cloud's presigned address."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._addresses[token] = (stage, path)
            while len(self._addresses) > UPLOAD_ADDRESSES_KEPT:
                self._addresses.popitem(last=False)
        return token

    async def receive(self, token: str, body: AsyncIterator[bytes]) -> bool:
        """Write an upload to disk as it comes; False for an unknown secret. Memory: one piece of the body.

        When the body breaks off the exception goes through and nothing is left behind.
        """
        address = self._addresses.get(token)
        if address is None:
            return False
        partial = self._uploads / secrets.token_hex(16)
        digest = hashlib.md5(usedforsecurity=False)
        try:
            with partial.open("wb") as file:
                async for piece in body:
                    file.write(piece)
                    digest.update(piece)
            self._put_in_place(*address, partial, digest.hexdigest())
        finally:
            partial.unlink(missing_ok=True)
        return True

    def _put_in_place(self, stage: TableName, path: str, partial: Path, md5: str) -> None:
        place, digest = self._place(self._files, stage, path), self._place(self._digests, stage, path)
        with self._lock:
            place.parent.mkdir(parents=True, exist_ok=True)
            digest.parent.mkdir(parents=True, exist_ok=True)
            digest.write_text(md5, encoding="ascii")
            partial.replace(place)

    def find(self, stage: TableName, path: str) -> StagedFile | None:
        """One file by its exact path."""
        place = self._place(self._files, stage, path)
        return self._describe(stage, path, place) if path and place.is_file() else None

    def files(self, stage: TableName, prefix: str) -> list[StagedFile]:
        """All files whose path starts with the prefix, by path."""
        root = self._place(self._files, stage, "")
        paths = sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
        return [self._describe(stage, p, root / p) for p in paths if p.startswith(prefix)]

    def remove(self, stage: TableName, prefix: str) -> list[StagedFile]:
        """Delete all files whose path starts with the prefix; gives what was deleted."""
        removed = self.files(stage, prefix)
        with self._lock:
            for staged in removed:
                staged.file.unlink(missing_ok=True)
                self._place(self._digests, stage, staged.path).unlink(missing_ok=True)
        return removed

    def drop(self, stage: TableName) -> None:
        """Delete a stage's files with their folder."""
        for tree in (self._files, self._digests):
            shutil.rmtree(self._place(tree, stage, ""), ignore_errors=True)

    def _describe(self, stage: TableName, path: str, place: Path) -> StagedFile:
        facts = place.stat()
        digest = self._place(self._digests, stage, path)
        md5 = digest.read_text(encoding="ascii") if digest.is_file() else ""
        return StagedFile(path, facts.st_size, md5, formatdate(facts.st_mtime, usegmt=True), place)

    def _place(self, tree: Path, stage: TableName, path: str) -> Path:
        root = tree.joinpath(*(quote(part, safe=" ") for part in stage))
        place = root / path
        if root != place and root not in place.parents:
            raise SqlError(1003, "42000", f"SQL compilation error:\ninvalid stage path '{path}'.")
        return place
