"""A statement's answer, independent of how the wire encodes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow.lib as pa
from fakesnow.rowtype import ColumnInfo, describe_as_rowtype
from fakesnow.statement_type import DML_TYPE_IDS

_ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Result:
    """Rows with their column types, or, for an upload, the instructions to the client.

    `affected` is the number of rows that DML changed; None for everything else.
    """

    rowtype: list[ColumnInfo]
    table: pa.Table | None
    type_id: int = 0
    affected: int | None = None
    upload: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def is_dml(self) -> bool:
        """Whether clients read affected rows from this answer."""
        return self.type_id in DML_TYPE_IDS


def table_result(columns: dict[str, str], rows: Sequence[Sequence[Any]], type_id: int = 0) -> Result:
    """A result of rows; `columns` gives DuckDB's type name for each column."""
    arrays = [
        pa.array([row[i] for row in rows], type=_ARROW_TYPES[kind]) for i, kind in enumerate(columns.values())
    ]
    described = [(name, kind, "YES", None, None, None) for name, kind in columns.items()]
    table = pa.Table.from_arrays(arrays, names=list(columns))
    return Result(describe_as_rowtype(described), table, type_id)


def status_result(text: str, type_id: int = 0) -> Result:
    """The one row of statements that only say that they were done."""
    return table_result({"status": "VARCHAR"}, [[text]], type_id)


SUCCESS = "Statement executed successfully."
