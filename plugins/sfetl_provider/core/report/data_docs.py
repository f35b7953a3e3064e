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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from html import escape
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import ChoiceLoader, DictLoader, pass_context

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.suite import Suite, suite_of
from sfetl_provider.core.plan.names import file_key
from sfetl_provider.core.qc.expectation_findings import Judged, judged_suite
from sfetl_provider.core.qc.report import QcReport

# GX asks a server whether it may tell how it is used, unless it is told not to before it is imported.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView

INDEX = "index.html"
_RESULTS = "[0-9][0-9][0-9][0-9]-[0-9][0-9].*json"
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
    asset = " ".join(filter(None, about.values()))
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
            "great_expectations_version": great_expectations.__version__,
            "batch_spec": {"data_asset_name": asset},
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
    earlier run left of the same month is replaced. Other runs may write other months at the same time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {folder / f"{results.month}.json": results.of_month}
    for file, result in results.of_files.items():
        written[folder / f"{results.month}.{file_key(file)}.json"] = result
    for path, result in written.items():
        _write(path, _json(result))
    for old in set(folder.glob(f"{results.month}.*json")) - written.keys():
        old.unlink(missing_ok=True)
    view = _view()
    page = folder / f"{results.month}.html"
    _write(page, _page(view, results))
    _write_index(folder, view, results.feed)
    return page


def _write_index(folder: Path, view: Any, feed: str) -> None:
    """Write the index once more whenever results came or went meanwhile: of several runs the last one is right."""
    template, seen = view.env.get_template("data_docs_index.html.j2"), None
    while (found := _stamps(folder)) != seen:
        _write(folder / INDEX, template.render(feed=feed, months=list(_months(sorted(found, reverse=True)))))
        seen = found


def _stamps(folder: Path) -> dict[Path, int]:
    """Give the folder's results and when each was written."""
    stamps = {}
    for path in folder.glob(_RESULTS):
        # Another run of the same month may have removed it.
        with suppress(FileNotFoundError):
            stamps[path] = path.stat().st_mtime_ns
    return stamps


def _json(result: ExpectationSuiteValidationResult) -> str:
    document: dict[str, Any] = result.to_json_dict()  # type: ignore[no-untyped-call]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


class _EscapingView(DefaultJinjaPageView):
    """GX (1.24) puts a text that is a table's cell into the page as it is; those here may come from a file."""

    @pass_context
    def render_content_block(self, jinja_context: Any, content_block: Any, *more: Any, **options: Any) -> Any:
        """Render a block as GX does, but texts escaped."""
        return super().render_content_block(jinja_context, _escaped(content_block), *more, **options)


def _escaped(block: Any) -> Any:
    if isinstance(block, list):
        return [_escaped(one) for one in block]
    if isinstance(block, dict) and block.get("content_block_type") is None:
        return escape(str(block))
    return escape(block) if isinstance(block, str) else block


def _view() -> Any:
    view = _EscapingView()
    own = {
        name: (files(__package__) / file).read_text(encoding="utf-8") for name, file in _OWN_TEMPLATES.items()
    }
    # Vega draws graphs in the browser; here the numbers beside them must do.
    own["graph.j2"] = ""
    view.env.loader = ChoiceLoader([DictLoader(own), *([view.env.loader] if view.env.loader else [])])
    return view


def _page(view: Any, results: MonthResults) -> str:
    every = [
        one.to_json_dict()
        for result in (results.of_month, *results.of_files.values())
        for one in result.results
    ]
    parts = [{"heading": "", "sections": _sections(results.of_month)}] if results.of_month.results else []
    parts += [
        {"heading": f"File {file}", "sections": _sections(result)}
        for file, result in results.of_files.items()
    ]
    template = view.env.get_template("data_docs_page.html.j2")
    title = f"{results.feed} {results.month}: expectations"
    # GX links to pages of its site that are not made here.
    return _DEAD_LINK.sub("", template.render(title=title, parts=parts, not_met=_not_met(every)))


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
    """Give GX's renderer (1.24) what it can show: it fails on sets of distinct values and runs pairs together."""
    result = one.result
    if "element_count" in result:
        return _with_result(one, {**result, "partial_unexpected_counts": _readable_counts(result)})
    if not ({"unexpected_count", "missing_count"} & result.keys()):
        return one
    lists = {"other values": "partial_unexpected_list", "missing values": "partial_missing_list"}
    told = [
        f"{word}: {', '.join(map(str, result[name]))}" for word, name in lists.items() if result.get(name)
    ]
    return _with_result(one, {"observed_value": "; ".join(told) or "the values of the set"})


def _readable_counts(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**counted, "value": ", ".join("NULL" if one is None else str(one) for one in value)}
        if isinstance(value := counted["value"], list)
        else counted
        for counted in result.get("partial_unexpected_counts", [])
    ]


def _with_result(one: ExpectationValidationResult, result: dict[str, Any]) -> ExpectationValidationResult:
    return ExpectationValidationResult(
        success=one.success,
        expectation_config=one.expectation_config,
        result=result,
        meta=one.meta,
        exception_info=one.exception_info,
    )


class _Month(NamedTuple):
    """A line of the index; `not_met` says how many expectations of which severity were not."""

    month: str
    suite: str
    met: int
    expectations: int
    not_met: str


def _months(paths: Sequence[Path]) -> Iterator[_Month]:
    """Give each month whose results are among these, in their order."""
    for month, group in groupby(paths, key=lambda path: path.name.partition(".")[0]):
        if found := [document for path in group for document in _read(path)]:
            yield _Month(
                month,
                found[0]["suite_name"],
                sum(result["statistics"]["successful_expectations"] for result in found),
                sum(result["statistics"]["evaluated_expectations"] for result in found),
                _not_met([one for result in found for one in result["results"]]),
            )


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with suppress(FileNotFoundError):
        yield json.loads(path.read_text(encoding="utf-8"))


def _not_met(results: Sequence[dict[str, Any]]) -> str:
    counts = Counter(one["expectation_config"]["severity"] for one in results if not one["success"])
    named = [severity.value for severity in FailureSeverity]
    return ", ".join(f"{counts[name]} {name.upper()}" for name in named if counts[name])
