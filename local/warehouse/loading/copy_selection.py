"""The SELECT of a COPY as the statement writes it.

https://docs.snowflake.com/en/user-guide/data-load-transform
"""

from __future__ import annotations

from dataclasses import dataclass

from local.warehouse.errors import SqlError


@dataclass(frozen=True)
class Selection:
    """What a COPY selects: its expressions as text, and the alias that the file goes by in them."""

    expressions: str
    alias: str | None = None


def not_simple() -> SqlError:
    """Only projections are allowed: no WHERE, JOIN, GROUP BY, ORDER BY, LIMIT."""
    message = "COPY statement only supports simple SELECT from stage statements for import."
    return SqlError(2098, "0A000", f"SQL compilation error:\n{message}")
