"""A stage that keeps names and sizes, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path

from sfetl_provider.core.ports import StagedEntry


class DiscardingStage:
    """Implements the ports Uploader and StageListing; a dict's own operations make it safe for several threads."""

    def __init__(self) -> None:
        self._entries: dict[str, StagedEntry] = {}

    def upload(self, source: Path, stage_folder: str) -> None:
        """Take note of a file."""
        path = stage_folder + source.name
        self._entries[path] = StagedEntry(path.partition("/")[2], source.stat().st_size, datetime.now(UTC))

    def stop(self) -> None:
        """Nothing is under way."""

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        """What was noted below a path."""
        return [entry for path, entry in self._entries.items() if path.startswith(stage_folder)]
