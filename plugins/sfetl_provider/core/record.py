"""The base of every value that travels between tasks."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value with a JSON form.

    Records are what XCom, the task state store and reports hold: small, without secrets, refused when a
    field is unknown or missing, so that a record written by another version is noticed instead of misread.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_json(self) -> dict[str, Any]:
        """Give the JSON-ready form, the inverse of `from_json`."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read the form that `to_json` gives; raises pydantic's ValidationError when it does not fit."""
        return cls.model_validate(value)
