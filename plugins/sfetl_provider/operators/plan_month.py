"""The first task of a load: what this run will do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from airflow.sdk import Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.config.load_model import LoadMode
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month, choose_month
from sfetl_provider.core.plan.month_plan import MonthPlan, QcMode
from sfetl_provider.core.plan.names import run_key, target_table
from sfetl_provider.core.plan.target_table import settle_target
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.operators.feed_operator import FeedOperator
from sfetl_provider.operators.task_run import actor_of, checkpoints_of
from sfetl_provider.settings import read_settings

AS_CONFIGURED = "as configured"


class PlanMonthOperator(FeedOperator):
    """Fixes the run's month, its generation and every name; makes schema SFETL on first use.

    The month is the parameter `month`, else the partition key, else the data interval's start. Running it
    again (clear) notes the month's generation afresh, which is how a run goes on after another one came first.
    """

    template_fields: Collection[str] = ()

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the MonthPlan."""
        with self.open_session() as session:
            prepare(session, self.feed)
            month = self._month(context)
            generation = read_generation(session, self.feed.table.database, self.feed.feed, str(month))
            plan = self._with_target(self._plan(context, month, generation), session, context)
        self.log.info("Run %s loads %s of %s at generation %d.", plan.run_key, month, plan.feed, generation)
        return plan.to_json()

    def _month(self, context: Context) -> Month:
        interval_start: datetime | None = context.get("data_interval_start")
        month = choose_month(
            context["params"].get("month"),
            context.get("partition_key"),
            interval_start.date() if interval_start else None,
            SystemClock().now().date(),
        )
        return month_of(self.feed, month)

    def _plan(self, context: Context, month: Month, generation: int) -> MonthPlan:
        params, run = context["params"], context["dag_run"]
        return MonthPlan(
            feed=self.feed.feed,
            month=str(month),
            fiscal=month.fiscal,
            dag_id=run.dag_id,
            run_id=run.run_id,
            run_key=run_key(run.dag_id, run.run_id),
            actor=actor_of(context),
            table=target_table(self.feed),
            generation=generation,
            qc_mode=self._qc_mode(params.get("qc_mode")),
            is_dry_run=bool(params.get("dry_run")),
            base_path=str(self._base_path(params.get("base_path"))),
            explicit_files=tuple(params.get("files") or ()),
            start_over=bool(params.get("start_over")),
            planned_at=SystemClock().now(),
            chunk_set=self._chunk_set(params.get("chunk_set")),
            is_insecure=self.hook.is_insecure,
            load_mode=self._load_mode(params.get("load_mode")),
            confirm_smaller=bool(params.get("confirm_smaller")),
        )

    def _with_target(self, plan: MonthPlan, session: Warehouse, context: Context) -> MonthPlan:
        """Hold the table against the config; what is missing is made where the config says so."""
        settled = settle_target(session, checkpoints_of(context), self.feed, is_dry_run=plan.is_dry_run)
        for remark in settled.remarks:
            self.log.warning("Table %s: %s.", plan.table.name, remark.rstrip("."))
        for change in settled.changes:
            self.log.warning("The target table was changed (query %s): %s", change.query_id, change.statement)
        return plan.model_copy(
            update={
                "target_types": settled.types,
                "unpublished": settled.unpublished,
                "table_changes": settled.changes,
            }
        )

    def _qc_mode(self, parameter: str | None) -> QcMode:
        """The parameter, unless it is left as configured; the plan refuses a mode that does not exist."""
        return self.feed.qc.mode if parameter in (None, AS_CONFIGURED) else cast(QcMode, parameter)

    def _load_mode(self, parameter: str | None) -> LoadMode:
        """The parameter, unless it is left as configured."""
        if parameter in (None, AS_CONFIGURED):
            return self.feed.publish.mode
        if parameter == "merge" and not self.feed.publish.merge_keys:
            raise ConfigError(
                f"Load mode merge needs publish.merge_keys, which feed {self.feed.feed} does not have.",
                safe="Nothing was done.",
                next_step="Name the key columns in the feed's config, or trigger it with another load_mode.",
            )
        return cast(LoadMode, parameter)

    def _chunk_set(self, parameter: str | None) -> str:
        """The parameter; a relative one lies below [sfetl] base_path."""
        return str(read_settings().base_path / parameter) if parameter else ""

    def _base_path(self, parameter: str | None) -> Path:
        """The parameter, else the config's; relative ones lie below [sfetl] base_path."""
        return read_settings().base_path / (parameter or self.feed.files.base_path)
