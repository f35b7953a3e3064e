"""The DAG that looks at feeds' tables without loading."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import DAG, Param

from sfetl_provider.dag_factory.feed_dag import task_defaults
from sfetl_provider.operators.validate_tables import ListFeedsOperator, ValidateTableOperator

DAG_ID = "validate"


def build_validate_dag(feeds: Sequence[str]) -> DAG:
    """Give the DAG validate; `feeds` are the names offered in its form."""
    with DAG(
        dag_id=DAG_ID,
        description="Looks at tables without loading: gaps, unusual days, keys, and what the ledger says",
        schedule=None,
        catchup=False,
        default_args=task_defaults(retries=3, retry_delay_seconds=30),
        params=_params(feeds),
        tags=["sfetl"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        listed = ListFeedsOperator(task_id="feeds")
        ValidateTableOperator.partial(
            task_id="validate", map_index_template="{{ feed_name }}", max_active_tis_per_dagrun=4
        ).expand(feed_name=listed.output)
    return dag


def _params(feeds: Sequence[str]) -> dict[str, Param]:
    return {
        "feeds": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "enum": list(feeds)} if feeds else {"type": "string"},
            examples=list(feeds),
            title="Feeds",
            description="Whose tables; all without any",
        ),
        "months": Param(
            None,
            type=["null", "string"],
            title="Months",
            description="As 2024-01 or 2024-01, 2024-03..2024-05; all without any",
        ),
        "keys": Param(
            False,
            type="boolean",
            title="Keys",
            description="Look for duplicates of qc.key too, with a second query for each table",
        ),
    }


_DOCUMENTATION = """
Looks at feeds' tables and changes nothing: rows of each month and day, gaps, unusual days, rows without date,
and whether each month is what the ledger says was published. A task for each feed; it fails when something is
CRITICAL. Its log has everything; JSON and an HTML page lie in the folder of reports.
"""
