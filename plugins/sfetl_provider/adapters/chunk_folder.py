"""A folder that takes chunks as a stage does, and keeps what staging remembers: for sets that are carried."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from sfetl_provider.core.ports import JsonValue, StagedEntry
from sfetl_provider.core.stage.scratch import scratch_error

STATE_FOLDER = ".staging"


class ChunkFolder:
    """Implements `core.ports.Uploader` and `StageListing`: of a stage path, the last part is a sub-folder.

    An upload moves the file, so scratch should lie on the same disk; it is on the disk for good when that returns.
    What a link leads to is not ours to move: it is copied.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def upload(self, source: Path, stage_folder: str) -> None:
        """Move one file into its sub-folder; raises ScratchSpaceError when that does not take it."""
        target = self._sub_folder(stage_folder)
        try:
            target.mkdir(parents=True, exist_ok=True)
            ours = source.with_suffix(".copy") if source.is_symlink() else source
            if ours is not source:
                shutil.copyfile(source, ours)
            with ours.open("rb") as file:
                os.fsync(file.fileno())
            ours.replace(target / source.name)
        except OSError as error:
            raise scratch_error(target, error) from error

    def stop(self) -> None:
        """Do nothing: a move does not hang."""

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        """Give the files of a sub-folder."""
        target = self._sub_folder(stage_folder)
        paths = sorted(path for path in target.glob("*") if path.is_file())
        return [_entry(target.name, path) for path in paths]

    def _sub_folder(self, stage_folder: str) -> Path:
        return self._folder / stage_folder.rstrip("/").rsplit("/", 1)[-1]


class FileCheckpoints:
    """Implements `core.ports.CheckpointStore` as one JSON file, written anew at each change; for one user.

    A file that cannot be read as JSON counts as empty: what it recorded is then made again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, JsonValue] = {}
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, ValueError):
            found = json.loads(path.read_text(encoding="utf-8"))
            self._values = found if isinstance(found, dict) else {}

    def get(self, key: str) -> JsonValue:
        """Give the value, None when there is none."""
        return self._values.get(key)

    def set(self, key: str, value: JsonValue) -> None:
        """Store the value durably; raises ScratchSpaceError."""
        self._values[key] = value
        self._write()

    def delete(self, key: str) -> None:
        """Forget the value."""
        if self._values.pop(key, None) is not None:
            self._write()

    def _write(self) -> None:
        partial = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                json.dump(self._values, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except OSError as error:
            raise scratch_error(self._path.parent, error) from error


def _entry(folder: str, path: Path) -> StagedEntry:
    found = path.stat()
    return StagedEntry(f"{folder}/{path.name}", found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
