"""The DAG that loads many months of many feeds."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import DAG, Param

from sfetl_provider.dag_factory.feed_dag import load_params, task_defaults
from sfetl_provider.dag_factory.form import some_feeds_param
from sfetl_provider.operators.load_batch import BatchReportOperator, PlanBatchOperator, TriggerLoadOperator

DAG_ID = "batch"


def build_batch_dag(feeds: Sequence[str]) -> DAG:
    """Give the DAG batch; `feeds` are the names offered in its form."""
    with DAG(
        dag_id=DAG_ID,
        description="Loads many months of many feeds, each in a run of its own, and reports on all of them",
        schedule=None,
        catchup=False,
        default_args=task_defaults(retries=3, retry_delay_seconds=30),
        params=_params(feeds),
        tags=["sfetl", "load"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        plan = PlanBatchOperator(task_id="plan")
        load = TriggerLoadOperator.partial(
            task_id="load", passed_on=list(load_params()), map_index_template="{{ month_name }}"
        ).expand(asked=plan.output)
        # A teardown runs whatever happened and does not count for the run's state: a failed month stays red.
        report = BatchReportOperator(task_id="report").as_teardown()
        load >> report
    return dag


def _params(feeds: Sequence[str]) -> dict[str, Param]:
    return {
        "feeds": some_feeds_param(feeds, "Whose months; all feeds without any"),
        "months": Param(
            None,
            type="string",
            minLength=4,
            title="Months",
            description="As 2024-01 or 2024-01, 2024-03..2024-05",
        ),
        "load_again": Param(
            False,
            type="boolean",
            title="Load again",
            description="Also months that the ledger says are in the table; they replace themselves",
        ),
        **load_params(),
    }


_DOCUMENTATION = """
Loads each month of each feed in a run of that feed's own DAG, as many at once as the feeds' *max_active_months*
allow, waits for all, and ends with one report: done, failed with reason, skipped, rows, time.

* The load DAGs must be unpaused.
* A failed month: open its run by the link in the report, read what to do, clear its failed tasks there. Then clear
  the month's *load* here with its downstream tasks, and *report* is made anew; nothing is started twice.
"""
