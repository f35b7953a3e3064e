"""The statements that match the rows of two sides, as DuckDB's SQL.

Each row becomes two numbers of 64 bits: a hash of its key and one of the rest. Rows are counted by both; where the
counts of the sides differ, and only there, values are read again and compared exactly. So different rows pass for
the same only if both hashes agree: of a row that was changed under the same key, one time in 2^64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sfetl_provider.core.compare.value_form import ValueForm

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

    def _compared(self, relation: Relation) -> str:
        """All columns in the form in which they are compared (v…) and as they are written (t…)."""
        texts = [f"{relation.text_of(column.name)} AS t{at}" for at, column in enumerate(self.columns)]
        forms = [
            (column.form.in_table if relation.is_table else column.form.in_file).format(f"t{at}")
            for at, column in enumerate(self.columns)
        ]
        values = ", ".join(f"{form} AS v{at}" for at, form in enumerate(forms))
        numbered = f"SELECT row_number() OVER () AS n, {', '.join(texts)} FROM {relation.rows}"
        return (
            f"SELECT n, {', '.join(f't{at}' for at in range(len(self.columns)))}, {values} FROM ({numbered})"
        )

    def _hashes(self) -> str:
        keys, rest = self._indexes(True), self._indexes(False)
        whole = ", ".join(f"v{at}" for at in range(len(self.columns)))
        key = ", ".join(f"v{at}" for at in keys)
        others = ", ".join(f"v{at}" for at in rest)
        return (
            f"CASE WHEN {self._keyless()} THEN hash('keyless', {whole}) ELSE hash({key}) END AS k,"
            f" {f'hash({others})' if rest else '0::UBIGINT'} AS r, {self._keyless()} AS keyless"
        )

    def _keyless(self) -> str:
        missing = [f"v{at} IS NULL" for at in self._indexes(True)] if self.has_key else []
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
        values = ", ".join(f"t{at} VARCHAR, v{at} VARCHAR" for at in range(len(self.columns)))
        return (
            f"CREATE TABLE rows_{side} (file INTEGER, n BIGINT, k UBIGINT, r UBIGINT, keyless BOOLEAN,"
            f" surplus UINTEGER, {values})"
        )

    def keep_rows(self, relation: Relation) -> str:
        """Read a relation again and keep the rows whose hashes are in surplus."""
        values = ", ".join(f"t{at}, v{at}" for at in range(len(self.columns)))
        side = relation.side
        return (
            f"INSERT INTO rows_{side} SELECT {relation.number}, n, k, r, keyless, {side}, {values}"
            f" FROM (SELECT *, {self._hashes()} FROM ({self._compared(relation)})) JOIN surplus USING (k, r)"
            f" WHERE {side} > 0"
        )

    def differences(self) -> str:
        """Pair what is left by key, the first of a key with the first, and keep the rest as missing rows.

        Of rows that are equal within a side, the last ones are the surplus.
        """
        keys = [f"v{at}" for at in self._indexes(True)]
        ranked = "SELECT * FROM ({}) WHERE back <= surplus"
        ordered = (
            "SELECT *, CASE WHEN NOT keyless THEN row_number() OVER (PARTITION BY k, {} ORDER BY file, n) END"
            " AS i FROM ({})"
        )
        sides = [
            ordered.format(
                ", ".join(keys),
                ranked.format(
                    "SELECT *, row_number() OVER (PARTITION BY k, r ORDER BY file DESC, n DESC) AS back"
                    f" FROM rows_{side}"
                ),
            )
            for side in SIDES
        ]
        met = " AND ".join(["a.k = b.k", "a.i = b.i", *(f"a.{key} = b.{key}" for key in keys)])
        values = ", ".join(
            f"{side}.{kind}{at} AS {side}{kind}{at}"
            for side in SIDES
            for kind in "tv"
            for at in range(len(self.columns))
        )
        kind = "CASE WHEN b.n IS NULL THEN 'only_a' WHEN a.n IS NULL THEN 'only_b' ELSE 'changed' END"
        return (
            f"CREATE TABLE {DIFFERENCES} AS SELECT {kind} AS kind, a.file AS fa, a.n AS na, b.file AS fb,"
            f" b.n AS nb, {values} FROM ({sides[0]}) a FULL JOIN ({sides[1]}) b ON {met}"
        )

    def totals(self) -> str:
        """Give the numbers of changed rows and of those only in a and in b, then the changes of each column."""
        kinds = ", ".join(f"count(*) FILTER (kind = '{kind}')" for kind in ("changed", "only_a", "only_b"))
        changes = [f"count(*) FILTER (kind = 'changed' AND {differs(at)})" for at in self._indexes(False)]
        return f"SELECT {', '.join([kinds, *changes])} FROM {DIFFERENCES}"

    @property
    def changeable(self) -> list[str]:
        """The columns that `totals` counts, in its order."""
        return [self.columns[at].name for at in self._indexes(False)]

    @property
    def key_indexes(self) -> list[int]:
        """Where the columns of the key stand."""
        return self._indexes(True)


def differs(at: int) -> str:
    """Give the condition that a column differs in a pair."""
    return f"av{at} IS DISTINCT FROM bv{at}"
