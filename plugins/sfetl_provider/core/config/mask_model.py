"""How a column's values are hidden."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sfetl_provider.core.config.section import Section

HASH_CHARACTERS = 64
STAR = "*"


class MaskConfig(Section):
    """What stands in place of a column's values. Null markers stay what they are."""

    method: Literal["hash", "fixed", "partial"]
    """hash: HMAC-SHA-256 of the value in 64 hexadecimal digits, with the key of mask_conn_id; equal values stay
    equal. fixed: the same text for every value. partial: an asterisk for each character but the last ones."""
    where: Literal["before_stage"]
    """before_stage: while the file is split, so that no value leaves the machine in the clear."""
    text: str = Field(default="***", min_length=1)
    """What method fixed puts in place of a value."""
    keep_last: int = Field(default=4, ge=1)
    """How many characters method partial leaves; of a value that has no more of them, none."""
