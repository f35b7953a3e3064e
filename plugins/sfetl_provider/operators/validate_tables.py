"""Validating feeds' tables, a task each."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.plan.month_list import read_months
from sfetl_provider.core.plan.names import run_key, validation_path
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.settings import find_feed, read_settings


class ListFeedsOperator(BaseOperator):
    """Gives the feeds whose tables the run is about: those of parameter `feeds`, or all that are configured."""

    def execute(self, context: Context) -> list[str]:
        """Return their names; raises ConfigError for one that is not configured, or when none is."""
        chosen = context["params"]["feeds"]
        if chosen:
            return [find_feed(name).feed for name in dict.fromkeys(chosen)]
        loaded = load_feeds(read_settings().configs_dir)
        for fault in loaded.faults:
            self.log.warning("Left out: %s", fault)
        if not loaded.feeds:
            raise ConfigError("There is no usable feed.", next_step="Correct the configs.")
        return [feed.feed for feed in loaded.feeds]


class ValidateTableOperator(BaseOperator):
    """Looks at a feed's table without loading; writes JSON and an HTML page below `reports_dir`.

    Changes nothing in Snowflake. Doing it again writes the same files anew.
    """

    template_fields = ("feed_name",)

    def __init__(self, *, feed_name: str, **options: Any) -> None:
        super().__init__(**options)
        self.feed_name = feed_name

    def execute(self, context: Context) -> dict[str, Any]:
        """Return where the reports lie and how many findings there are; fails, once, when one is CRITICAL."""
        # Imported late: every task parses the DAG file.
        from sfetl_provider.core.report.report_file import write_json, write_text
        from sfetl_provider.core.report.validation_page import render_validations
        from sfetl_provider.core.report.validation_text import headline, render_validation, severity_counts
        from sfetl_provider.core.validate.validation import ValidateJob, validate_table

        context["feed_name"] = self.feed_name  # type: ignore[typeddict-unknown-key]
        params, clock, feed = context["params"], SystemClock(), find_feed(self.feed_name)
        months = read_months(params["months"], clock.now().date()) if params["months"] else ()
        with hook_of(feed).open_session() as session:
            found = validate_table(ValidateJob(feed, months, bool(params["keys"])), session, clock)
        self.log.info("%s", render_validation(found))
        run = context["dag_run"]
        path = validation_path(read_settings().reports_dir, feed.feed, run_key(run.dag_id, run.run_id))
        write_json(path, found.to_json())
        page = write_text(path.with_suffix(".html"), render_validations([found]))
        self.log.info("Written: %s and %s", path, page)
        if found.is_critical:
            raise AirflowFailException(f"{headline(found)}. All of it is in {page}.")
        return {"report": str(path), "page": str(page), **severity_counts(found)}
