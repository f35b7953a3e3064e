"""Waiting for a month's files."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sfetl_provider.adapters.local_files import missing_error
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import FilesMissingError
from sfetl_provider.core.ledger.published import MonthContent, published_month
from sfetl_provider.core.plan.delivery import delivery_of
from sfetl_provider.core.plan.file_columns import unknown_columns
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.plan.names import MANIFEST
from sfetl_provider.core.plan.patterns import fill_pattern
from sfetl_provider.core.publish.shrinking import require_not_smaller
from sfetl_provider.operators.feed_operator import PLAN_TEMPLATE, hook_of
from sfetl_provider.operators.finished_tasks import PUBLISHED_BEFORE
from sfetl_provider.operators.task_listener import TaskListener
from sfetl_provider.triggers.monthly_file import MonthlyFileTrigger

# Airflow refuses to map over more than [core] max_map_length items, 1,024 by default.
MAX_FILES = 1000
# A hop to the triggerer and back takes about as long.
WATCH_HERE_SECONDS = 5.0


class MonthlyFileSensor(BaseSensorOperator):
    """Waits in the triggerer until the month's files are there and still; returns them as SourceFiles.

    Files that are all there, and need to be still for a few seconds only, it watches itself.

    Also the list that the following tasks are mapped over: a task of its own for listing would cost a second
    of scheduling and could see other files. A file above `stage.range_mib` stands in it once for each of its byte
    ranges; making them happens here, on a worker, and reads a file once if its format has quotes.
    """

    template_fields = ("plan",)

    def __init__(self, *, feed: FeedConfig, plan: Any = PLAN_TEMPLATE, **options: Any) -> None:
        super().__init__(**options)
        self.feed = feed
        self.plan = plan

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return what `execute_complete` does; hand over to the trigger where that would take long."""
        plan = MonthPlan.from_json(self.plan)
        self.log.info("Looking for %s in %s.", ", ".join(self._looked_for(plan)), self._folder(plan))
        trigger = self._trigger(plan)
        event = asyncio.run(trigger.glance(WATCH_HERE_SECONDS))
        if event is None:
            self.defer(trigger=trigger, method_name="execute_complete")
        return self.execute_complete(context, event)

    def _trigger(self, plan: MonthPlan) -> MonthlyFileTrigger:
        files = self.feed.files
        return MonthlyFileTrigger(
            base_path=self._folder(plan),
            patterns=self._patterns(plan),
            explicit=self._explicit(plan),
            poll_seconds=files.poll_seconds,
            still_seconds=files.still_seconds,
            deadline=time.time() + files.timeout_seconds,
            delivery=delivery_of(files, plan.month_value).to_json(),
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the files and ranges.

        Raises FilesMissingError after the timeout, naming what was looked for and seen, and for more than Airflow
        can map over; SourceFileError when a file cannot be divided.
        """
        plan = MonthPlan.from_json(self.plan)
        self._require_delivered(plan, event)
        found = (
            self._carried(plan) if plan.chunk_set else [SourceFile.from_json(file) for file in event["files"]]
        )
        if len(found) > MAX_FILES:
            raise FilesMissingError(
                f"{len(found)} files match, more than the {MAX_FILES} that one run can take.",
                safe="Nothing was loaded.",
                next_step="Narrow the patterns, or load them in several runs with the parameter files.",
            )
        found = self._held_against_the_month(plan, found, context)
        found = found if plan.chunk_set else self._noted(found)
        parts = found if plan.is_dry_run or plan.chunk_set else self._divided(plan, found)
        for part in parts:
            size_bytes = part.byte_range.size_bytes if part.byte_range else part.size_bytes
            self.log.info("%s, %d bytes", part.label, size_bytes)
        return [part.to_json() for part in parts]

    def _require_delivered(self, plan: MonthPlan, event: dict[str, Any]) -> None:
        if event["status"] != "found":
            raise missing_error(
                Path(self._folder(plan)),
                self._looked_for(plan),
                plan.month,
                self.feed.files.timeout_seconds,
                event.get("missing", ""),
            )
        if surplus := event.get("surplus"):
            raise FilesMissingError(
                f"The delivery of {plan.month} is not what was expected: {surplus}.",
                safe="Nothing was loaded; the table is as it was.",
                next_step="Take away what does not belong there, or correct the manifest or files.expected, and "
                "clear this task; or trigger the month with the parameter files.",
            )

    def _held_against_the_month(
        self, plan: MonthPlan, found: list[SourceFile], context: Context
    ) -> list[SourceFile]:
        """Refuse fewer files than were published before any is read, and leave out what append need not load.

        A month without publications asks nobody. Skips the run's other tasks when there is nothing new.
        """
        if not plan.generation or plan.load_mode == "merge":
            return found
        with hook_of(self.feed).open_session() as session:
            published = published_month(session, plan.table.database, plan.feed, plan.month)
        if plan.load_mode == "replace_month":
            require_not_smaller(plan, self.feed, published, [file.name for file in found], None)
            return found
        return self._new_files(found, published, context)

    def _new_files(
        self, found: list[SourceFile], published: MonthContent, context: Context
    ) -> list[SourceFile]:
        # Imported late: hashing and compression are for workers, and every task parses the DAG file.
        from sfetl_provider.core.publish.appending import without_published

        files = without_published(found, published, TaskListener(self.log))
        if files.published:
            context["ti"].xcom_push(key=PUBLISHED_BEFORE, value=list(files.published))
        if not files.new:
            raise AirflowSkipException(f"All {len(found)} files are published already; nothing is to be done")
        return list(files.new)

    def _noted(self, found: list[SourceFile]) -> list[SourceFile]:
        # Imported late: NumPy comes with it, and every task parses the DAG file.
        from sfetl_provider.core.qc.noted_header import note_headers

        noted = note_headers(found, self.feed)
        if unknown := unknown_columns(self.feed, noted[0].header):
            self.log.warning("Not published, as the config does not name them: %s.", ", ".join(unknown))
        return noted

    def _divided(self, plan: MonthPlan, found: list[SourceFile]) -> list[SourceFile]:
        # Imported late: zstandard and hashing are for workers, and every task parses the DAG file.
        from sfetl_provider.core.stage.ranges import divide

        listener = TaskListener(self.log)
        is_hashed = plan.load_mode == "append" and plan.qc_mode != "file"
        parts = [part for file in found for part in divide(file, self.feed, listener, is_hashed=is_hashed)]
        if len(parts) > MAX_FILES:
            raise FilesMissingError(
                f"{len(found)} files make {len(parts)} ranges, more than the {MAX_FILES} that one run can take.",
                safe="Nothing was loaded.",
                next_step="Raise stage.range_mib.",
            )
        return parts

    def _patterns(self, plan: MonthPlan) -> list[str]:
        return [fill_pattern(pattern, plan.month_value) for pattern in self.feed.files.patterns]

    def _looked_for(self, plan: MonthPlan) -> list[str]:
        return self._explicit(plan) or self._patterns(plan)

    def _folder(self, plan: MonthPlan) -> str:
        return plan.chunk_set or plan.base_path

    def _explicit(self, plan: MonthPlan) -> list[str]:
        """Of a carried set, its manifest is what is waited for: it is written last."""
        return [MANIFEST] if plan.chunk_set else list(plan.explicit_files)

    def _carried(self, plan: MonthPlan) -> list[SourceFile]:
        # Imported late: NumPy and zstandard come with it, and every task parses the DAG file.
        from sfetl_provider.core.stage.chunk_set import read_chunk_set, set_sources

        folder = Path(plan.chunk_set)
        chunk_set = read_chunk_set(folder)
        chunk_set.require_month_of(plan)
        return list(set_sources(folder, chunk_set))
