"""All that a feed's configuration says, section by section; `model.py` checks the sections against each other.

Field descriptions are the documentation: they go into feed.schema.json, which editors show while typing.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from sfetl_provider.core.config.audit_model import AuditConfig
from sfetl_provider.core.config.column_model import Column, ColumnConfig, Identifier
from sfetl_provider.core.config.date_model import DateConfig
from sfetl_provider.core.config.drift_model import DriftConfig
from sfetl_provider.core.config.file_model import FilesConfig, FormatConfig
from sfetl_provider.core.config.load_model import CopyConfig, PublishConfig
from sfetl_provider.core.config.qc_model import CheckedDaysConfig
from sfetl_provider.core.config.reject_limit import RejectLimit, may_reject
from sfetl_provider.core.config.section import Section
from sfetl_provider.core.config.stage_model import StageConfig
from sfetl_provider.core.config.warehouse_model import WarehouseConfig
from sfetl_provider.core.expression.tree import Kind


class TableConfig(Section):
    """The target table, and what may be changed of it."""

    database: Identifier
    """Database; schema SFETL (ledger, load tables, stage) is made in it too."""
    schema_name: Identifier = Field(alias="schema")
    """Schema of the target table."""
    name: Identifier
    """The target table."""
    create: bool = False
    """True: task plan makes the table from the columns' types when it does not exist."""
    cluster_by: tuple[Identifier, ...] = ()
    """Columns of the clustering key of a table that is made."""
    schema_changes: Literal["fail", "ignore", "add_columns"] = "fail"
    """What task plan does when columns of the config are not in the table. fail: name all differences and stop;
    ignore: leave columns of the file out; add_columns: add them to the table, by their types."""


class QcConfig(CheckedDaysConfig):
    """Checks before anything becomes visible."""

    mode: Literal["file", "snowflake", "skip"] = "file"
    """file: read the file before or while it is staged; snowflake: check the load table only; skip: only what
    a publication needs (counts, dates within the month)."""
    gate: Literal["beside", "before_stage"] = "beside"
    """beside: QC and staging read the file at the same time, unless qc.reject_limit lets lines be left out;
    before_stage: no byte leaves before QC passed."""
    memory_mib: int = Field(default=512, ge=128)
    """Memory limit of the QC scan."""
    sample_limit: int = Field(default=20, ge=1)
    """How many bad lines the report quotes; all are counted, and listed in the rejects file."""
    expectations: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    """Suite of Great Expectations to run over the files: <name>.json in the folder expectations beside the
    configs' folder; null: none."""
    reject_limit: RejectLimit = 0
    """How many bad lines of a file are left out and told, instead of stopping the load: a count, or a share of
    the file's records as "0.1%", rounded down. Above 0, files are staged after QC passed, and
    qc.mode must be file."""
    rejects_mib: int = Field(default=1024, ge=1)
    """Size at which the list of bad lines of a file ends; a wrong delimiter would make it larger than the file."""
    profile: Literal["off", "basic", "full"] = "basic"
    """What QC of the file tells of each column. basic: missing values, bounds, lengths; full: also distinct
    values, most frequent values and quantiles."""
    drift: DriftConfig = DriftConfig()
    """Comparison of the profile with those of earlier published months, by the load's task qc_gate."""

    @property
    def may_reject(self) -> bool:
        """Tell whether bad lines may be left out."""
        return may_reject(self.reject_limit)

    @property
    def is_before_stage(self) -> bool:
        """Tell whether QC decides before anything is staged."""
        return self.gate == "before_stage" or self.may_reject

    @field_validator("reject_limit")
    @classmethod
    def _check_mode(cls, limit: int | str, info: ValidationInfo) -> int | str:
        if may_reject(limit) and info.data.get("mode", "file") != "file":
            raise ValueError("only QC of the file finds what to leave out: set qc.mode to file, or 0 here")
        return limit


def kinds_of(columns: tuple[ColumnConfig, ...], dated: DateConfig) -> dict[str, Kind]:
    """Give as what own rules read each column."""
    return {column.name: dated.type if column.name == dated.column else "raw" for column in columns}


class FeedSections(Section):
    """One feed's sections, each right in itself."""

    feed: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", exclude=True)
    """Name of the feed, taken from the file's name."""
    suite: dict[str, Any] | None = Field(default=None, exclude=True)
    """Content of the suite that qc.expectations names, read with the config."""
    description: str = ""
    """Shown in the Airflow UI."""
    snowflake_conn_id: str = "snowflake_default"
    """Airflow connection to Snowflake."""
    proxy_conn_id: str | None = None
    """Airflow connection of type sfetl_proxy; null: the one that the Snowflake connection names, or none."""
    mask_conn_id: str | None = None
    """Airflow connection whose password, of 16 characters or more, is the key of hashes that are made before
    staging (columns.mask)."""
    table: TableConfig
    """The target table."""
    columns: tuple[Column, ...] = Field(min_length=1)
    """Columns in the file's order."""
    date: DateConfig
    """Which column says to which month a record belongs."""
    files: FilesConfig
    """Where the month's files lie."""
    format: FormatConfig = FormatConfig()
    """How the text is written."""
    qc: QcConfig = QcConfig()
    """Checks."""
    stage: StageConfig = StageConfig()
    """Staging."""
    warehouse: WarehouseConfig = WarehouseConfig()
    """The virtual warehouse."""
    load: CopyConfig = CopyConfig()
    """COPY INTO."""
    audit: AuditConfig = AuditConfig()
    """Audit of the load table."""
    publish: PublishConfig = PublishConfig()
    """Publication."""
    retries: int = Field(default=3, ge=0, le=20)
    """How often a task is tried again after a failure that can pass."""
    retry_delay_seconds: float = Field(default=30, gt=0)
    """Delay before the first retry; it doubles each time, up to 15 minutes."""
    start_month: str = Field(default="2000-01", pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    """First month that may be loaded."""
    end_month: str | None = Field(default=None, pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    """Last month that the schedule loads, for a feed that has ended; null: it goes on."""
    max_active_months: int = Field(default=4, ge=1)
    """How many months of this feed may load at the same time."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in the file's order, as stored in Snowflake."""
        return tuple(column.name for column in self.columns)

    @property
    def masked_columns(self) -> tuple[str, ...]:
        """Columns whose values are hidden somewhere on their way."""
        return tuple(column.name for column in self.columns if column.mask)

    @property
    def target_names(self) -> tuple[str, ...]:
        """Columns of the target table that a publication fills: those of the file in its order, then others."""
        names = [column.target_name for column in self.columns]
        names += [column.name for column in self.publish.columns]
        return tuple(dict.fromkeys(names))

    @property
    def altered_columns(self) -> frozenset[str]:
        """Columns of the file whose values the table does not hold as they are: masked, or computed otherwise."""
        replaced = {column.name for column in self.publish.columns}
        return frozenset(
            column.name for column in self.columns if column.mask or column.target_name in replaced
        )

    def target_of(self, name: str) -> str:
        """Give the column of the target that a column of the file goes into; other names are given back."""
        return next((column.target_name for column in self.columns if column.name == name), name)

    @property
    def target_date_column(self) -> str:
        """Column of the target table that says to which month a row belongs."""
        return self.target_of(self.date.column)

    @property
    def column_kinds(self) -> dict[str, Kind]:
        """As what own rules read each column: the date column as its type, the others as they are used."""
        return kinds_of(self.columns, self.date)

    @property
    def date_format(self) -> str:
        """Format of the date column in the file, in Snowflake's notation."""
        return self.format.date_format if self.date.type == "date" else self.format.timestamp_format
