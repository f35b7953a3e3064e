"""The configuration of the virtual warehouse that a load runs on."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from sfetl_provider.core.config.section import Section
from sfetl_provider.core.warehouse_size import SizeName, read_size


def _read(value: object) -> object:
    return read_size(value) if isinstance(value, str) else value


class WarehouseConfig(Section):
    """The warehouse of the Snowflake connection, as loads of this feed meet it."""

    resize: Annotated[SizeName, BeforeValidator(_read)] | None = None
    """Size that the warehouse gets from COPY to the end of the run, when it is smaller: XSMALL, SMALL, MEDIUM,
    LARGE, XLARGE, XXLARGE, XXXLARGE, X4LARGE, X5LARGE or X6LARGE; null: it stays as it is."""
    resume: bool = True
    """Whether a suspended warehouse whose AUTO_RESUME is false is resumed; with false the load fails."""
