"""Guessing whether the first record names the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sfetl_provider.core.inspection.column_guess import NULLS, guess_column
from sfetl_provider.core.inspection.report import ColumnKind, Sureness

_NAME = re.compile(r"[A-Za-z_][\w $.#%()/-]{0,127}")
_NO_TEXT: frozenset[ColumnKind] = frozenset(("boolean", "integer", "number", "date", "timestamp", "time"))


def guess_header(first: Sequence[str], others: Sequence[Sequence[str]]) -> tuple[bool, Sureness]:
    """Tell whether the first record is a header, and how sure that is.

    It is one when its fields are distinct names above values of another kind. Above nothing but text only the
    names' look tells, and their absence from the columns below.
    """
    names = [name.strip() for name in first]
    if any(name in NULLS for name in names) or len(set(names)) < len(names):
        return False, "likely" if others else "unsure"
    if any(guess_column("", [name]).kind in _NO_TEXT for name in names):
        return False, "sure"
    if not others:
        return all(map(_NAME.fullmatch, names)), "unsure"
    kinds = [guess_column("", column).kind for column in zip(*others, strict=False)]
    if any(kind in _NO_TEXT for kind in kinds):
        return True, "sure"
    is_repeated = any(name in column for name, column in zip(names, zip(*others, strict=False), strict=False))
    return all(map(_NAME.fullmatch, names)) and not is_repeated, "unsure"
