"""What the facts of the feed's suite mean for the month."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.suite import Expectation, Suite, suite_of
from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.expectation_joining import PER_FILE, joined
from sfetl_provider.core.qc.expectation_judgement import Judgement, judge
from sfetl_provider.core.qc.report import BadLine, Finding, QcReport, Severity

_SAMPLES = 5
_UNTOLD = ("row_condition", "condition_parser", "column", "column_A", "column_B", "batch_id", "result_format")
SEVERITIES: dict[str, Severity] = {severity.lower(): severity for severity in get_args(Severity)}


class Judged(NamedTuple):
    """An expectation's judgement; `file` is empty when it is one of all the month's files together."""

    number: int
    expectation: Expectation
    judgement: Judgement
    file: str
    samples: tuple[tuple[str, BadLine], ...]


def judged_suite(reports: Sequence[QcReport], suite: Suite) -> Iterator[Judged]:
    """Judge every expectation of a suite, for the month where files can be joined, else for each file.

    A file that could not be read has no facts; what is wrong with it is said elsewhere. The month as a whole is
    then not judged.
    """
    read = [report for report in reports if report.expectations]
    for at, expectation in enumerate(suite.expectations):
        if expectation.type in PER_FILE and len(reports) > 1:
            groups = [[report] for report in read]
        else:
            groups = [read] if read and len(read) == len(reports) else []
        for group in groups:
            facts = joined([report.expectations[at].facts for report in group])
            samples = [(report.file, bad) for report in group for bad in report.expectations[at].samples]
            is_file = len(reports) > 1 and len(group) == 1
            yield Judged(
                at + 1,
                expectation,
                judge(expectation, facts),
                group[0].file if is_file else "",
                tuple(samples[:_SAMPLES]),
            )


def expectation_findings(reports: Sequence[QcReport], config: FeedConfig, month: Month) -> Iterator[Finding]:
    """Tell every expectation that is not met, with the severity that the suite gives it."""
    suite = suite_of(config)
    if suite is None:
        return
    for judged in judged_suite(reports, suite):
        if not judged.judgement.is_met:
            subject = judged.file or (reports[0].file if len(reports) == 1 else str(month))
            yield suite_finding(judged, suite.name, subject)


def suite_finding(judged: Judged, suite: str, subject: str) -> Finding:
    """Tell an expectation of a suite that these records do not meet."""
    return Finding(
        severity=SEVERITIES[judged.expectation.severity],
        code=judged.expectation.type.replace("expect_", "expectation_", 1),
        message=f"{subject}: expectation {judged.number} of suite {suite}: {_text(judged)}",
    )


def _text(judged: Judged) -> str:
    expectation, result = judged.expectation, judged.judgement.result
    told = {name: value for name, value in expectation.kwargs.items() if name not in _UNTOLD}
    asked = ", ".join(f"{name} {_written(value)}" for name, value in told.items())
    named = [
        expectation.kwargs[name] for name in ("column", "column_A", "column_B") if name in expectation.kwargs
    ]
    where = expectation.kwargs.get("row_condition")
    parts = [
        expectation.type,
        f" of {', '.join(named)}" if named else "",
        f" ({asked})" if asked else "",
        f" where {_written(where)}" if where else "",
        f": {'; '.join(_observed(result))}" if result else "",
        *(f"; {file}, {bad.place}: {bad.sample}" for file, bad in judged.samples),
    ]
    return "".join(parts) + "."


def _observed(result: Mapping[str, Any]) -> Iterator[str]:
    if "element_count" in result:
        percent = result["unexpected_percent"]
        share = "" if percent is None else f" ({percent:.4g} %)"
        judged = result["element_count"] - result.get("missing_count", 0)
        yield f"{result['unexpected_count']:,} of {judged:,} unexpected{share}"
    elif "observed_value" in result and result["observed_value"] is not None:
        yield f"observed {_written(result['observed_value'])}"
    for name, word in (("partial_unexpected_list", "as"), ("partial_missing_list", "missing")):
        if values := result.get(name):
            more = " …" if len(values) > _SAMPLES else ""
            yield f"{word} {', '.join(_written(value) for value in values[:_SAMPLES])}{more}"
    details = result.get("details", {})
    if unreadable := details.get("unreadable"):
        yield f"{counted(unreadable, 'value')} that cannot be read as what it is about"
    if mismatched := details.get("mismatched"):
        yield f"differing: {_written(mismatched)}"


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
