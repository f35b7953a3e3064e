"""A share of a whole, written as "10%" or 0.1."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")


def _from_percent(value: Any) -> Any:
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(found[1]) / 100 if found else value


Share = Annotated[
    float,
    BeforeValidator(
        _from_percent,
        json_schema_input_type=Annotated[float, Field(ge=0, le=1)]
        | Annotated[str, Field(pattern=r"^\s*\d+(\.\d+)? ?%\s*$")],
    ),
    Field(ge=0, le=1),
]
