"""A feed, a plan and what staging made of its files: the values that tests of loading start from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.ledger.entry import LedgerFacts, LedgerFile
from sfetl_provider.core.plan.month_plan import MonthPlan, TableName
from sfetl_provider.core.plan.names import load_table, run_key
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.staged_file import StagedFile

NOW = datetime(2026, 11, 21, 1, 2, 3, 456789, tzinfo=UTC)
TABLE = TableName(database="DEMO", schema_name="PUBLIC", name="FLIGHTS")
PASSED = QcVerdict(mode="file", is_passed=True, findings=(), fingerprints={}, good_records=5)


def sample_config(**changes: Any) -> FeedConfig:
    """Give a feed of three columns; sections by name replace the sample's."""
    sections = {
        "feed": "flights",
        "table": {"database": "demo", "schema": "public", "name": "flights"},
        "columns": ["flight_date", {"name": "carrier", "nullable": False}, "distance"],
        "date": {"column": "flight_date"},
        "files": {"patterns": ["flights_{month}.tsv"]},
    }
    return FeedConfig.model_validate({**sections, **changes})


def sample_plan(**changes: Any) -> MonthPlan:
    """Give the plan of a run for 2013-01 that saw generation 0."""
    run_id = str(changes.pop("run_id", "manual__1"))
    fields = {
        "feed": "flights",
        "month": "2013-01",
        "dag_id": "load_flights",
        "run_id": run_id,
        "run_key": run_key("load_flights", run_id),
        "actor": "ada",
        "table": TABLE,
        "generation": 0,
        "qc_mode": "file",
        "is_dry_run": False,
        "base_path": "/data",
        "explicit_files": (),
        "start_over": False,
        "planned_at": NOW,
    }
    return MonthPlan.model_validate({**fields, **changes})


def sample_staged_file(
    chunk_records: tuple[int, ...] = (3, 2), name: str = "flights_2013-01.tsv"
) -> StagedFile:
    """Give a staged file whose chunks begin at lines 1, 101, 201, …"""
    return StagedFile(
        file=name,
        key=f"{name}-00000001",
        fingerprint="f1",
        sha256="ab" * 32,
        size_bytes=1_000_000,
        records=sum(chunk_records) + 2,
        header_records=1,
        empty_records=1,
        staged_records=sum(chunk_records),
        chunk_records=chunk_records,
        chunk_first_lines=tuple(1 + 100 * number for number in range(len(chunk_records))),
        compression="zstd",
        compressed_bytes=400_000,
        chunks_reused=0,
        seconds=1.5,
    )


def sample_outcome(plan: MonthPlan, rows_copied: int = 5, attempt: int = 1) -> CopyOutcome:
    """Give the outcome of a COPY that loaded everything in one batch."""
    return CopyOutcome(
        load_table=load_table(plan, attempt),
        attempt=attempt,
        batches=1,
        rows_copied=rows_copied,
        query_ids=("copy-1",),
        seconds=2.0,
    )


def sample_facts(**changes: object) -> LedgerFacts:
    """Give the facts of a first publication of 2013-01."""
    fields = {
        "feed": "flights",
        "action": "publish",
        "month": "2013-01",
        "generation": 1,
        "run_key": "0" * 12,
        "dag_id": "load_flights",
        "run_id": "manual__1",
        "actor": "ada",
        "table_name": '"DEMO"."PUBLIC"."FLIGHTS"',
        "files": (LedgerFile(name="ü.tsv", size_bytes=9, fingerprint="f1", records=5),),
        "rows_before": 0,
        "rows_deleted": 0,
        "rows_inserted": 5,
        "query_ids": {"insert": "q2", "copy": ("c1", "c2")},
        "recorded_at": NOW,
        "version": "0.1.0",
    }
    return LedgerFacts.model_validate({**fields, **changes})
