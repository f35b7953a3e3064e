"""Bound values as the connector sends them, made into Python values for DuckDB."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fakesnow.converter import from_binding

from local.warehouse.errors import unsupported

_EPOCH = datetime.datetime(1970, 1, 1)


def bound_rows(bindings: Mapping[str, Any] | None) -> list[tuple[Any, ...]]:
    """One tuple of values per execution: none bound gives one empty tuple, an array binding one per row.

    Raises SqlError 000002 for named bindings.
    """
    if not bindings:
        return [()]
    if not all(name.isdigit() for name in bindings):
        raise unsupported("named bindings")
    ordered = [bindings[str(position)] for position in range(1, len(bindings) + 1)]
    if not any(isinstance(bind.get("value"), list) for bind in ordered):
        return [tuple(_value(bind["type"], bind.get("value")) for bind in ordered)]
    columns = [[_value(bind["type"], value) for value in bind["value"]] for bind in ordered]
    return list(zip(*columns, strict=True))


def _value(kind: str, text: str | None) -> Any:
    if text is None:
        return None
    if kind == "FIXED":
        return int(text) if text.lstrip("+-").isdigit() else Decimal(text)
    if kind == "REAL":
        return float(text)
    if kind == "TIMESTAMP_NTZ":
        return _EPOCH + datetime.timedelta(microseconds=int(text) // 1000)
    return from_binding({"type": kind, "value": text})
