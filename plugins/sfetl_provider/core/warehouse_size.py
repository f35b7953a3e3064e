"""Sizes of virtual warehouses, from the smallest on.

Sources: docs.snowflake.com/en/sql-reference/sql/alter-warehouse (names), …/user-guide/warehouses-overview (credits
per hour of standard warehouses of the first generation; each size costs twice the one before).
"""

from __future__ import annotations

from typing import Final, Literal, get_args

SizeName = Literal[
    "XSMALL",
    "SMALL",
    "MEDIUM",
    "LARGE",
    "XLARGE",
    "XXLARGE",
    "XXXLARGE",
    "X4LARGE",
    "X5LARGE",
    "X6LARGE",
]
SIZES: Final[tuple[SizeName, ...]] = get_args(SizeName)
# Snowflake does not document it; a project of its engineers counts 32 cores for MEDIUM and a file for each core
# (github.com/GregPavlik/snowflake_bulk_loader).
_FILES_AT_ONCE = 8
_SPELLINGS: Final = {
    "2XLARGE": "XXLARGE",
    "X2LARGE": "XXLARGE",
    "3XLARGE": "XXXLARGE",
    "X3LARGE": "XXXLARGE",
} | {f"{number}XLARGE": f"X{number}LARGE" for number in (4, 5, 6)}


def read_size(text: str) -> SizeName:
    """Read a size in any of Snowflake's spellings (X-Small, XSMALL, 2X-Large); raises ValueError for others."""
    bare = text.strip().upper().replace("-", "")
    name = _SPELLINGS.get(bare, bare)
    if name not in SIZES:
        raise ValueError(f"{text!r} is no size of a warehouse; sizes are {', '.join(SIZES)}")
    return name


def larger(*sizes: SizeName) -> SizeName:
    """Give the largest of some sizes."""
    return max(sizes, key=SIZES.index)


def credits_per_hour(size: SizeName) -> int:
    """Give what an hour of one cluster costs."""
    return 1 << SIZES.index(size)


def files_at_once(size: SizeName) -> int:
    """Give how many files one COPY reads side by side, about."""
    return _FILES_AT_ONCE << SIZES.index(size)
