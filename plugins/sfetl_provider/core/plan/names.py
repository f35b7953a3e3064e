"""Every name that is derived from feed, month and run: the only module that makes them.

A stage path, a load table and a query tag belong to one run (`run_key`), so no run can meet another's files,
and Snowflake's 64-day load history, which is kept per table and path, never skips a file of ours.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from sfetl_provider.core.compression import SUFFIXES, Compression
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month_plan import MonthPlan, TableName

SCHEMA = "SFETL"
STAGE = "CHUNKS"
LEDGER = "LEDGER"
PROFILES = "PROFILES"
REJECTED_ROWS = "REJECTED_ROWS"
LEASES = "WAREHOUSE_LEASES"
MANIFEST = "chunk_set.json"


def load_dag_id(feed: str) -> str:
    """Give the id of the DAG that loads a feed."""
    return f"load_{feed}"


class KeptTableParts(NamedTuple):
    """What the name of a table that was kept before a drop tells."""

    feed: str
    month: str
    run_key: str
    until: date


class LoadTableParts(NamedTuple):
    """What a load table's name tells."""

    feed: str
    month: str
    run_key: str


def run_key(dag_id: str, run_id: str) -> str:
    """Give the 12 hexadecimal digits that stand for a run."""
    return hashlib.sha256(f"{dag_id}\n{run_id}".encode()).hexdigest()[:12]


def quoted_table(table: TableName) -> str:
    """Give a table's quoted, fully qualified name."""
    return ".".join(quote_identifier(part) for part in (table.database, table.schema_name, table.name))


def target_table(config: FeedConfig) -> TableName:
    """Give the feed's target table."""
    table = config.table
    return TableName(database=table.database, schema_name=table.schema_name, name=table.name)


def sfetl_table(database: str, name: str) -> TableName:
    """Give a table of our own schema."""
    return TableName(database=database, schema_name=SCHEMA, name=name)


def ledger_table(database: str) -> TableName:
    """Give the ledger: one row per publication, drop and restore of any feed."""
    return sfetl_table(database, LEDGER)


def profiles_table(database: str) -> TableName:
    """Give the table of profiles: one row per publication of any feed whose columns were profiled."""
    return sfetl_table(database, PROFILES)


def rejected_rows_table(database: str) -> TableName:
    """Give the table of rows that a publication left out because they are not of its month."""
    return sfetl_table(database, REJECTED_ROWS)


def leases_table(database: str) -> TableName:
    """Give the table of loads that want a warehouse larger: a row for each while it lasts."""
    return sfetl_table(database, LEASES)


def head_table(database: str, feed: str) -> TableName:
    """Give a feed's head table: its months' generations and the end of its hash chain.

    One per feed, because Snowflake's UPDATE locks the whole table.
    """
    return sfetl_table(database, f"HEAD_{feed.upper()}")


def load_table(plan: MonthPlan, attempt: int) -> TableName:
    """Give the load table of one COPY submission (attempts count from 1).

    Each submission has its own, so a COPY that arrives late after an unclear submit cannot double rows.
    """
    month = plan.month.replace("-", "")
    name = f"LOAD_{plan.feed.upper()}_{month}_{plan.run_key.upper()}_A{attempt}"
    return sfetl_table(plan.table.database, name)


def scratch_table(plan: MonthPlan, attempt: int) -> TableName:
    """Give the table into which chunks that a COPY refused are loaded again, to list their bad rows."""
    loaded = load_table(plan, attempt)
    return sfetl_table(loaded.database, f"{loaded.name}_ERRORS")


def load_table_parts(name: str) -> LoadTableParts | None:
    """Read feed, month and run key back from the name of a load or scratch table; None when it is neither."""
    found = re.fullmatch(r"LOAD_([A-Z][A-Z0-9_]*)_(\d{4})(\d\d)_([0-9A-F]{12})_A\d+(?:_ERRORS)?", name)
    if found is None:
        return None
    return LoadTableParts(found[1].lower(), f"{found[2]}-{found[3]}", found[4].lower())


def kept_table(database: str, feed: str, month: str, run_key: str, until: date) -> TableName:
    """Give the clone that a drop keeps of its whole table, to be removed after the day `until`."""
    name = f"KEPT_{feed.upper()}_{month.replace('-', '')}_{run_key.upper()}_{until:%Y%m%d}"
    return sfetl_table(database, name)


def kept_table_parts(name: str) -> KeptTableParts | None:
    """Read feed, month, run key and last day back from a kept table's name; None when it is none."""
    found = re.fullmatch(r"KEPT_([A-Z][A-Z0-9_]*)_(\d{4})(\d\d)_([0-9A-F]{12})_(\d{8})", name)
    if found is None:
        return None
    until = datetime.strptime(found[5], "%Y%m%d").replace(tzinfo=UTC).date()
    return KeptTableParts(found[1].lower(), f"{found[2]}-{found[3]}", found[4].lower(), until)


def stage_name(database: str) -> str:
    """Give the quoted name of the internal stage that holds chunks."""
    return ".".join(quote_identifier(part) for part in (database, SCHEMA, STAGE))


def doctor_folder(database: str, key: str) -> str:
    """Give the stage path of one examination's file; no feed's name starts with an underscore."""
    return f"@{stage_name(database)}/_doctor/{key}/"


def doctor_table(database: str, key: str) -> TableName:
    """Give the table of one examination."""
    return sfetl_table(database, f"DOCTOR_{key.upper()}")


def stage_folder(plan: MonthPlan, file_key: str = "") -> str:
    """Give the run's stage path, or one file's below it, as `@"DB"."SFETL"."CHUNKS"/…/`."""
    tail = f"{file_key}/" if file_key else ""
    return f"@{stage_name(plan.table.database)}/{plan.feed}/{plan.month}/{plan.run_key}/{tail}"


def file_key(relative_path: str) -> str:
    """Give a stage-safe name for a source file: letters, digits, . _ - and a hash of the exact path.

    PUT expands brackets and wildcards; none survive here.
    """
    slug = re.sub(r"[^A-Za-z0-9._-]+", "_", Path(relative_path).name)[:80]
    return f"{slug}-{hashlib.sha256(relative_path.encode()).hexdigest()[:8]}"


def chunk_name(number: int, compression: Compression) -> str:
    """Give the file name of a chunk; numbers count from 1."""
    return f"part-{number:05}.tsv{SUFFIXES[compression]}"


def is_chunk_name(name: str) -> bool:
    """Tell whether a file's name is that of a chunk, of whatever number and compression."""
    number, ending, suffix = name.removeprefix("part-").partition(".tsv")
    is_named_so = name.startswith("part-") and bool(ending)
    return is_named_so and number.isdecimal() and suffix in SUFFIXES.values()


def query_tag(plan: MonthPlan, step: str, attempt: int = 1, batch: int = 1) -> str:
    """Give the QUERY_TAG of a step: JSON, known before submitting, so a lost query can be found again."""
    tag = {"sfetl": plan.feed, "month": plan.month, "run": plan.run_key, "step": step}
    return json.dumps({**tag, "attempt": attempt, "batch": batch}, separators=(",", ":"))


def scratch_folder(root: Path, plan: MonthPlan, key: str, range_number: int = 0) -> Path:
    """Give the folder for temporary files of one task of one run; each byte range of a file has its own."""
    folder = f"{key}-range-{range_number}" if range_number else key
    return root / plan.feed / plan.month / plan.run_key / folder


def report_path(root: Path, feed: str, month: str, key: str) -> Path:
    """Give the file of a run's report."""
    return root / feed / month / f"{key}.json"


def validation_path(root: Path, feed: str, key: str) -> Path:
    """Give the file of a validation of a feed's table by a run."""
    return root / feed / "validations" / f"{key}.json"


def batch_path(root: Path, key: str) -> Path:
    """Give the file of a batch's report; `key` is that of the run that started it."""
    return root / "batches" / f"{key}.json"


def validations_path(root: Path, key: str) -> Path:
    """Give the file of a run's validations of all its tables together; pages and sheets lie beside it."""
    return root / "validations" / f"{key}.json"


def rejects_path(root: Path, plan: MonthPlan, key: str) -> Path:
    """Give the list of bad lines of one source file, beside the run's report."""
    return root / plan.feed / plan.month / f"{plan.run_key}-rejects" / f"{key}.tsv"


def copy_rejects_path(root: Path, plan: MonthPlan) -> Path:
    """Give the list of the rows that COPY refused, beside those of QC; a source file's key is never `copy`."""
    return rejects_path(root, plan, "copy")


def left_out_path(rejects_folder: Path, key: str) -> Path:
    """Give the list of what QC leaves out of one source file, beside its list of bad lines."""
    return rejects_folder / f"{key}.left-out.tsv"


def data_docs_folder(root: Path, feed: str) -> Path:
    """Give the folder of a feed's Data Docs: a page per month and an index, beside the months' reports."""
    return root / feed / "expectations"
