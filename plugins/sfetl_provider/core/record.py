"""The base of every value that travels between tasks."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from sfetl_provider.core.errors import ResultMissingError


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
        """Read the form that `to_json` gives; raises pydantic's ValidationError when it does not fit.

        Raises ResultMissingError for None: what Airflow gives of a task that returned nothing.
        """
        if value is None:
            raise ResultMissingError(
                f"There is no {cls.__name__}: the task that makes it was marked as success before it had one, or "
                "its result was deleted.",
                safe="This task changed nothing.",
                next_step="Clear the task that makes it; a month that is to be given up can be left as it is.",
            )
        return cls.model_validate(value)
