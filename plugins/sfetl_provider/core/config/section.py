"""What every part of the configuration is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the configuration: frozen, unknown fields refused.

    The text below a field describes it in the schema, which reads it from the source when it is made.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
