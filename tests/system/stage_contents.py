"""A local warehouse with its stage, and what lies on it after a staging in which something went wrong."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zstandard

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import chunk_name, stage_folder
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.core.fakes import source_file

CHUNK_BYTES = 1024 * 1024
_STAGE = ("DEMO", "SFETL", "CHUNKS")
_DEFINITIONS = (
    "CREATE DATABASE DEMO",
    "CREATE SCHEMA DEMO.SFETL",
    "CREATE STAGE DEMO.SFETL.CHUNKS ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
)
_PUTS = (
    "SELECT QUERY_TEXT FROM TABLE(DEMO.INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10000))"
    " WHERE QUERY_TEXT LIKE 'PUT %'"
)


@dataclass(frozen=True)
class StageContents:
    """The warehouse, and a session of the observer."""

    warehouse: RunningWarehouse
    session: SnowflakeSession

    def puts(self, run: MonthPlan) -> Counter[str]:
        """How many statements named each chunk of a run, by the warehouse's query history.

        The connector asks for each upload's address in a statement of its own, so a PUT shows more than once.
        """
        folder = stage_folder(run).partition("/")[2]
        texts = [str(text) for (text,) in self.session.query(_PUTS).rows]
        return Counter(Path(text.split("'")[1]).name for text in texts if folder in text)

    def require_exact(self, source: Path, run: MonthPlan, staged: StagedFile) -> None:
        """Make sure that the stage holds the file's bytes, each once, and nothing else, and the counts say so."""
        content, text = source.read_bytes(), b""
        records = []
        folder = stage_folder(run, source_file(source).key)
        found = self.warehouse.warehouse.files.files(_STAGE, folder.partition("/")[2])
        for number, chunk in enumerate(found, 1):
            assert chunk.path.endswith(f"/{chunk_name(number, 'zstd')}"), (
                f"{chunk.path} is not chunk {number}"
            )
            piece = zstandard.ZstdDecompressor().decompress(chunk.file.read_bytes())
            records.append(piece.count(b"\n"))
            text += piece
        assert text == content, "the chunks do not make up the file"
        assert staged.chunk_records == tuple(records)
        assert staged.sha256 == hashlib.sha256(content).hexdigest()
        listed = [
            (entry.path.rpartition("/")[2], entry.size_bytes) for entry in self.session.list_stage(folder)
        ]
        assert listed == [(chunk.path.rpartition("/")[2], chunk.size) for chunk in found]
        assert staged.compressed_bytes == sum(size for _, size in listed)


@contextmanager
def stage_contents() -> Iterator[StageContents]:
    """A warehouse in a thread of this process, until the block ends."""
    with (
        running_warehouse() as warehouse,
        SnowflakeSession(open_connection(warehouse.connection_parameters())) as session,
    ):
        for statement in _DEFINITIONS:
            session.query(statement)
        yield StageContents(warehouse, session)


def write_source(path: Path, chunks: int, seed: int = 1) -> Path:
    """Write records that compress to about half, as many as make so many chunks of a MiB."""
    numbers = random.Random(seed)  # noqa: S311 - a text that must be the same each time
    with path.open("wb") as file:
        row = 0
        while file.tell() < (chunks - 0.5) * CHUNK_BYTES:
            file.write(b"%08d\t2013-01-01\t%s\n" % (row, numbers.randbytes(500).hex().encode()))
            row += 1
    return path


def scratch_files(scratch: Path) -> list[Path]:
    """What was left in a scratch folder."""
    return [path for path in scratch.rglob("*") if not path.is_dir()]
