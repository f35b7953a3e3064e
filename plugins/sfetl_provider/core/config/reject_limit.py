"""How many records of a file may be left out: a count, or a share of its records."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, PlainValidator

_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,10})?) ?%")


def _check_limit(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and (found := _SHARE.fullmatch(value)) and Decimal(found[1]) <= 100:
        return value
    raise ValueError('a whole number of 0 or more, or a share as "0.1%"')


# Checked by hand: the faults of a union would not point at the field.
RejectLimit = Annotated[
    int | str,
    PlainValidator(
        _check_limit,
        json_schema_input_type=Annotated[int, Field(ge=0)]
        | Annotated[str, Field(pattern=f"^{_SHARE.pattern}$")],
    ),
]


def most_rejects(limit: int | str, records: int) -> int:
    """Give how many of so many records may be left out at most; a share is rounded down."""
    if isinstance(limit, int):
        return limit
    return int(_share(limit) * records / 100)


def may_reject(limit: int | str) -> bool:
    """Tell whether any record may be left out."""
    return limit > 0 if isinstance(limit, int) else _share(limit) > 0


def _share(limit: str) -> Decimal:
    return Decimal(limit.rstrip(" %"))
