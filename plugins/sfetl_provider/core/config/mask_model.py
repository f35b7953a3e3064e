"""How a column's values are hidden."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sfetl_provider.core.config.section import Section

HASH_CHARACTERS = 64


class MaskConfig(Section):
    """What the table holds in place of a sensitive value; a missing value stays missing."""

    method: Literal["hash", "fixed", "partial"]
    """hash: 64 hexadecimal digits, equal for equal values; fixed: the same text for all; partial: all characters
    but a few are replaced."""
    where: Literal["before_stage"] = "before_stage"
    """before_stage: the value never leaves this machine, and a hash is made with the key of mask_conn_id."""
    value: str = "***"
    """Text that method fixed puts there."""
    keep_first: int = Field(default=0, ge=0)
    """How many characters at the beginning method partial keeps."""
    keep_last: int = Field(default=0, ge=0)
    """How many characters at the end method partial keeps. Of a value that has no more than are kept none is."""
    character: str = Field(default="*", min_length=1, max_length=1)
    """What method partial puts in the place of each other character."""
