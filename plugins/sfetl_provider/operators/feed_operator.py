"""What every step of a feed's load shares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.compute.use import ComputeUse, history_start, read_use
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.ports import Warehouse

if TYPE_CHECKING:
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession
    from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook

PLAN_TEMPLATE = "{{ ti.xcom_pull(task_ids='plan') }}"


class FeedOperator(BaseOperator):
    """A step of one feed; `plan` is the MonthPlan that task `plan` returned, or a template that gives it.

    The default template needs a DAG with `render_template_as_native_obj`. It spares the graph an arrow from
    `plan` to every task.
    """

    template_fields: Collection[str] = ("plan",)
    ui_color = "#e8f4fb"
    is_computing: ClassVar[bool] = True
    """Whether its statements need the virtual warehouse, which is then woken."""

    def __init__(self, *, feed: FeedConfig, plan: Any = PLAN_TEMPLATE, **options: Any) -> None:
        super().__init__(**options)
        self.feed = feed
        self.plan = plan

    @property
    def month_plan(self) -> MonthPlan:
        """The run's plan, once the template field is rendered."""
        return MonthPlan.from_json(self.plan)

    @property
    def hook(self) -> SfetlSnowflakeHook:
        """The hook for the feed's connection and proxy."""
        return hook_of(self.feed, is_computing=self.is_computing)

    def open_session(self) -> SnowflakeSession:
        """Log in to Snowflake."""
        return self.hook.open_session()

    def read_compute(self, session: Warehouse, query_ids: Sequence[str]) -> tuple[ComputeUse, ...]:
        """Ask what queries of this run took of the warehouse; a fault of this question fails no load."""
        plan = self.month_plan
        start = history_start(plan.planned_at, SystemClock().now())
        try:
            return read_use(session, plan.table.database, query_ids, start)
        except SfetlError as error:
            self.log.warning("What the statements took of the warehouse is not known: %s", error.what)
            return ()


class FileOperator(FeedOperator):
    """A step of one source file, for tasks that are mapped over what `wait_for_files` returned."""

    template_fields: Collection[str] = ("plan", "source")

    def __init__(self, *, source: Any, **options: Any) -> None:
        super().__init__(**options)
        self.source = source

    def begin(self, context: Context) -> SourceFile:
        """Give the file, and its name to `map_index_template`, which would fail the task without it."""
        source = SourceFile.from_json(self.source)
        self.name_map_index(context, source.name)
        return source

    def name_map_index(self, context: Context, name: str) -> None:
        """Say what the grid calls this task."""
        context["file_name"] = name  # type: ignore[typeddict-unknown-key]


def hook_of(feed: FeedConfig, *, is_computing: bool = True) -> SfetlSnowflakeHook:
    """Give the hook for a feed's connection and proxy; what computes wakes the warehouse as the feed says."""
    # Imported late: the connector costs a second, and every task parses the DAG file.
    from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook

    return SfetlSnowflakeHook(
        feed.snowflake_conn_id,
        proxy_conn_id=feed.proxy_conn_id,
        time_zone=feed.date.time_zone,
        wakes_warehouse=is_computing and feed.warehouse.resume,
    )
