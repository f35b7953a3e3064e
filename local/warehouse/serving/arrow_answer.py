"""Rows in the Arrow form that the connector reads."""

from __future__ import annotations

import pyarrow.lib as pa
from fakesnow.arrow import to_sf
from fakesnow.rowtype import ColumnInfo


def with_snowflake_types(table: pa.Table, rowtype: list[ColumnInfo]) -> pa.Table:
    """fakesnow's conversion, with NULL timestamps kept: it would make 1970-01-01 of them."""
    converted = to_sf(table, rowtype)
    for position, column in enumerate(table.columns):
        if isinstance(column.type, pa.TimestampType) and column.null_count:
            field = converted.schema.field(position)
            converted = converted.set_column(position, field, _with_nulls(converted.column(position), column))
    return converted


def _with_nulls(moments: pa.ChunkedArray, original: pa.ChunkedArray) -> pa.Array:
    parts = moments.combine_chunks()
    struct = parts.chunk(0) if isinstance(parts, pa.ChunkedArray) else parts
    mask = original.is_null().combine_chunks()
    children = [struct.field(i).fill_null(0) for i in range(struct.type.num_fields)]
    return pa.StructArray.from_arrays(children, fields=list(struct.type), mask=mask)
