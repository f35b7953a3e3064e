"""The check of the feed's suite in the load table, by Great Expectations' own SQL engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.config.suite import Expectation, Suite, suite_of
from sfetl_provider.core.config.table_suite import is_about_columns, stored_columns, table_kwargs
from sfetl_provider.core.ports import ExpectationAnswer, ExpectationEngine
from sfetl_provider.core.qc.expectation_findings import SEVERITIES, Judged, suite_finding
from sfetl_provider.core.qc.expectation_judgement import Judgement, judge
from sfetl_provider.core.qc.report import Finding


class _Asked(NamedTuple):
    """An expectation, its number in the suite from 1, and the arguments for the engine."""

    number: int
    expectation: Expectation
    kwargs: Mapping[str, Any]


def suite_findings(job: AuditJob, engine: ExpectationEngine) -> Iterator[Finding]:
    """Tell every expectation that is not met, with the severity that the suite gives it.

    One that could not be computed is told with that severity too; one that the engine does not have is a WARNING.
    """
    suite = suite_of(job.config)
    if suite is None:
        return
    subject = f"{job.plan.month} in the load table"
    asked, unknown = _split(suite)
    for judged in _of_columns(suite):
        if not judged.judgement.is_met:
            yield suite_finding(judged, suite.name, subject)
    for one, found in zip(asked, _answers(job, engine, asked), strict=True):
        answer = _without_values(found) if _is_hidden(one.expectation, found, job) else found
        if answer.error:
            yield _not_computed(
                one, f"{subject}: expectation {one.number} of suite {suite.name}", answer.error
            )
        elif not answer.is_met:
            judgement = Judgement(False, answer.result)
            yield suite_finding(Judged(one.number, one.expectation, judgement, "", ()), suite.name, subject)
    if unknown:
        text = f"Of suite {suite.name} were not checked: {'; '.join(unknown)}."
        yield Finding(severity="WARNING", code="expectations_not_checked", message=text)


def _is_hidden(expectation: Expectation, answer: ExpectationAnswer, job: AuditJob) -> bool:
    """Tell whether an answer may quote a masked column; an error may quote one of the row_condition too."""
    return bool(set(stored_columns(expectation)) & job.hidden) or bool(answer.error and job.hidden)


def _without_values(answer: ExpectationAnswer) -> ExpectationAnswer:
    """Keep counts only: values of a masked column, which Snowflake's errors quote as well, are not told."""
    counts = {key: value for key, value in answer.result.items() if key.endswith(("_count", "_percent"))}
    error = "Snowflake's message is not shown, as a column is masked" if answer.error else ""
    return ExpectationAnswer(answer.is_met, counts, error)


def _split(suite: Suite) -> tuple[list[_Asked], list[str]]:
    """Give what can be asked, and what cannot with the reason."""
    asked, unknown = [], []
    for number, expectation in enumerate(suite.expectations, start=1):
        if is_about_columns(expectation):
            continue
        try:
            asked.append(_Asked(number, expectation, table_kwargs(expectation)))
        except ValueError as error:
            unknown.append(f"{number} ({expectation.type}), {error}")
    return asked, unknown


def _of_columns(suite: Suite) -> Iterator[Judged]:
    for number, expectation in enumerate(suite.expectations, start=1):
        if is_about_columns(expectation):
            yield Judged(number, expectation, judge(expectation, {}), "", ())


def _answers(
    job: AuditJob, engine: ExpectationEngine, asked: Sequence[_Asked]
) -> Sequence[ExpectationAnswer]:
    if not asked:
        return ()
    table = job.load_table
    names = (table.database, table.schema_name, table.name)
    return engine.judge(names, [(one.expectation.type, one.kwargs) for one in asked])


def _not_computed(asked: _Asked, named: str, error: str) -> Finding:
    text = f"{named}: {asked.expectation.type} could not be computed: {error.rstrip('.')}."
    severity = SEVERITIES[asked.expectation.severity]
    return Finding(severity=severity, code="expectation_not_computed", message=text)
