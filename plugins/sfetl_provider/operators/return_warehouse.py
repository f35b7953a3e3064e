"""Giving a warehouse back that a load made larger."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from sfetl_provider.core.compute.resizing import give_back
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.operators.feed_operator import hook_of


class ReturnWarehouseOperator(BaseOperator):
    """Ends what task `copy` of this run wanted of the warehouse: it gets its old size, unless others want more.

    Idempotent; the teardown of a load with `warehouse.resize`, whatever became of it. Should it not run either,
    the DAG maintenance does the same.
    """

    def __init__(self, *, feed: FeedConfig, **options: Any) -> None:
        super().__init__(**options)
        self.feed = feed

    def execute(self, context: Context) -> list[str]:
        """Return what was done, a sentence for each warehouse."""
        run = context["dag_run"]
        with hook_of(self.feed).open_session() as session:
            done = give_back(session, self.feed.table.database, run_key(run.dag_id, run.run_id))
        for sentence in done:
            self.log.info("%s", sentence)
        return list(done)
