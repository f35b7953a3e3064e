"""Many months of many feeds in one run: a load of its own for each, and one report of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from airflow.providers.common.compat.sdk import conf
from airflow.providers.standard.operators.trigger_dagrun import DagIsPaused, TriggerDagRunOperator
from airflow.providers.standard.triggers.external_task import DagStateTrigger
from airflow.sdk import BaseOperator, Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import BatchedLoadError, MonthError
from sfetl_provider.core.ledger.month_history import recorded_months
from sfetl_provider.core.plan.month_list import read_months
from sfetl_provider.core.plan.names import batch_path, load_dag_id, report_path, run_key, target_table
from sfetl_provider.core.report.batch import BatchMonth, BatchReport, build_batch, month_of_report, one_line
from sfetl_provider.core.report.batch_text import render_batch_text
from sfetl_provider.core.report.report_file import read_report, write_json, write_text
from sfetl_provider.core.report.run_report import RunReport
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.operators.finished_tasks import FinishedTasks
from sfetl_provider.operators.named_feeds import named_feeds
from sfetl_provider.operators.run_link import run_link
from sfetl_provider.operators.task_run import actor_of
from sfetl_provider.settings import read_settings

SKIPPED = "skipped"
_POLL_SECONDS = 15


class PlanBatchOperator(BaseOperator):
    """Says which months of which feeds the run loads: those asked for, without what the ledger has already."""

    def execute(self, context: Context) -> list[dict[str, str]]:
        """Return feed, month and run id of each load; leaves months that need none under SKIPPED, with reasons."""
        params = context["params"]
        months = [str(month) for month in read_months(params["months"], SystemClock().now().date())]
        key = run_key(context["dag_run"].dag_id, context["dag_run"].run_id)
        loads, skipped = [], []
        for feed in named_feeds(params["feeds"], self.log):
            reasons = dict(_reasons(feed, months, may_skip=not params["load_again"]))
            skipped += [
                BatchMonth(feed=feed.feed, month=month, state="skipped", reason=reason).to_json()
                for month, reason in reasons.items()
            ]
            loads += [
                {"feed": feed.feed, "month": month, "run_id": f"batch__{key}__{month}"}
                for month in months
                if month not in reasons
            ]
        _require_bounded(loads)
        context["ti"].xcom_push(key=SKIPPED, value=skipped)
        self.log.info("%d months are loaded, %d skipped.", len(loads), len(skipped))
        return loads


class TriggerLoadOperator(TriggerDagRunOperator):
    """Starts one load and waits for it, without a worker's slot; fails when it fails.

    `asked` is one of what PlanBatchOperator returned; `passed_on` names the run's parameters that the load gets
    too. Cleared or retried it starts nothing twice: it finds its run
    again and waits for it, so a load that was cleared by hand and went well turns this task green.
    """

    template_fields: Sequence[str] = ("asked",)

    def __init__(self, *, asked: Any, passed_on: Sequence[str] = (), **options: Any) -> None:
        super().__init__(
            trigger_dag_id="",
            logical_date=None,
            wait_for_completion=True,
            deferrable=True,
            poke_interval=_POLL_SECONDS,
            fail_when_dag_is_paused=True,
            **options,
        )
        self.asked = asked
        self.passed_on = passed_on

    def execute(self, context: Context) -> None:
        """Start the load, or find it again."""
        self._name(context)
        state = state_of(context, self.trigger_dag_id, str(self.trigger_run_id))
        if state is None:
            self._start(context)
        elif state not in ("success", "failed"):
            self.defer(trigger=self._trigger(), method_name="execute_complete")
        self._require_success(state)

    def execute_complete(self, context: Context, event: Any) -> None:
        """Take the end of the load."""
        self._name(context)
        self._require_success(state_of(context, self.trigger_dag_id, str(self.trigger_run_id)))

    def _name(self, context: Context) -> None:
        feed, month = self.asked["feed"], self.asked["month"]
        context["month_name"] = f"{feed} {month}"  # type: ignore[typeddict-unknown-key]
        self.trigger_dag_id = load_dag_id(feed)
        self.trigger_run_id = self.asked["run_id"]
        self.conf = {"month": month, **{name: context["params"][name] for name in self.passed_on}}

    def _start(self, context: Context) -> None:
        try:
            super().execute(context)
        except DagIsPaused as error:
            raise BatchedLoadError(
                f"{self.trigger_dag_id} is paused, so its load of {self.asked['month']} would never begin.",
                safe="It was not started; the other months go on.",
                next_step=f"Unpause {self.trigger_dag_id}, then clear this task.",
            ) from error

    def _trigger(self) -> DagStateTrigger:
        return DagStateTrigger(
            dag_id=self.trigger_dag_id,
            states=[*self.allowed_states, *self.failed_states],
            run_ids=[str(self.trigger_run_id)],
            poll_interval=_POLL_SECONDS,
        )

    def _require_success(self, state: str | None) -> None:
        if state != "success":
            link = run_link(self.trigger_dag_id, str(self.trigger_run_id))
            raise BatchedLoadError(
                f"The load of {self.asked['feed']} {self.asked['month']} failed.",
                safe="The other months go on.",
                next_step=f"Its report says why: clear its failed tasks at {link}, then this task and the report.",
            )


class BatchReportOperator(BaseOperator):
    """Writes [sfetl] reports_dir/batches/<run key>.json, the same as a page, and as text to the log."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Return where the page lies and how many months are in which state."""
        # Imported late: only a page needs templates, and every task parses the DAG file.
        from sfetl_provider.core.report.batch_page import render_batch

        batch = self._batch(context)
        self.log.info("%s", render_batch_text(batch))
        run = context["dag_run"]
        path = batch_path(read_settings().reports_dir, run_key(run.dag_id, run.run_id))
        write_json(path, batch.to_json())
        page = write_text(path.with_suffix(".html"), render_batch(batch, path.parent))
        self.log.info("Page: %s", page)
        states = [month.state for month in batch.months]
        return {"page": str(page), **{state: states.count(state) for state in dict.fromkeys(states)}}

    def _batch(self, context: Context) -> BatchReport:
        tasks = FinishedTasks(context)
        skipped = [(BatchMonth.from_json(month), None) for month in tasks.pushed("plan", SKIPPED) or ()]
        loads = enumerate(tasks.result("plan") or ())
        found = [*skipped, *(_month(context, tasks, index, asked) for index, asked in loads)]
        return build_batch(context["dag_run"].run_id, found, SystemClock().now(), actor_of(context))


def state_of(context: Context, dag_id: str, run_id: str) -> str | None:
    """Give a run's state, None when there is no such run."""
    ti: Any = context["ti"]
    if not ti.get_dr_count(dag_id=dag_id, run_ids=[run_id]):
        return None
    state: Any = ti.get_dagrun_state(dag_id=dag_id, run_id=run_id)
    # Airflow gives a member of an enumeration, whose text is not its value.
    return str(getattr(state, "value", state))


def _month(
    context: Context, tasks: FinishedTasks, index: int, asked: dict[str, str]
) -> tuple[BatchMonth, RunReport | None]:
    feed, month, run_id = asked["feed"], asked["month"], asked["run_id"]
    dag_id = load_dag_id(feed)
    state = state_of(context, dag_id, run_id)
    known = BatchMonth(feed=feed, month=month, state="running", run_id=run_id, url=run_link(dag_id, run_id))
    if state is None:
        why = one_line(next((failure.text for failure in tasks.failures(index)), ""))
        return known.model_copy(update={"state": "not run", "reason": why, "url": ""}), None
    if state not in ("success", "failed"):
        return known, None
    path = report_path(read_settings().reports_dir, feed, month, run_key(dag_id, run_id))
    try:
        report = read_report(path)
    except (OSError, ValueError):
        # Its report task was killed, or wrote on a disk that this worker does not see.
        ended = "done" if state == "success" else "failed"
        return known.model_copy(update={"state": ended, "reason": "its report cannot be read here"}), None
    return month_of_report(report, str(path.with_suffix(".html"))), report


def _reasons(feed: FeedConfig, months: Sequence[str], *, may_skip: bool) -> Iterator[tuple[str, str]]:
    """Give the months of a feed that need no load, each with its reason."""
    published = _published(feed) if may_skip else {}
    for month in months:
        if month < feed.start_month or (feed.end_month and month > feed.end_month):
            yield month, "outside the feed's start_month and end_month"
        elif month in published:
            yield month, published[month]


def _published(feed: FeedConfig) -> dict[str, str]:
    with hook_of(feed).open_session() as session:
        recorded = recorded_months(session, target_table(feed), feed.feed) or {}
    return {
        month: f"in the table: {last.rows:,} rows, ledger row {last.sequence}"
        for month, last in recorded.items()
        if last.rows
    }


def _require_bounded(loads: Sequence[Any]) -> None:
    most = conf.getint("core", "max_map_length", fallback=1024)
    if len(loads) > most:
        raise MonthError(
            f"The run names {len(loads):,} loads, more than the {most:,} of [core] max_map_length.",
            safe="Nothing was started.",
            next_step="Trigger it again for fewer feeds or months.",
        )
