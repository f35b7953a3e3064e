"""The configuration of one feed: one table, filled by one or more files a month."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationInfo, field_validator, model_validator

from sfetl_provider.core.config.column_check import check_columns
from sfetl_provider.core.config.feed_sections import FeedSections, QcConfig, kinds_of
from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.config.mask_check import check_masks
from sfetl_provider.core.config.qc_check import FileFields, check_qc
from sfetl_provider.core.date_format import strptime_format


def _fields_of(data: dict[str, Any]) -> FileFields:
    text_format: FormatConfig = data["format"]
    formats = {"date": text_format.date_format, "timestamp": text_format.timestamp_format}
    return FileFields(kinds_of(data["columns"], data["date"]), formats)


class FeedConfig(FeedSections):
    """One feed; the file's name is the feed's name and the DAG is load_<feed>."""

    @field_validator("qc")
    @classmethod
    def _check_qc(cls, qc: QcConfig, info: ValidationInfo) -> QcConfig:
        is_readable = {"columns", "date", "format"} <= info.data.keys()
        check_qc(qc, _fields_of(info.data) if is_readable else None)
        return qc

    @model_validator(mode="after")
    def _check_columns(self) -> FeedConfig:
        names = [column.name for column in self.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"columns named twice: {', '.join(doubled)}")
        if self.date.column not in names:
            raise ValueError(f"date.column {self.date.column} is not one of the columns")
        return self

    @model_validator(mode="after")
    def _check_masks(self) -> FeedConfig:
        check_masks(self)
        return self

    @model_validator(mode="after")
    def _check_way_into_the_table(self) -> FeedConfig:
        check_columns(self)
        return self

    @model_validator(mode="after")
    def _check_merge_keys(self) -> FeedConfig:
        keys = self.publish.merge_keys
        unknown = sorted(set(keys) - set(self.column_names))
        if unknown:
            raise ValueError(f"publish.merge_keys names no columns of the feed: {', '.join(unknown)}")
        if keys and not set(self.column_names) - set(keys):
            raise ValueError("publish.merge_keys names every column: nothing is left to update")
        if self.publish.mode == "merge" and not keys:
            raise ValueError("publish.mode merge needs publish.merge_keys")
        return self

    @model_validator(mode="after")
    def _check_as_is(self) -> FeedConfig:
        if self.stage.as_is_mib is not None and self.format.header:
            raise ValueError("stage.as_is_mib is for files without a header: format.header needs it left out")
        return self

    @model_validator(mode="after")
    def _check_date_format(self) -> FeedConfig:
        try:
            strptime_format(self.date_format)
        except ValueError as error:
            raise ValueError(
                f"format.{self.date.type}_format cannot be used for date.column: {error}"
            ) from error
        return self
