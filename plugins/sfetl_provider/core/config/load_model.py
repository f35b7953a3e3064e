"""The configuration of COPY and of a publication."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sfetl_provider.core.config.column_model import Identifier, PublishedColumn
from sfetl_provider.core.config.reject_limit import RejectLimit, may_reject
from sfetl_provider.core.config.section import Section
from sfetl_provider.core.config.share import Share
from sfetl_provider.core.config.size import MIB


class CopyConfig(Section):
    """How chunks become rows of the load table."""

    batch_files: int = Field(default=200, ge=1, le=1000)
    """Most chunks per COPY statement; Snowflake takes 1,000 at most."""
    batch_mib: int = Field(default=10240, ge=1)
    """Most of the stage per COPY statement, so that progress shows batch by batch; 10 GiB are some 70 chunks."""
    on_error: Literal["abort", "continue"] = "abort"
    """What COPY does about a row that does not fit. abort: the load fails, and the bad rows are listed; continue:
    it is left out, listed and counted, as long as they are no more than reject_limit."""
    reject_limit: RejectLimit = 0
    """Most rows of the month that may be left out with on_error continue: a number, or a share as "0.1%"."""
    poll_seconds: float = Field(default=5, gt=0)
    """How often a running COPY is asked for its state."""
    statement_timeout_seconds: int = Field(default=6 * 3600, ge=60)
    """Snowflake ends a COPY that takes longer."""
    on_too_long: Literal["fail", "widen"] = "fail"
    """What happens when a text has more characters than the table's VARCHAR column takes. widen: the column is
    made as long as the longest text; fail: the month is refused, with the statement that would do it."""

    @property
    def batch_bytes(self) -> int:
        """Most bytes on the stage per COPY statement."""
        return self.batch_mib * MIB

    @model_validator(mode="after")
    def _check_limit(self) -> CopyConfig:
        if (self.on_error == "continue") != may_reject(self.reject_limit):
            raise ValueError(
                "on_error continue and a reject_limit above 0 belong together: one is of no use alone"
            )
        return self


LoadMode = Literal["replace_month", "append", "merge"]


class PublishConfig(Section):
    """How the month gets into the target table."""

    mode: LoadMode = "replace_month"
    """replace_month: the files are the month; append: they are added to it, and those that it holds already (by
    their SHA-256) are skipped; merge: rows replace those of the month with the same merge_keys, and others are
    added."""
    merge_keys: tuple[Identifier, ...] = ()
    """Columns by which merge finds the row that a row replaces, among the rows of the month."""
    outside_month: Literal["fail", "reject"] = "fail"
    """Rows dated outside the month, or without a date. fail: the load stops; reject: they are not published but
    kept in table SFETL.REJECTED_ROWS, and counted in the ledger."""
    lock_timeout_seconds: int = Field(default=900, ge=1)
    """How long a publication waits for another one of the same feed."""
    columns: tuple[PublishedColumn, ...] = ()
    """Columns whose values are computed: constants, facts of the load, expressions over the file's columns."""
    max_shrink: Share = 0.1
    """A month is not replaced by fewer files than were published, or by rows fewer by more than this share ("10%"
    or 0.1), unless the run's parameter confirm_smaller says so."""
