"""The DuckDB database of one comparison, in its scratch folder."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow

from sfetl_provider.core.errors import ScratchSpaceError

_BIND = re.compile(r"\$(\w+)")
_SAFE = "Nothing was changed."


class Workspace:
    """A database in a folder, its memory bounded; `folder` may be written to, and goes with it."""

    def __init__(self, folder: Path, memory_mib: int) -> None:
        self.folder = folder
        self.connection = duckdb.connect(
            str(folder / "compare.duckdb"),
            config={
                "memory_limit": f"{memory_mib}MiB",
                "temp_directory": str(folder / "spilled"),
                # Orders are stated where they matter; a count in the order of the file reads with one core anyway.
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )

    def run(self, statement: str, binds: Mapping[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Run a statement with those of the binds that it names."""
        used = set(_BIND.findall(statement))
        return self.connection.execute(
            statement, {name: value for name, value in (binds or {}).items() if name in used}
        )

    def add_rows(self, table: str, columns: Mapping[str, Any]) -> None:
        """Add rows to a table, given as columns of equal length in the table's order."""
        self.connection.register("batch", pyarrow.table(columns))
        self.run(f"INSERT INTO {table} SELECT * FROM batch")
        self.connection.unregister("batch")


@contextmanager
def open_workspace(scratch: Path, memory_mib: int) -> Iterator[Workspace]:
    """Give a workspace below the scratch folder; it is gone afterwards, however the block ends.

    Raises ScratchSpaceError when memory or the folder do not suffice.
    """
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="compare-", dir=scratch)
    except OSError as error:
        raise ScratchSpaceError(
            f"The scratch folder {scratch} cannot be used: {error.strerror or error}.",
            safe=_SAFE,
            next_step="Make room there or let this user write to it, then try again.",
            stage="compare",
        ) from error
    with folder as name:
        workspace = Workspace(Path(name), memory_mib)
        try:
            yield workspace
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
            raise ScratchSpaceError(
                f"The comparison stopped: {error}",
                safe=_SAFE,
                next_step=f"Give it more than qc.memory_mib = {memory_mib} or more room in {scratch}.",
                stage="compare",
            ) from error
        finally:
            workspace.connection.close()
