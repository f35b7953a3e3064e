"""The report of one run: its records, from which text, page and the report of a batch are made."""

from __future__ import annotations

from datetime import datetime
from operator import not_
from typing import Literal

from pydantic import Field

from sfetl_provider.core.compute.use import ComputeUse
from sfetl_provider.core.ledger.entry import QueryIds
from sfetl_provider.core.plan.month_plan import TableChange, TableName
from sfetl_provider.core.qc.quality import Quality
from sfetl_provider.core.qc.report import BadLine, DayRows, Finding, RejectsFile
from sfetl_provider.core.record import Record
from sfetl_provider.core.report.listed_rows import ListedRow
from sfetl_provider.core.report.task_failure import TaskFailure

RunState = Literal["published", "dropped", "restored", "dry_run", "rejected", "nothing_new", "failed"]
Stopped = Literal["", "dry_run", "rejected", "nothing_new"]


class RunIdentity(Record):
    """Which run of which feed and month, and whose; texts are empty when the run failed before it knew.

    `actor` started the run, `approver` answered its question, `url` is Airflow's page of it. `reason` is what a
    person stated or confirmed.
    """

    feed: str
    month: str
    dag_id: str
    run_id: str
    run_key: str
    actor: str = ""
    approver: str = ""
    reason: str = ""
    url: str = ""


class ReportedFile(Record):
    """One source file: bytes as it lies on disk, records as counted while staging, by `ranges` tasks.

    `rejected_records` are those that QC left out.
    """

    name: str
    size_bytes: int
    sha256: str
    records: int
    header_records: int
    empty_records: int
    staged_records: int
    chunks: int
    chunks_reused: int
    ranges: int = 1
    rejected_records: int = Field(default=0, exclude_if=not_)


class ReportedChecks(Record):
    """What QC or the audit decided; `rows` are the records it looked at, `days` every day that it counted.

    `quality` is that of files which QC read.
    """

    mode: str
    is_passed: bool
    rows: int
    findings: tuple[Finding, ...]
    days: tuple[DayRows, ...] = ()
    quality: Quality | None = None


class ReportedBadLines(Record):
    """The bad lines of one source file: how many records, the first of them, and the list of all."""

    file: str
    records: int
    lines: tuple[BadLine, ...]
    rejects: RejectsFile | None


class RunReport(RunIdentity):
    """One run from files to table. Counts are None for steps that the run did not reach.

    Sizes in bytes; `bytes_staged` as stored, compressed. `rows_in_files` excludes headers and empty lines.
    `table_changes` are those that the run made of the target's definition; they stay when a run fails.
    `rows_published` were inserted, `rows_updated` changed by a merge, `rows_rejected` not of the month and kept
    aside. `files_published_before` were skipped by append, as the month holds them already. Rows staged =
    copied + rejected by COPY; `copy_rejects` lists those, `copy_bad_rows` quotes the first. `copy_compute` and
    `publish_compute` are what these statements took of warehouses, `credits` the estimate of both; None when a
    rate is not documented.
    `generation` is the month's after the run's change, or as planned when it changed nothing. `ledger_sequence`
    and `ledger_hash` are the end of the feed's chain as the change left it: kept elsewhere than in Snowflake, they
    show when somebody writes the chain anew. `query_ids` are by step. `undoes` is the ledger row that a restore
    undid, `kept_table` the clone that a drop took before. `message` is the whole text of the first of the
    `failures`. `is_insecure`: no certificate was verified on the way to Snowflake.
    """

    state: RunState
    table: TableName | None = None
    files: tuple[ReportedFile, ...]
    bytes_in_files: int | None
    bytes_staged: int | None
    rows_in_files: int | None
    rows_staged: int | None
    rows_copied: int | None
    rows_rejected_by_copy: int | None
    copy_rejects: RejectsFile | None
    copy_compute: tuple[ComputeUse, ...] = ()
    publish_compute: tuple[ComputeUse, ...] = ()
    credits: float | None = None
    rows_before: int | None = None
    rows_published: int | None
    rows_updated: int | None
    rows_rejected: int | None
    rows_deleted: int | None
    rows_restored: int | None
    load_mode: str
    files_published_before: tuple[str, ...]
    qc: ReportedChecks | None
    audit: ReportedChecks | None
    bad_lines: tuple[ReportedBadLines, ...] = ()
    copy_bad_rows: tuple[ListedRow, ...] = ()
    table_changes: tuple[TableChange, ...] = ()
    generation: int | None
    ledger_sequence: int | None
    ledger_hash: str | None
    query_ids: QueryIds = Field(default_factory=dict)
    undoes: int | None = None
    kept_table: str = ""
    started_at: datetime
    finished_at: datetime
    seconds: float
    failed_tasks: tuple[str, ...]
    message: str
    failures: tuple[TaskFailure, ...] = ()
    version: str
    is_insecure: bool = False
