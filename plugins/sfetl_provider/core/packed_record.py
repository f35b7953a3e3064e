"""Records that come in hundreds: as short lists where a task hands them on, readable everywhere else."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import SerializationInfo, SerializerFunctionWrapHandler, model_serializer, model_validator

from sfetl_provider.core.record import Record

PACKED = {"is_packed": True}
"""The context of `model_dump` that packs."""


class PackedRecord(Record):
    """A record whose JSON form leaves out defaults, and which is a list of its values when packed.

    The fields of `always` stay though they may have their default; a packed list ends with its last value that is
    not the default. Either form is read back.
    """

    always: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _unpacked(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        if len(value) > len(cls.model_fields):
            raise ValueError(f"{len(value)} values for {len(cls.model_fields)} fields")
        return dict(zip(cls.model_fields, value, strict=False))

    @model_serializer(mode="wrap")
    def _shortened(self, inherited: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        values: dict[str, Any] = inherited(self)
        told = {name for name in values if getattr(self, name) != type(self).model_fields[name].default}
        if not (info.context and info.context.get("is_packed")):
            return {name: value for name, value in values.items() if name in told or name in self.always}
        names = list(values)
        while names and names[-1] not in told:
            names.pop()
        return [values[name] for name in names]
