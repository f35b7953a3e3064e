"""The doctor as a task: it runs where loads run, on a worker, with its network."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from sfetl_provider.core.doctor.examination import render_examination


class ExamineConnectionOperator(BaseOperator):
    """Goes the way to Snowflake step by step; fails, without a retry, with the step that failed and its remedy."""

    template_fields = ("snowflake_conn_id", "proxy_conn_id", "database")

    def __init__(
        self, *, snowflake_conn_id: str, proxy_conn_id: str = "", database: str = "", **options: Any
    ) -> None:
        super().__init__(**options)
        self.snowflake_conn_id = snowflake_conn_id
        self.proxy_conn_id = proxy_conn_id
        self.database = database

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the Examination."""
        # Imported late: the connector costs a second, and every task parses the DAG file.
        from sfetl_provider.hooks.snowflake import SfetlSnowflakeHook

        hook = SfetlSnowflakeHook(self.snowflake_conn_id, proxy_conn_id=self.proxy_conn_id or None)
        found = hook.examine(self.database or "")
        self.log.info("%s", render_examination(found))
        if failed := found.failed_step:
            raise AirflowFailException(f"{failed.name} failed: {failed.found} {failed.remedy}")
        return found.to_json()
