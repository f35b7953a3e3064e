"""Great Expectations' own results and Data Docs, from what QC found; the only module that imports GX.

Importing GX takes seconds and 300 MB, so nothing imports this module before a suite has been run. GX's page needs
Bootstrap, jQuery, Vega and Font Awesome from six content networks. Here its sections stand in a page of our own
that loads nothing: the few classes that they use are styled in data_docs.css, and scripts are not needed.
Source: docs.greatexpectations.io/docs/core/configure_project_settings/configure_data_docs.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, DictLoader

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.suite import Suite, suite_of
from sfetl_provider.core.plan.names import file_key
from sfetl_provider.core.qc.expectation_findings import Judged, judged_suite
from sfetl_provider.core.qc.report import QcReport

# GX asks a server whether it may tell how it is used, unless it is told not to before it is imported.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView

INDEX = "index.html"
_NO_EXCEPTION = {"raised_exception": False, "exception_traceback": None, "exception_message": None}
_OWN_TEMPLATES = {
    "data_docs_page.html.j2": "data_docs_page.html.j2",
    "data_docs_index.html.j2": "data_docs_index.html.j2",
    "data_docs.css": "data_docs.css",
    "collapse.j2": "data_docs_collapse.html.j2",
}
_DEAD_LINK = re.compile(r'href="(\.\./)+[^"]*"')


class MonthResults(NamedTuple):
    """GX's results of a month: of all its files together, and of each file where only that could be judged."""

    feed: str
    month: str
    of_month: ExpectationSuiteValidationResult
    of_files: dict[str, ExpectationSuiteValidationResult]


def month_results(
    reports: Sequence[QcReport], config: FeedConfig, month: str, made_at: datetime
) -> MonthResults | None:
    """Give the results of a feed's suite; None when it has none, or when no file could be read."""
    suite = suite_of(config)
    judged = list(judged_suite(reports, suite)) if suite else []
    if suite is None or not judged:
        return None
    by_file = sorted(judged, key=lambda one: one.file)
    results = {
        file: _suite_result(list(group), suite, {"feed": config.feed, "month": month, "file": file}, made_at)
        for file, group in groupby(by_file, key=lambda one: one.file)
    }
    of_month = results.pop("", None) or _suite_result(
        [], suite, {"feed": config.feed, "month": month, "file": ""}, made_at
    )
    return MonthResults(config.feed, month, of_month, results)


def _suite_result(
    judged: Sequence[Judged], suite: Suite, about: dict[str, str], made_at: datetime
) -> ExpectationSuiteValidationResult:
    met = sum(one.judgement.is_met for one in judged)
    batch = {"data_asset_name": about["feed"], "batch_identifiers": {"month": about["month"]}}
    if about["file"]:
        batch["batch_identifiers"] = {**about}
    return ExpectationSuiteValidationResult(
        success=met == len(judged),
        results=[_result(one) for one in sorted(judged, key=lambda one: one.number)],
        suite_name=suite.name,
        suite_parameters={},
        statistics={
            "evaluated_expectations": len(judged),
            "successful_expectations": met,
            "unsuccessful_expectations": len(judged) - met,
            "success_percent": met / len(judged) * 100 if judged else None,
        },
        meta={
            "run_id": {"run_name": about["month"], "run_time": made_at.isoformat()},
            "active_batch_definition": batch,
            "sfetl": {**about, "judged": "file" if about["file"] else "month"},
        },
    )


def _result(judged: Judged) -> ExpectationValidationResult:
    expectation = judged.expectation
    return ExpectationValidationResult(
        success=judged.judgement.is_met,
        expectation_config=ExpectationConfiguration(
            type=expectation.type,
            kwargs=dict(expectation.kwargs),
            meta=expectation.meta or {},
            notes=expectation.notes,
            description=expectation.description,
            id=expectation.id,
            severity=FailureSeverity(expectation.severity),
        ),
        result=dict(judged.judgement.result),
        meta={"sfetl": {"samples": [{"file": file, **bad.to_json()} for file, bad in judged.samples]}},
        exception_info=dict(_NO_EXCEPTION),
    )


def write_data_docs(folder: Path, results: MonthResults) -> Path:
    """Write the month's results and page, and the index over all months of the folder; give the page's path.

    Leaves <month>.json, <month>.<file>.json for results of single files, <month>.html and index.html. What an
    earlier run left of the same month is replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{results.month}.*json"):
        old.unlink()
    for file, result in results.of_files.items():
        _write(folder / f"{results.month}.{file_key(file)}.json", _json(result))
    _write(folder / f"{results.month}.json", _json(results.of_month))
    view = _view()
    page = folder / f"{results.month}.html"
    _write(page, _page(view, results))
    index = view.env.get_template("data_docs_index.html.j2")
    _write(folder / INDEX, index.render(feed=results.feed, months=list(_months(folder))))
    return page


def _json(result: ExpectationSuiteValidationResult) -> str:
    document: dict[str, Any] = result.to_json_dict()  # type: ignore[no-untyped-call]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _view() -> Any:
    view = DefaultJinjaPageView()
    own = {
        name: (files(__package__) / file).read_text(encoding="utf-8") for name, file in _OWN_TEMPLATES.items()
    }
    # Vega draws graphs in the browser; here the numbers beside them must do.
    own["graph.j2"] = ""
    view.env.loader = ChoiceLoader([DictLoader(own), *([view.env.loader] if view.env.loader else [])])
    return view


def _page(view: Any, results: MonthResults) -> str:
    parts = [{"heading": "", "sections": _sections(results.of_month)}] if results.of_month.results else []
    parts += [
        {"heading": f"File {file}", "sections": _sections(result)}
        for file, result in results.of_files.items()
    ]
    template = view.env.get_template("data_docs_page.html.j2")
    title = f"{results.feed} {results.month}: expectations"
    # GX links to pages of its site that are not made here.
    return _DEAD_LINK.sub("", template.render(title=title, parts=parts))


def _sections(result: ExpectationSuiteValidationResult) -> list[Any]:
    shown = ExpectationSuiteValidationResult(
        success=bool(result.success),
        results=[_renderable(one) for one in result.results],
        suite_name=result.suite_name,
        suite_parameters={},
        statistics=dict(result.statistics),
        meta=dict(result.meta),
    )
    document = ValidationResultsPageRenderer().render(shown)
    return list(document.to_json_dict()["sections"])


def _renderable(one: ExpectationValidationResult) -> ExpectationValidationResult:
    """Give GX's renderer something to show for sets of distinct values, on whose counts it fails (1.24)."""
    result = one.result
    if "element_count" in result or not ({"unexpected_count", "missing_count"} & result.keys()):
        return one
    lists = {"other values": "partial_unexpected_list", "missing values": "partial_missing_list"}
    told = [
        f"{word}: {', '.join(map(str, result[name]))}" for word, name in lists.items() if result.get(name)
    ]
    return ExpectationValidationResult(
        success=one.success,
        expectation_config=one.expectation_config,
        result={"observed_value": "; ".join(told) or "the values of the set"},
        meta=one.meta,
        exception_info=one.exception_info,
    )


class _Month(NamedTuple):
    """A line of the index."""

    month: str
    suite: str
    is_met: bool
    met: int
    expectations: int


def _months(folder: Path) -> Iterator[_Month]:
    """Give each month that the folder holds results of, the latest first."""
    paths = sorted(folder.glob("*.json"), reverse=True)
    for month, group in groupby(paths, key=lambda path: path.name.partition(".")[0]):
        found = [json.loads(path.read_text(encoding="utf-8")) for path in group]
        yield _Month(
            month,
            found[0]["suite_name"],
            all(result["success"] for result in found),
            sum(result["statistics"]["successful_expectations"] for result in found),
            sum(result["statistics"]["evaluated_expectations"] for result in found),
        )
