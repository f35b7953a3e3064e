"""A bench on which one file is staged, over several tries."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfetl_provider.core.events import Event, Notice
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.core.fakes import InMemoryCheckpoints, InMemoryStage, SteppingClock, feed, plan, source_file

LINE = b"%07d\t2013-01-01\t" + b"x" * 1000 + b"\n"
BODY = b"".join(LINE % number for number in range(3600))
CHUNKS = 4


@dataclass
class Bench:
    """All that one file's staging needs, kept over several tries."""

    folder: Path
    content: bytes = BODY
    stage: InMemoryStage = field(default_factory=InMemoryStage)
    checkpoints: InMemoryCheckpoints = field(default_factory=InMemoryCheckpoints)
    events: list[Event] = field(default_factory=list)
    format: dict[str, Any] = field(default_factory=dict)
    workers: int = 2
    upload_workers: int = 1
    level: int = 1
    compression: str = "zstd"

    def __post_init__(self) -> None:
        self.source = source_file(self.folder / "flights.tsv", self.content)

    def run(self, **changes: Any) -> StagedFile:
        config = feed(
            format=self.format,
            stage={
                "chunk_mib": 1,
                "workers": self.workers,
                "upload_workers": self.upload_workers,
                "zstd_level": self.level,
                "compression": self.compression,
            },
        )
        ports = StagePorts(
            self.stage, self.stage.uploader(), self.checkpoints, SteppingClock(), self.folder / "scratch"
        )
        return stage_file(self.source, plan(**changes), config, ports, self.events.append)

    def rewrite(self, content: bytes) -> None:
        self.source = source_file(self.folder / "flights.tsv", content)

    def forget_uploads(self) -> None:
        self.stage.uploads.clear()
        self.events.clear()

    @property
    def notices(self) -> str:
        return " ".join(event.message for event in self.events if isinstance(event, Notice))

    @property
    def scratch_files(self) -> list[Path]:
        return [path for path in (self.folder / "scratch").rglob("*") if path.is_file()]
