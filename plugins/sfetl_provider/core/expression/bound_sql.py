"""SQL text together with the values that its question marks stand for, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfetl_provider.core.ports import Bind


@dataclass(frozen=True)
class BoundSql:
    """A piece of SQL and its binds; equal pieces are the same thing computed."""

    text: str
    binds: tuple[Bind, ...] = ()


def filled(template: str, *parts: BoundSql) -> BoundSql:
    """Put pieces into the holes `{}` of a template; each hole takes the next piece, and its binds."""
    text = template.format(*(part.text for part in parts))
    return BoundSql(text, tuple(bind for part in parts for bind in part.binds))


def joined(separator: str, parts: Sequence[BoundSql]) -> BoundSql:
    """Put a separator between pieces."""
    return filled(separator.join(["{}"] * len(parts)), *parts)
