"""The DAG that looks at feeds' tables without loading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from airflow.sdk import DAG, Param

from sfetl_provider.dag_factory.feed_dag import task_defaults
from sfetl_provider.dag_factory.form import some_feeds_param
from sfetl_provider.operators.validate_tables import (
    ListFeedsOperator,
    ReportTablesOperator,
    ValidateTableOperator,
)

DAG_ID = "validate"


def build_validate_dag(feeds: Sequence[str], schedule: str | None = None) -> DAG:
    """Give the DAG validate; `feeds` are the names offered in its form, `schedule` a cron expression."""
    with DAG(
        dag_id=DAG_ID,
        description="Looks at tables without loading: gaps, unusual days, keys, and what the ledger says",
        schedule=schedule,
        start_date=datetime(2024, 1, 1),
        catchup=False,
        default_args=task_defaults(retries=3, retry_delay_seconds=30),
        params=_params(feeds),
        tags=["sfetl"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        listed = ListFeedsOperator(task_id="feeds")
        validated = ValidateTableOperator.partial(
            task_id="validate", map_index_template="{{ feed_name }}", max_active_tis_per_dagrun=4
        ).expand(feed_name=listed.output)
        # A teardown runs whatever happened and does not count for the run's state: a failed run stays red.
        validated >> ReportTablesOperator(task_id="report", feeds=listed.output).as_teardown()
    return dag


def _params(feeds: Sequence[str]) -> dict[str, Param]:
    return {
        "feeds": some_feeds_param(feeds, "Whose tables; all without any"),
        "table": _text("Table", "Only feeds with such a table: SALES_*, DEMO.PUBLIC.*"),
        **_what_params(),
        **_how_params(),
    }


def _what_params() -> dict[str, Param]:
    return {
        "months": _text("Months", "As 2024-01 or 2024-01, 2024-03..2024-05; all without any"),
        "first_day": _text("From", "Instead of months: look at days from this one on, as 2024-01-05"),
        "last_day": _text("To", "Look at days up to this one"),
        "rules": Param(
            False,
            type="boolean",
            title="Rules",
            description="Check qc.rules too; the scan then reads their columns",
        ),
        "keys": Param(
            False,
            type="boolean",
            title="Keys",
            description="Look for duplicates of qc.key too, with a second query for each table",
        ),
        "key": _text("Key", "Look for duplicates of these columns, instead of qc.key: a,b"),
    }


def _how_params() -> dict[str, Param]:
    return {
        "view": Param(
            "executive",
            type="string",
            enum=["executive", "technical", "audit"],
            title="View",
            description="Of the report of all tables: a line each; everything; who changed what",
        ),
        "fail_on": Param(
            "CRITICAL",
            type="string",
            enum=["CRITICAL", "WARNING", "INFO"],
            title="Fail on",
            description="The least severe finding that fails a table's task",
        ),
    }


def _text(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], title=title, description=description)


_DOCUMENTATION = """
Looks at feeds' tables and changes nothing: rows of each month and day, gaps, unusual days, rows without date,
and whether each month is what the ledger says was published. A task for each feed; it fails when something is
CRITICAL, or as severe as *fail on* says. Its log has everything; JSON and an HTML page lie in the folder of
reports. Task **report** joins them: all tables on one page, and as JSON, CSV and Excel.
"""
