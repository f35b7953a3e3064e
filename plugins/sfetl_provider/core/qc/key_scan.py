"""DuckDB over the key columns of a month's files: a hash of every key, and the keys whose hashes repeat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import duckdb

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.size import MIB
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import Beginning
from sfetl_provider.core.qc.key_hashes import Hashes
from sfetl_provider.core.qc.rule_samples import numbers_statement
from sfetl_provider.core.qc.text_feed import TextFeed
from sfetl_provider.core.qc.values import is_missing, reading, reading_binds

VECTORS_AT_ONCE = 100
_GROUP_BYTES = 64
_BIND = re.compile(r"\$(\w+)")
_SPACE = 1 << 64


class KeySource(NamedTuple):
    """A file whose keys are read, and where its records begin."""

    source: SourceFile
    beginning: Beginning


class FoundKey(NamedTuple):
    """A key that stands more than once: its values, and how many records of which file (by index) have it."""

    values: tuple[str, ...]
    files: tuple[tuple[int, int], ...]

    @property
    def records(self) -> int:
        """How many records have it."""
        return sum(count for _, count in self.files)


class KeyScan:
    """Reads keys; keeps what it has to in a database file below `folder`. Memory: `qc.memory_mib`. Close it.

    Texts are read as `file_qc` reads them and compared as they are, so 7 and 07 are two keys. Raises duckdb.Error;
    of it, duckdb.InvalidInputException for a file that cannot be read to its end.
    """

    def __init__(self, config: FeedConfig, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self._columns = [f"c{config.column_names.index(name)}" for name in config.qc.key]
        self._keys = [f"k{number}" for number in range(len(self._columns))]
        self._connection = duckdb.connect(
            str(folder / "keys.duckdb"),
            config={
                "memory_limit": f"{config.qc.memory_mib}MiB",
                "temp_directory": str(folder),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        texts = ", ".join(f"{key} VARCHAR" for key in self._keys)
        for table in (
            "repeated (hash UBIGINT)",
            f"kept (file INTEGER, hash UBIGINT, {texts})",
            f"found (hash UBIGINT, {texts}, records BIGINT)",
        ):
            self._connection.execute(f"CREATE TABLE {table}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def hashes(self, file: KeySource) -> Iterator[Hashes]:
        """Read a file and give the hash of each record's key, 0 for a key that lacks a value; in any order."""
        with self._readable(file) as binds:
            result = self._execute(f"SELECT {self.hash_text} AS hash FROM {self._reading}", binds)
            while len(frame := result.fetch_df_chunk(VECTORS_AT_ONCE)):
                yield frame["hash"].to_numpy()

    def note_repeated(self, hashes: Iterable[Hashes]) -> int:
        """Take the hashes that came more than once, and give their number."""
        total = 0
        for piece in hashes:
            self._connection.register("piece", {"hash": piece})
            self._connection.execute("INSERT INTO repeated SELECT hash FROM piece")
            self._connection.unregister("piece")
            total += len(piece)
        return total

    def keep_keys(self, number: int, file: KeySource, all_keys: bool) -> None:
        """Read a file and keep the keys whose hash repeats, or all; `number` is the file's."""
        wanted = "hash <> 0" if all_keys else "hash IN (SELECT hash FROM repeated)"
        named = ", ".join(f"{column} AS {key}" for column, key in zip(self._columns, self._keys, strict=True))
        with self._readable(file) as binds:
            self._execute(
                f"INSERT INTO kept SELECT {number}, hash, {self._key_list}"
                f" FROM (SELECT {self.hash_text} AS hash, {named} FROM {self._reading}) WHERE {wanted}",
                binds,
            )

    def compare(self, group_bytes: int | None = None) -> tuple[int, int]:
        """Compare what was kept by value; give the number of keys that stand more than once, and their records.

        Groups are made of one range of hashes at a time, so that they fit `group_bytes`, by default half the
        memory.
        """
        lengths = " + ".join(f"strlen({key})" for key in self._keys)
        (needed,) = self._one(f"SELECT sum({lengths} + {_GROUP_BYTES}) FROM kept")
        room = group_bytes or self._config.qc.memory_mib * MIB // 2
        ranges = max(1, -(-int(needed or 0) // room))
        for number in range(ranges):
            first, last = _SPACE * number // ranges, _SPACE * (number + 1) // ranges - 1
            self._connection.execute(
                f"INSERT INTO found SELECT hash, {self._key_list}, count(*) FROM kept"
                " WHERE hash BETWEEN $first AND $last GROUP BY ALL HAVING count(*) > 1",
                {"first": first, "last": last},
            )
        keys, records = self._one("SELECT count(*), sum(records) FROM found")
        return int(keys), int(records or 0)

    def most_frequent(self, limit: int) -> list[FoundKey]:
        """Give the keys with the most records; of equally frequent ones, the first by value."""
        rows = self._connection.execute(
            f"SELECT hash, {self._key_list} FROM found ORDER BY records DESC, {self._key_list} LIMIT {limit}"
        ).fetchall()
        return [FoundKey(tuple(values), self._files_of(hashed, values)) for hashed, *values in rows]

    def first_numbers(self, file: KeySource, keys: Sequence[FoundKey], limit: int) -> list[list[int]]:
        """Give the numbers of the first records that have each key; reads the file once more, in order."""
        conditions: list[str] = []
        wanted: dict[str, Any] = {}
        for index, key in enumerate(keys):
            names = [f"v{index}_{number}" for number in range(len(key.values))]
            wanted.update(zip(names, key.values, strict=True))
            conditions.append(self._equals(self._columns, names))
        self._connection.execute("SET preserve_insertion_order = true")
        with self._readable(file) as binds:
            statement = numbers_statement(conditions, self._reading, limit)
            (found,) = self._execute(statement, {**binds, **wanted}).fetchall()
        return [list(numbers or []) for numbers in found]

    def _files_of(self, hashed: int, values: Sequence[str]) -> tuple[tuple[int, int], ...]:
        names = [f"v{number}" for number in range(len(values))]
        return tuple(
            self._connection.execute(
                f"SELECT file, count(*) FROM kept WHERE hash = $hash AND {self._equals(self._keys, names)}"
                " GROUP BY file ORDER BY file",
                {"hash": hashed, **dict(zip(names, values, strict=True))},
            ).fetchall()
        )

    @property
    def hash_text(self) -> str:
        """The SQL of a record's hash: equal for equal keys, 0 where a value is missing."""
        missing = " OR ".join(
            is_missing(column, self._config.format.null_markers) for column in self._columns
        )
        return f"CASE WHEN {missing} THEN 0 ELSE greatest(hash({', '.join(self._columns)}), 1) END::UBIGINT"

    @property
    def _key_list(self) -> str:
        return ", ".join(self._keys)

    @property
    def _reading(self) -> str:
        return reading(len(self._config.columns))

    @contextmanager
    def _readable(self, file: KeySource) -> Iterator[dict[str, Any]]:
        """Make a file readable for DuckDB while the block runs, once, and give what `reading` binds."""
        encoding = self._config.format.encoding
        feed = TextFeed(Path(file.source.path), self._folder, encoding, file.source.left_out)
        with closing(feed), feed.readable() as path:
            yield {
                "path": str(path),
                **reading_binds(file.beginning.header_records, self._config.format),
            }

    def _execute(self, statement: str, binds: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        # DuckDB refuses values that the statement does not name.
        return self._connection.execute(
            statement, {name: binds[name] for name in set(_BIND.findall(statement))}
        )

    def _one(self, statement: str) -> tuple[Any, ...]:
        (row,) = self._connection.execute(statement).fetchall()
        return tuple(row)

    @staticmethod
    def _equals(columns: Sequence[str], names: Sequence[str]) -> str:
        return " AND ".join(f"{column} = ${name}" for column, name in zip(columns, names, strict=True))
