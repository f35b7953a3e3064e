"""One load of a month as its tasks do it, in a process of its own, without Airflow; perhaps its drop and restore.

What each task returned, its checkpoints and the trace of its steps lie in the order's folder, so that the next
process goes on where this one ended, however it ended.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sfetl_provider.adapters.local_files import find_files
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.audit.checks import check_load_table, require_passed
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyOutcome, Waiting
from sfetl_provider.core.copy_into.submission import advance
from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.drop.preview import Recovery, preview_month
from sfetl_provider.core.drop.records import DropReceipt, DropRequest
from sfetl_provider.core.drop.wording import require_any_rows
from sfetl_provider.core.errors import (
    DropRefusedError,
    GenerationConflictError,
    RestoreRefusedError,
    TransientError,
)
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.plan.names import run_key, scratch_folder, target_table
from sfetl_provider.core.ports import Bind, JsonValue, QueryResult
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.qc.check import CheckPaths, check_month
from sfetl_provider.core.qc.reading import emptied
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.record import Record
from sfetl_provider.core.restore.preview import preview_restore
from sfetl_provider.core.restore.records import RestorePreview, RestoreRequest
from sfetl_provider.core.restore.restoration import restore_month
from sfetl_provider.core.restore.wording import require_allowed
from sfetl_provider.core.stage.agreement import require_agreement
from sfetl_provider.core.stage.cleaning import clean_stage
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.staged_file import StagedFile
from tests.core.load_samples import sample_config, sample_plan
from tests.integration.month_bench import DirectUploader
from tests.statement_words import mentions
from tests.system.staging_process import FileCheckpoints, SteppedCheckpoints, Steps

MONTH = Month(2013, 1)
LOAD_TASKS = ("plan", "qc", "stage", "copy", "audit", "publish", "clean")
CYCLE_TASKS = (*LOAD_TASKS, "preview", "drop", "preview_restore", "restore")
CONFIG = sample_config(
    columns=["flight_date", {"name": "carrier", "nullable": False}, "distance", "note"],
    stage={"chunk_mib": 1},
    load={"batch_files": 1},
    publish={"max_shrink": "100%"},
)
_POLL_SECONDS = 0.02
_CLOCK = SystemClock()
# A part of a statement's text, and what the steps before and after it are called.
_NAMES = (
    ("CREATE OR REPLACE TRANSIENT TABLE", "make"),
    ('SET "GENERATION" = "GENERATION" + 1', "raise"),
    ('DELETE FROM "DEMO"."PUBLIC"', "delete"),
    ('INSERT INTO "DEMO"."PUBLIC"', "insert"),
    ('INSERT INTO "DEMO"."SFETL"."LEDGER"', "record"),
    ("COMMIT", "commit"),
    ("DROP TABLE", "drop table"),
    ("REMOVE", "remove"),
)


@dataclass(frozen=True)
class LoadOrder:
    """Which tasks a run carries out, with the month's file in its folder, and perhaps the step at which to die."""

    folder: Path
    run_id: str
    connection: dict[str, Any]
    tasks: tuple[str, ...] = LOAD_TASKS
    die_at: tuple[str, int] | None = None

    @property
    def run_key(self) -> str:
        """The key that the run's names carry."""
        return run_key("load_flights", self.run_id)

    @property
    def trace(self) -> Path:
        """The steps of all its lives, one a line."""
        return self.folder / "trace"

    @property
    def scratch(self) -> Path:
        """The root of scratch folders."""
        return self.folder / "scratch"

    @property
    def refusal(self) -> Path:
        """What the run was refused with, when another one came first."""
        return self.folder / "refused.txt"

    @property
    def fault(self) -> Path:
        """What went wrong, when it should not have."""
        return self.folder / "fault.txt"

    def returned(self, task: str) -> JsonValue:
        """What a task returned; None before its end."""
        return FileCheckpoints(self.folder / "returned.json").get(task)

    @property
    def is_over(self) -> bool:
        """Whether the run has completed or was refused."""
        return self.refusal.exists() or self.returned(self.tasks[-1]) is not None

    @property
    def last_step(self) -> str:
        """The last step that was reached."""
        return self.trace.read_text().splitlines()[-1] if self.trace.exists() else "began"


class SteppedSession(SnowflakeSession):
    """A session that tells what it is about to do and has done."""

    reach: Callable[[str], None]

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        name = next((name for words, name in _NAMES if mentions(statement, words)), None)
        if name is None:
            return super().query(statement, binds)
        self.reach(f"before {name}")
        result = super().query(statement, binds)
        self.reach(f"after {name}")
        return result

    def submit(self, statement: str) -> str:
        self.reach("before submit")
        query_id = super().submit(statement)
        self.reach("after submit")
        return query_id

    def upload(self, source: Path, stage_folder: str) -> None:
        self.reach("before put")
        super().upload(source, stage_folder)
        self.reach("after put")


@dataclass(frozen=True)
class Tasks:
    """The tasks of a run, each a method: its result is a record that the later ones find in `returned`."""

    order: LoadOrder
    session: SnowflakeSession
    reach: Callable[[str], None]
    config: FeedConfig = CONFIG

    @cached_property
    def source(self) -> SourceFile:
        """The month's file."""
        (source,) = find_files(self.order.folder, ["month.tsv"], [])
        return source

    @cached_property
    def month_plan(self) -> MonthPlan:
        """What task `plan` returned."""
        return MonthPlan.from_json(self.order.returned("plan"))

    @cached_property
    def verdict(self) -> QcVerdict:
        """What task `qc` returned."""
        return QcVerdict.from_json(self.order.returned("qc"))

    @cached_property
    def staged(self) -> StagedFile:
        """What task `stage` returned."""
        return StagedFile.from_json(self.order.returned("stage"))

    @cached_property
    def outcome(self) -> CopyOutcome:
        """What task `copy` returned."""
        return CopyOutcome.from_json(self.order.returned("copy"))

    def checkpoints(self, task: str) -> SteppedCheckpoints:
        """The task's store."""
        return SteppedCheckpoints(FileCheckpoints(self.order.folder / f"{task}.json"), self.reach)

    def plan(self) -> Record:
        table = target_table(self.config)
        seen = read_generation(self.session, table.database, self.config.feed, str(MONTH))
        return sample_plan(run_id=self.order.run_id, generation=seen)

    def qc(self) -> Record:
        folder = scratch_folder(self.order.scratch, self.month_plan, f"qc-{self.source.key}")
        paths = CheckPaths(emptied(folder))
        return check_month([self.source], self.config, MONTH, paths).verdict

    def stage(self) -> Record:
        uploader = DirectUploader(self.session)
        ports = StagePorts(self.session, uploader, self.checkpoints("stage"), _CLOCK, self.order.scratch)
        return stage_file(self.source, self.month_plan, self.config, ports)

    def copy(self) -> Record:
        require_agreement(self.verdict, (self.staged,))
        job = CopyJob(self.month_plan, (self.staged,), self.config)
        ports = CopyPorts(self.session, self.checkpoints("copy"), _CLOCK)
        while isinstance(step := advance(job, ports), Waiting):
            while not self.session.query_status(step.query_id).state.is_terminal:
                time.sleep(_POLL_SECONDS)
        return step.outcome

    def audit(self) -> Record:
        job = AuditJob(self.month_plan, self.config, self.outcome, self.verdict)
        return require_passed(check_load_table(job, self.session, _CLOCK), self.month_plan)

    def publish(self) -> Record:
        job = PublishJob(self.month_plan, self.config, (self.staged,), self.outcome, self.verdict)
        return publish_month(job, self.session, _CLOCK)

    def clean(self) -> int:
        return clean_stage(self.session, self.month_plan)

    def preview(self) -> Record:
        recovery = Recovery(days=0, today=_CLOCK.now().date())
        preview = preview_month(self.session, self.config, MONTH, recovery)
        require_any_rows((preview,))
        return DropRequest(
            feed=preview.feed,
            month=preview.month,
            generation=preview.generation,
            rows=preview.rows,
            keep_until=preview.keep_until,
            dag_id="load_flights",
            run_id=self.order.run_id,
            run_key=self.order.run_key,
            actor="ada",
            approver="grace",
            reason="storm",
        )

    def drop(self) -> Record:
        request = DropRequest.from_json(self.order.returned("preview"))
        return drop_month(request, self.config, self.session, _CLOCK)

    def preview_restore(self) -> Record:
        dropped = DropReceipt.from_json(self.order.returned("drop"))
        preview = preview_restore(self.session, self.config, dropped.ledger_sequence)
        require_allowed(preview, may_undo_later=False)
        return preview

    def restore(self) -> Record:
        request = RestoreRequest(
            preview=RestorePreview.from_json(self.order.returned("preview_restore")),
            dag_id="load_flights",
            run_id=self.order.run_id,
            run_key=self.order.run_key,
            actor="ada",
            approver="grace",
            reason="storm",
        )
        return restore_month(request, self.config, self.session, _CLOCK)


def carry_out(order: LoadOrder) -> None:
    """Carry out what is left of a run; a refusal for another run's sake ends it, the trace of a fault is kept.

    What Airflow would try again is left to the next process: a lock, say, that others held for too long.
    """
    sys.stderr = order.fault.open("a")
    try:
        _carry_out(order)
    except (GenerationConflictError, DropRefusedError, RestoreRefusedError) as error:
        order.refusal.write_text(str(error))
    except TransientError as error:
        Steps(None, order.trace).reach(f"tries again after {type(error).__name__}")


def _carry_out(order: LoadOrder) -> None:
    steps = Steps(order.die_at, order.trace)
    returned = FileCheckpoints(order.folder / "returned.json")
    with closing(SteppedSession(open_connection(order.connection))) as session:
        for task in order.tasks:
            if returned.get(task) is None:
                _carry_out_task(task, order, session, steps, returned)


def _carry_out_task(
    task: str, order: LoadOrder, session: SteppedSession, steps: Steps, returned: FileCheckpoints
) -> None:
    def reach(step: str) -> None:
        steps.reach(f"{task} {step}")

    session.reach = reach
    steps.reach(task)
    result = getattr(Tasks(order, session, reach), task)()
    steps.reach(f"{task} done")
    returned.set(task, result.to_json() if isinstance(result, Record) else result)
