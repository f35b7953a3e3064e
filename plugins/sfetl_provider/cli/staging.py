"""`stage`: a month's chunks in a folder, made to be carried to another network, or checked there."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sfetl_provider.adapters.chunk_folder import STATE_FOLDER, ChunkFolder, FileCheckpoints
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.cli.command import REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.month_files import month_files
from sfetl_provider.cli.progress import shown_progress
from sfetl_provider.core.config.load import find_feed
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.counted import counted
from sfetl_provider.core.errors import ChunkSetError, ConfigError, SfetlError
from sfetl_provider.core.events import Listener
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile, TableName
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.chunk_set import ChunkSet, check_chunk_set
from sfetl_provider.core.stage.run import StagePorts
from sfetl_provider.core.stage.set_making import SetJob, make_chunk_set
from sfetl_provider.core.stage.staged_file import StagedFile

if TYPE_CHECKING:
    from sfetl_provider.core.qc.check import CheckPaths

_DAG = "chunk_set"
REJECTS = "rejects.tsv"


def stage_files(arguments: Namespace, folders: Folders) -> int:
    """Make a set (--to) or check one (--from): 0 it is whole, 1 QC or the check refused it."""
    if bool(arguments.to) == bool(arguments.source):
        raise ConfigError("Say where to: either --to FOLDER, or --from FOLDER to check what is there.")
    return _check(Path(arguments.source)) if arguments.source else _make(arguments, folders)


def _check(folder: Path) -> int:
    try:
        with shown_progress() as listener:
            chunk_set = check_chunk_set(folder, listener)
    except ChunkSetError as error:
        print(error, file=sys.stderr)
        return REFUSED
    print(_summary(chunk_set))
    return 0


def _make(arguments: Namespace, folders: Folders) -> int:
    if not (arguments.feed and arguments.month):
        raise ConfigError("--to needs --feed and --month.")
    config = find_feed(Path(arguments.configs_dir or folders.configs_dir), arguments.feed)
    month = month_of(config, Month.parse(arguments.month, SystemClock().now().date()))
    sources, folder = month_files(arguments, folders, config, month), Path(arguments.to)
    with shown_progress() as listener:
        verdict = None
        if arguments.qc:
            # Imported late: DuckDB is heavy, and only this option needs it.
            from sfetl_provider.core.qc.check import check_month, without_left_out

            paths = _check_paths(folders, folder, config)
            verdict = check_month(sources, config, month, paths, listener).verdict
            sources = without_left_out(sources, verdict.left_out)
        if verdict is None or verdict.is_passed:
            job = SetJob(sources, _plan(config, month), config, folder, verdict)
            chunk_set = _made(job, listener)
    if verdict is not None and not verdict.is_passed:
        for finding in verdict.findings:
            print(f"{finding.severity}: {finding.message}", file=sys.stderr)
        print("QC did not pass; no chunk was made. More: the command qc.", file=sys.stderr)
        return REFUSED
    print(_summary(chunk_set))
    return 0


def _check_paths(folders: Folders, folder: Path, config: FeedConfig) -> CheckPaths:
    """Give where QC writes; where lines may be left out, their lists stay with the set."""
    # Imported late: NumPy is heavy, and only this option needs it.
    from sfetl_provider.core.qc.check import CheckPaths

    if not config.qc.may_reject:
        return CheckPaths(folders.scratch_dir)
    lists = folder / STATE_FOLDER
    return CheckPaths(folders.scratch_dir, lists / REJECTS, lists)


def _made(job: SetJob, listener: Listener) -> ChunkSet:
    stage, state = ChunkFolder(job.folder), job.folder / STATE_FOLDER
    scratch, mask_key = state / "scratch", _mask_key(job.config.mask_conn_id)

    def open_ports(source: SourceFile) -> StagePorts:
        checkpoints = FileCheckpoints(state / f"{source.key}.json")
        return StagePorts(stage, stage, checkpoints, SystemClock(), scratch, mask_key)

    try:
        return make_chunk_set(job, open_ports, listener)
    except SfetlError as error:
        error.reword(next_step=_for_a_command(error.next_step))
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _for_a_command(next_step: str) -> str:
    """Staging's errors speak to who looks after a DAG."""
    later = next_step.replace("Clear this task", "Run the command again")
    return later.replace("clear this task", "run the command again")


def _mask_key(conn_id: str | None) -> bytes:
    if conn_id is None:
        return b""
    try:
        # Imported late: connections are Airflow's, and most feeds need none to be staged to a folder.
        from sfetl_provider.hooks.mask_key import read_mask_key
    except ImportError as error:
        raise ConfigError(
            f"Columns are hashed with the key of {conn_id}, an Airflow connection, and Airflow is not installed.",
            next_step="Use airflow sfetl stage.",
        ) from error
    return read_mask_key(conn_id)


def _plan(config: FeedConfig, month: Month) -> MonthPlan:
    """What staging needs of a run's plan; its key is the month's, so that a second run resumes."""
    run_id, table = f"{config.feed} {month}", config.table
    return MonthPlan(
        feed=config.feed,
        month=str(month),
        fiscal=month.fiscal,
        dag_id=_DAG,
        run_id=run_id,
        run_key=run_key(_DAG, run_id),
        actor="",
        table=TableName(database=table.database, schema_name=table.schema_name, name=table.name),
        generation=0,
        qc_mode=config.qc.mode,
        is_dry_run=False,
        base_path="",
        explicit_files=(),
        start_over=False,
        planned_at=SystemClock().now(),
    )


def _summary(chunk_set: ChunkSet) -> str:
    files = counted(len(chunk_set.files), "file")
    lines = [f"{chunk_set.feed} {chunk_set.month}: {files}, QC {_qc(chunk_set.verdict)}"]
    for file in chunk_set.files:
        staged, chunks = file.staged, counted(len(file.chunks), "chunk")
        lines += [
            f"{staged.file}: {counted(staged.staged_records, 'record')} in {chunks},"
            f" {staged.compressed_bytes:,} bytes ({staged.chunks_reused:,} kept){_rejected(staged)}",
            f"{staged.sha256}  {staged.file}",
        ]
    return "\n".join(lines)


def _rejected(staged: StagedFile) -> str:
    if not staged.rejected_records:
        return ""
    count = staged.rejected_records
    return f", {counted(count, 'bad record')} left out, listed in {STATE_FOLDER}/{REJECTS}"


def _qc(verdict: QcVerdict | None) -> str:
    return "not made" if verdict is None else f"passed with {counted(len(verdict.findings), 'finding')}"
