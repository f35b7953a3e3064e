"""What differs, row by row: samples for people, and the whole list as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sfetl_provider.core.compare.comparison import Change, Difference, Place
from sfetl_provider.core.compare.matching import DIFFERENCES, SIDES, Matching, SideName
from sfetl_provider.core.compare.workspace import Workspace
from sfetl_provider.core.identifiers import quote_identifier

Names = Mapping[SideName, Sequence[str]]
SAMPLE_CHARACTERS = 200
_ORDER = "coalesce(fa, fb), coalesce(na, nb), fb, nb"
_LINES = " ".join(
    f"LEFT JOIN lines l{side} ON l{side}.side = '{side}' AND l{side}.file = f{side} AND l{side}.n = n{side}"
    for side in SIDES
)


def samples(workspace: Workspace, matching: Matching, names: Names, limit: int) -> tuple[Difference, ...]:
    """Give the first differences of each kind, in the order of their places; long values are cut."""
    key = ", ".join(_key_text(at) for at in matching.key_indexes)
    ranked = (
        f"SELECT *, row_number() OVER (PARTITION BY kind ORDER BY {_ORDER}) AS rank FROM {DIFFERENCES}"
        " QUALIFY rank <= $limit"
    )
    statement = (
        f"SELECT kind, fa, la.line, fb, lb.line, [{key}],"
        f" CASE WHEN kind = 'changed' THEN {_changes(matching)} ELSE [] END"
        f" FROM ({ranked}) {_LINES} ORDER BY kind, {_ORDER}"
    )
    rows = workspace.run(statement, {"limit": limit, **_column_names(matching)}).fetchall()
    return tuple(_difference(row, names) for row in rows)


def _difference(row: Sequence[Any], names: Names) -> Difference:
    kind, file_a, line_a, file_b, line_b, key, changes = row
    return Difference(
        kind=kind,
        key=tuple(map(_cut, key)),
        a=None if file_a is None else Place(file=names["a"][file_a], line=line_a),
        b=None if file_b is None else Place(file=names["b"][file_b], line=line_b),
        changes=tuple(
            Change(column=change["name"], a=_cut(change["a"]), b=_cut(change["b"])) for change in changes
        ),
    )


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= SAMPLE_CHARACTERS else f"{text[:SAMPLE_CHARACTERS]}…"


def write_differences(workspace: Workspace, matching: Matching, names: Names, path: Path) -> None:
    """Write all differences as CSV: a row per value that differs, and one per row that a side lacks.

    Columns: difference, file and line on either side, the key's columns, then column, a, b; for a row that a side
    lacks, a or b holds the whole row as JSON. NULL is empty, an empty text is "". The file appears when it is
    whole; a crash may leave `<name>.part` beside it.
    """
    # With the whole row as its key, a row's JSON says it all.
    indexes = matching.key_indexes if matching.has_key else []
    keys = "".join(f", {_key_text(at)} AS {quote_identifier(matching.columns[at].name)}" for at in indexes)
    listed = (
        f"SELECT kind AS difference, $names_a[fa + 1] AS file_a, la.line AS line_a, $names_b[fb + 1] AS file_b,"
        f" lb.line AS line_b{keys},"
        f" unnest(CASE WHEN kind = 'changed' THEN {_changes(matching)} ELSE [{_whole_row(matching)}] END)"
        " AS change"
        f" FROM {DIFFERENCES} {_LINES} ORDER BY {_ORDER}"
    )
    part = path.with_name(f"{path.name}.part")
    binds = {"names_a": names["a"], "names_b": names["b"], "part": str(part), **_column_names(matching)}
    workspace.run(
        f'COPY (SELECT * EXCLUDE (change), change.name AS "column", change.a AS a, change.b AS b FROM ({listed}))'
        " TO $part (FORMAT csv, HEADER)",
        binds,
    )
    part.replace(path)


def _column_names(matching: Matching) -> dict[str, str]:
    return {f"name_{at}": column.name for at, column in enumerate(matching.columns)}


def _key_text(at: int) -> str:
    return f"CASE WHEN kind = 'only_b' THEN bt{at} ELSE at{at} END"


def _changes(matching: Matching) -> str:
    """Give the SQL of the columns that differ in a pair, each with both texts."""
    structs = [
        f"CASE WHEN {matching.differs(at)} THEN {{'name': $name_{at}, 'a': at{at}, 'b': bt{at}}} END"
        for at in range(len(matching.columns))
        if at not in matching.key_indexes
    ]
    if not structs:
        return "CAST([] AS STRUCT(name VARCHAR, a VARCHAR, b VARCHAR)[])"
    return f"list_filter([{', '.join(structs)}], lambda change: change IS NOT NULL)"


def _whole_row(matching: Matching) -> str:
    def row(side: SideName) -> str:
        fields = ", ".join(f"$name_{at}, {side}t{at}" for at in range(len(matching.columns)))
        return f"CASE WHEN kind = 'only_{side}' THEN CAST(json_object({fields}) AS VARCHAR) END"

    return f"{{'name': CAST(NULL AS VARCHAR), 'a': {row('a')}, 'b': {row('b')}}}"
