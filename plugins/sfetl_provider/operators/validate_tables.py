"""Validating feeds' tables, a task each, and one report of all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError, SfetlError
from sfetl_provider.core.plan.names import run_key, validation_path, validations_path
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.operators.named_feeds import named_feeds
from sfetl_provider.settings import find_feed, read_settings

if TYPE_CHECKING:
    from sfetl_provider.core.report.validation_text import View
    from sfetl_provider.core.validate.records import TableValidation
    from sfetl_provider.core.validate.wanted import Wanted

_NO_RECORD = "its task wrote nothing; its log in task validate says why"


class ListFeedsOperator(BaseOperator):
    """Gives the feeds whose tables the run is about: of parameters `feeds` and `table`, or all configured ones."""

    def execute(self, context: Context) -> list[str]:
        """Return their names; raises ConfigError for one that is not configured, or when none is left.

        Months, days and columns that cannot be read fail here, once, and not in the task of each table.
        """
        # Imported late: every task parses the DAG file.
        from sfetl_provider.core.validate.tables import choose_feeds

        params = context["params"]
        read_params(params, SystemClock().now().date())
        chosen = choose_feeds(named_feeds(params["feeds"], self.log), params["table"])
        if not chosen:
            raise ConfigError(
                "There is no usable feed with such a table.",
                next_step="Correct the parameters or the configs.",
            )
        return [feed.feed for feed in chosen]


class ValidateTableOperator(BaseOperator):
    """Looks at a feed's table without loading; writes JSON and a technical HTML page below `reports_dir`.

    Changes nothing in Snowflake. Doing it again writes the same files anew. A table that cannot be looked at is
    written down too, so that the run's report names it.
    """

    template_fields = ("feed_name",)

    def __init__(self, *, feed_name: str, **options: Any) -> None:
        super().__init__(**options)
        self.feed_name = feed_name

    def execute(self, context: Context) -> dict[str, Any]:
        """Return where the reports lie, the verdict and how many findings there are.

        Fails, once, when one is of severity `fail_on` or severer, and when a retry cannot help.
        """
        # Imported late: every task parses the DAG file.
        from sfetl_provider.core.report.validation_text import headline, render_validations

        context["feed_name"] = self.feed_name  # type: ignore[typeddict-unknown-key]
        feed, wanted = find_feed(self.feed_name), read_params(context["params"], SystemClock().now().date())
        found = self._looked_at(context, feed, wanted)
        self.log.info("%s", render_validations([found], "technical"))
        path, page = self._write(context, found)
        if found.is_refused(context["params"]["fail_on"]):
            raise AirflowFailException(f"{headline(found)}. All of it is in {page}.")
        findings = {str(severity): count for severity, count in found.severity_counts().items()}
        return {"report": str(path), "page": str(page), "verdict": found.verdict, **findings}

    def _looked_at(self, context: Context, feed: FeedConfig, wanted: Wanted) -> TableValidation:
        from sfetl_provider.core.validate.tables import not_looked_at
        from sfetl_provider.core.validate.validation import validate_table

        try:
            with hook_of(feed).open_session() as session:
                return validate_table(feed, wanted, session, SystemClock())
        except SfetlError as error:
            self._write(context, not_looked_at(feed, str(error), SystemClock()))
            raise

    def _write(self, context: Context, found: TableValidation) -> tuple[Path, Path]:
        from sfetl_provider.core.report.report_file import write_json, write_text
        from sfetl_provider.core.report.validation_page import render_page

        path = _path(context, found.feed)
        write_json(path, found.to_json())
        page = write_text(path.with_suffix(".html"), render_page([found], "technical"))
        self.log.info("Written: %s and %s", path, page)
        return path, page


class ReportTablesOperator(BaseOperator):
    """Joins the validations of a run's tables into one page, workbook, CSV and JSON, whatever became of them.

    A teardown, so that it cannot turn a failed run green. `feeds` are the names that `ListFeedsOperator` returned.
    """

    template_fields = ("feeds",)

    def __init__(self, *, feeds: Any, **options: Any) -> None:
        super().__init__(**options)
        self.feeds = feeds

    def execute(self, context: Context) -> dict[str, Any]:
        """Return where the report lies and the number of tables by verdict."""
        # Imported late: every task parses the DAG file.
        from sfetl_provider.core.report.validation_text import render_validations, summary_line

        found = [self._found(name, context) for name in self.feeds or ()]
        path = validations_path(read_settings().reports_dir, _run_key(context))
        self._write(path, found, context)
        self.log.info("%s", render_validations(found, "executive"))
        return {"report": str(path), "page": str(path.with_suffix(".html")), "tables": summary_line(found)}

    def _found(self, name: str, context: Context) -> TableValidation:
        from sfetl_provider.core.validate.records import TableValidation
        from sfetl_provider.core.validate.tables import not_looked_at

        path = _path(context, name)
        if not path.exists():
            return not_looked_at(find_feed(name), _NO_RECORD, SystemClock())
        return TableValidation.from_json(json.loads(path.read_text(encoding="utf-8")))

    def _write(self, path: Path, found: list[TableValidation], context: Context) -> None:
        from sfetl_provider.core.report.report_file import write_json, write_text
        from sfetl_provider.core.report.sheet import sheet_csv
        from sfetl_provider.core.report.validation_page import render_page
        from sfetl_provider.core.report.validation_sheets import validation_sheets
        from sfetl_provider.core.report.validation_text import summary_line
        from sfetl_provider.core.report.workbook import write_sheets

        view: View = context["params"]["view"]
        pages = {one.feed: _path(context, one.feed).with_suffix(".html") for one in found}
        links = {feed: os.path.relpath(page, path.parent) for feed, page in pages.items() if page.exists()}
        write_json(path, [validation.to_json() for validation in found])
        write_text(path.with_suffix(".html"), render_page(found, view, links))
        write_text(path.with_suffix(".csv"), sheet_csv(validation_sheets(found, view)[0]))
        write_sheets(path.with_suffix(".xlsx"), summary_line(found), validation_sheets(found, view))
        self.log.info("Written: %s, and the same as .html, .csv and .xlsx", path)


def read_params(params: Mapping[str, Any], today: date) -> Wanted:
    """Read what a run is asked to look at; raises what `read_wanted` raises."""
    from sfetl_provider.core.validate.wanted import Asked, read_wanted

    asked = Asked(
        months=params["months"],
        first_day=params["first_day"],
        last_day=params["last_day"],
        key=params["key"],
        has_rules=params["rules"],
        has_keys=params["keys"],
        has_ledger=params["view"] == "audit",
    )
    return read_wanted(asked, today)


def _path(context: Context, feed: str) -> Path:
    return validation_path(read_settings().reports_dir, feed, _run_key(context))


def _run_key(context: Context) -> str:
    run = context["dag_run"]
    return run_key(run.dag_id, run.run_id)
