"""The statements that match the rows of two sides, as DuckDB's SQL.

Each row becomes two numbers of 64 bits: a hash of its key and one of the rest. Rows are counted by both; where the
counts of the sides differ, and only there, values are read again and compared exactly. So different rows pass for
the same only if both hashes agree: of a row that was changed under the same key, one time in 2^64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sfetl_provider.core.compare.value_form import TEXT, ValueForm

SideName = Literal["a", "b"]
SIDES: tuple[SideName, SideName] = ("a", "b")
DIFFERENCES = "differences"


@dataclass(frozen=True)
class ComparedColumn:
    """A column that both sides have; `is_key` marks those by which rows find each other."""

    name: str
    is_key: bool
    form: ValueForm


@dataclass(frozen=True)
class Relation:
    """One file or table of a side: a relation, the SQL of a column's text in it, and how to compare that."""

    side: SideName
    number: int
    rows: str
    text_of: Callable[[str], str]
    is_table: bool = False


@dataclass(frozen=True)
class Matching:
    """The statements for a set of columns; without a key, all of them are the key."""

    columns: tuple[ComparedColumn, ...]

    @property
    def has_key(self) -> bool:
        """Tell whether there is a key beside the rest of the row."""
        return any(column.is_key for column in self.columns)

    def _indexes(self, is_key: bool) -> list[int]:
        return [at for at, column in enumerate(self.columns) if self._is_key(column) is is_key]

    def _is_key(self, column: ComparedColumn) -> bool:
        return column.is_key or not self.has_key

    def value(self, at: int) -> str:
        """Give the name of a column's values as they are compared; texts of two files are kept once."""
        return f"t{at}" if self.columns[at].form == TEXT else f"v{at}"

    def differs(self, at: int) -> str:
        """Give the condition that a column differs in a pair."""
        return f"a{self.value(at)} IS DISTINCT FROM b{self.value(at)}"

    @property
    def _kept(self) -> list[str]:
        """The names of all texts, and of all values that are spelled otherwise."""
        texts = [f"t{at}" for at in range(len(self.columns))]
        return [*texts, *(self.value(at) for at in range(len(self.columns)) if self.value(at) not in texts)]

    def _compared(self, relation: Relation) -> str:
        """All columns as they are written (t…) and, where that differs, in the form that is compared (v…)."""
        texts = [f"{relation.text_of(column.name)} AS t{at}" for at, column in enumerate(self.columns)]
        forms = [
            f"{(column.form.in_table if relation.is_table else column.form.in_file).format(f't{at}')} AS v{at}"
            for at, column in enumerate(self.columns)
            if column.form != TEXT
        ]
        numbered = f"SELECT row_number() OVER () AS n, {', '.join(texts)} FROM {relation.rows}"
        return f"SELECT {', '.join(['*', *forms])} FROM ({numbered})"

    def _hashes(self) -> str:
        keys, rest = self._indexes(True), self._indexes(False)
        whole = ", ".join(map(self.value, range(len(self.columns))))
        key, others = ", ".join(map(self.value, keys)), ", ".join(map(self.value, rest))
        return (
            f"CASE WHEN {self._keyless()} THEN hash('keyless', {whole}) ELSE hash({key}) END AS k,"
            f" {f'hash({others})' if rest else '0::UBIGINT'} AS r, {self._keyless()} AS keyless"
        )

    def _keyless(self) -> str:
        missing = [f"{self.value(at)} IS NULL" for at in self._indexes(True)] if self.has_key else []
        return f"({' OR '.join(missing)})" if missing else "false"

    def hash_table(self, side: SideName) -> str:
        """Make the table of a side's hashes."""
        return f"CREATE TABLE hashes_{side} (k UBIGINT, r UBIGINT, keyless BOOLEAN)"

    def hash_rows(self, relation: Relation) -> str:
        """Add the hashes of a relation's rows; gives their number."""
        # Numbers are not asked for, so DuckDB does not compute them and reads with all cores.
        unnumbered = self._compared(relation).replace("row_number() OVER () AS n", "0 AS n")
        return f"INSERT INTO hashes_{relation.side} SELECT {self._hashes()} FROM ({unnumbered})"

    def counts(self) -> str:
        """Count rows of either side by both hashes."""
        both = " UNION ALL ".join(
            f"SELECT *, {int(side == 'a')} AS a, {int(side == 'b')} AS b FROM hashes_{side}" for side in SIDES
        )
        return (
            "CREATE TABLE counts AS SELECT k, r, any_value(keyless) AS keyless, sum(a)::UINTEGER AS a,"
            f" sum(b)::UINTEGER AS b FROM ({both}) GROUP BY k, r"
        )

    def duplicates(self) -> str:
        """Give, for a then b: keys that occur more than once, rows that have one, rows without a key."""
        values = ", ".join(
            f"count(*) FILTER ({side} > 1 AND NOT keyless),"
            f" coalesce(sum({side}) FILTER ({side} > 1 AND NOT keyless), 0),"
            f" coalesce(sum({side}) FILTER (keyless), 0)"
            for side in SIDES
        )
        by_key = "SELECT any_value(keyless) AS keyless, sum(a) AS a, sum(b) AS b FROM counts GROUP BY k"
        return f"SELECT {values} FROM ({by_key})"

    def surplus(self) -> str:
        """Keep the hashes that one side has more often, with how much more often."""
        return (
            "CREATE TABLE surplus AS SELECT k, r, (a - least(a, b)) AS a, (b - least(a, b)) AS b"
            " FROM counts WHERE a <> b"
        )

    def row_table(self, side: SideName) -> str:
        """Make the table of a side's rows that have no equal on the other side."""
        values = ", ".join(f"{name} VARCHAR" for name in self._kept)
        return (
            f"CREATE TABLE rows_{side} (file INTEGER, n BIGINT, k UBIGINT, r UBIGINT, more UBIGINT,"
            f" surplus UINTEGER, {values})"
        )

    def keep_rows(self, relation: Relation) -> str:
        """Read a relation again and keep the rows whose hashes are in surplus."""
        side = relation.side
        # One more hash, of another kind: keys that differ must not pass for one because of the first.
        key = ", ".join(map(self.value, self.key_indexes))
        more = f"CASE WHEN NOT keyless THEN md5_number_lower(concat_ws(chr(31), {key})) END"
        return (
            f"INSERT INTO rows_{side} SELECT {relation.number}, n, k, r, {more}, {side}, {', '.join(self._kept)}"
            f" FROM (SELECT *, {self._hashes()} FROM ({self._compared(relation)})) JOIN surplus USING (k, r)"
            f" WHERE {side} > 0"
        )

    def differences(self) -> Iterator[str]:
        """Pair what is left by key, the first of a key with the first; the rest are missing rows.

        Of rows that are equal within a side, the last ones are the surplus. Each statement holds but one thing
        that needs memory for many rows, and windows hold no values, so that DuckDB can spill.
        """
        for side in SIDES:
            ranked = (
                "SELECT *, row_number() OVER (PARTITION BY k, r ORDER BY file DESC, n DESC) AS back"
                f" FROM (SELECT file, n, k, r, more, surplus FROM rows_{side})"
            )
            yield f"CREATE TABLE left_{side} AS SELECT file, n, k, more FROM ({ranked}) WHERE back <= surplus"
            yield (
                f"CREATE TABLE places_{side} AS SELECT *, CASE WHEN more IS NOT NULL THEN"
                f" row_number() OVER (PARTITION BY k, more ORDER BY file, n) END AS i FROM left_{side}"
            )
        yield (
            "CREATE TABLE pairs AS SELECT a.file AS fa, a.n AS na, b.file AS fb, b.n AS nb"
            " FROM places_a a FULL JOIN places_b b ON a.k = b.k AND a.more = b.more AND a.i = b.i"
        )
        texts = [", ".join(f"{side}.{name} AS {side}{name}" for name in self._kept) for side in SIDES]
        yield (
            f"CREATE TABLE half_pairs AS SELECT pairs.*, {texts[0]}"
            " FROM pairs LEFT JOIN rows_a a ON a.file = fa AND a.n = na"
        )
        yield "DROP TABLE rows_a"
        kind = "CASE WHEN nb IS NULL THEN 'only_a' WHEN na IS NULL THEN 'only_b' ELSE 'changed' END"
        yield (
            f"CREATE TABLE {DIFFERENCES} AS SELECT {kind} AS kind, half_pairs.*, {texts[1]}"
            " FROM half_pairs LEFT JOIN rows_b b ON b.file = fb AND b.n = nb"
        )

    def totals(self) -> str:
        """Give the numbers of changed rows and of those only in a and in b, then the changes of each column."""
        kinds = ", ".join(f"count(*) FILTER (kind = '{kind}')" for kind in ("changed", "only_a", "only_b"))
        changes = [
            f"count(*) FILTER (kind = 'changed' AND {self.differs(at)})" for at in self._indexes(False)
        ]
        return f"SELECT {', '.join([kinds, *changes])} FROM {DIFFERENCES}"

    @property
    def changeable(self) -> list[str]:
        """The columns that `totals` counts, in its order."""
        return [self.columns[at].name for at in self._indexes(False)]

    @property
    def key_indexes(self) -> list[int]:
        """Where the columns of the key stand."""
        return self._indexes(True)
