"""The files of internal stages, on disk.

A file is written beside its place and renamed when it is complete: what is there is whole. What is known of it
(its MD5 and size as they were uploaded) lies in a tree of its own next to the files. A folder on disk is marked at
the end of its name, so that a file `a` and a file `a/b` can both be there, as in a cloud's storage.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError
from local.warehouse.stages.stage_encryption import Decryption
from local.warehouse.transactions.table_locks import TableName

_FOLDER_MARK = "%2F"
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class StagedFile:
    """A complete file of a stage; `path` is its place within the stage.

    `size` and `md5` are those of the bytes that were uploaded, which the client may have encrypted; `file` holds
    the bytes decrypted. `client_digest` is what the client said of the file: its SHA-256 before encryption.
    """

    path: str
    size: int
    md5: str
    last_modified: str
    file: Path
    client_digest: str = ""


class StageFiles:
    """The files of all stages below one folder, dated by the warehouse's clock; thread-safe."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._files = folder / "stages"
        self._facts = folder / "stage_facts"
        self._uploads = folder / "uploads"
        shutil.rmtree(self._uploads, ignore_errors=True)
        for path in (self._files, self._facts, self._uploads):
            path.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()

    async def receive(
        self,
        stage: TableName,
        path: str,
        body: AsyncIterator[bytes],
        client_digest: str = "",
        decryption: Decryption | None = None,
    ) -> None:
        """Write an upload to disk as it comes. Memory: one piece of the body.

        When the body breaks off the exception goes through and nothing is left behind. Raises SqlError when it
        cannot be decrypted or its path is not one of a stage.
        """
        place = _place(self._files, stage, path)
        partial = self._uploads / secrets.token_hex(16)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        try:
            with partial.open("wb") as file:
                async for piece in body:
                    digest.update(piece)
                    size += len(piece)
                    file.write(decryption.update(piece) if decryption else piece)
                file.write(decryption.finish() if decryption else b"")
            now = self._clock.now().timestamp()
            os.utime(partial, (now, now))
            facts = {"md5": digest.hexdigest(), "size": size, "client_digest": client_digest}
            self._put_in_place(partial, place, _place(self._facts, stage, path), facts)
        finally:
            partial.unlink(missing_ok=True)

    def _put_in_place(self, partial: Path, place: Path, facts_place: Path, facts: dict[str, Any]) -> None:
        """Facts name the file that they belong to by its time: a kill between both renames does no harm."""
        noted = partial.with_suffix(".facts")
        noted.write_text(json.dumps({**facts, "of": partial.stat().st_mtime_ns}), encoding="utf-8")
        with self._lock:
            place.parent.mkdir(parents=True, exist_ok=True)
            facts_place.parent.mkdir(parents=True, exist_ok=True)
            noted.replace(facts_place)
            partial.replace(place)

    def find(self, stage: TableName, path: str) -> StagedFile | None:
        """One file by its exact path."""
        place = _place(self._files, stage, path)
        return self._described(stage, path, place) if path and place.is_file() else None

    def files(self, stage: TableName, prefix: str) -> list[StagedFile]:
        """All files whose path starts with the prefix, by path."""
        root = _root(self._files, stage)
        folder = _folder(self._files, stage, prefix)
        paths = sorted((_path_below(root, found), found) for found in folder.rglob("*") if found.is_file())
        described = [self._described(stage, path, file) for path, file in paths if path.startswith(prefix)]
        return [staged for staged in described if staged is not None]

    def remove(self, stage: TableName, prefix: str) -> list[StagedFile]:
        """Delete all files whose path starts with the prefix; gives what was deleted."""
        return self.delete(stage, self.files(stage, prefix))

    def delete(self, stage: TableName, staged: list[StagedFile]) -> list[StagedFile]:
        """Delete these files; gives them back."""
        with self._lock:
            for one in staged:
                one.file.unlink(missing_ok=True)
                _place(self._facts, stage, one.path).unlink(missing_ok=True)
        return staged

    def drop(self, stage: TableName) -> None:
        """Delete a stage's files with their folder."""
        for tree in (self._files, self._facts):
            shutil.rmtree(_root(tree, stage), ignore_errors=True)

    def _described(self, stage: TableName, path: str, place: Path) -> StagedFile | None:
        try:
            found = place.stat()
            facts = _read_facts(_place(self._facts, stage, path))
            if facts.get("of") != found.st_mtime_ns:
                facts = {"md5": _md5_of(place), "size": found.st_size}
        except FileNotFoundError:
            return None
        modified = formatdate(found.st_mtime, usegmt=True)
        client_digest = str(facts.get("client_digest", ""))
        return StagedFile(path, int(facts["size"]), str(facts["md5"]), modified, place, client_digest)


def _root(tree: Path, stage: TableName) -> Path:
    return tree.joinpath(*(quote(part, safe=" ").replace(".", "%2E") for part in stage))


def _place(tree: Path, stage: TableName, path: str) -> Path:
    """Raises SqlError for a path that would leave the stage."""
    name = path.rpartition("/")[2]
    if name in (".", "..") or "\0" in name:
        raise _invalid(path)
    return _folder(tree, stage, path) / _escaped(name)


def _folder(tree: Path, stage: TableName, path: str) -> Path:
    """The folder that everything is in whose path starts with this one."""
    folders = path.split("/")[:-1]
    if any(part in ("", ".", "..") or "\0" in part for part in folders):
        raise _invalid(path)
    return _root(tree, stage).joinpath(*(f"{_escaped(part)}{_FOLDER_MARK}" for part in folders))


def _escaped(part: str) -> str:
    return part.replace("%", "%25")


def _invalid(path: str) -> SqlError:
    return SqlError(1003, "42000", f"SQL compilation error:\ninvalid stage path '{path}'.")


def _path_below(root: Path, place: Path) -> str:
    *folders, name = place.relative_to(root).parts
    parts = [*(folder.removesuffix(_FOLDER_MARK) for folder in folders), name]
    return "/".join(part.replace("%25", "%") for part in parts)


def _read_facts(place: Path) -> dict[str, Any]:
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _md5_of(file: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
