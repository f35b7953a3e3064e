"""What the counts of the feed's own rules mean for the month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import RuleConfig
from sfetl_provider.core.counted import counted
from sfetl_provider.core.expression.evaluate import Number, evaluate, join, value_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import Finding, QcReport, RuleCount, Severity
from sfetl_provider.core.qc.rule_scan import Rule, rules_of

_TINY = Decimal("0.000001")


class Counted(NamedTuple):
    """Records over which rules were counted: what they are called, the counts, the rows of each day of the month.

    `quoted` has some of the records that break a rule, in words, by the rule's name.
    """

    subject: str
    rules: tuple[RuleCount, ...]
    inside: Mapping[date, int]
    quoted: Mapping[str, Sequence[str]]


def rule_findings(reports: Sequence[QcReport], config: FeedConfig, month: Month) -> Iterator[Finding]:
    """Judge every rule: conditions for each file, aggregates for the month or each file, as `per` says.

    A condition that is neither true nor false counts as met, as in a CHECK of SQL. An aggregate without a value is
    told. A file that could not be read has no counts; what is wrong with it is said elsewhere.
    """
    read = [_counted(report) for report in reports if report.rules]
    for rule in rules_of(config):
        if rule.config.condition is not None or rule.config.per == "file":
            groups = [[one] for one in read]
        else:
            groups = [read] if read and len(read) == len(reports) else []
        for group in groups:
            yield from judge_rule(rule, group, month)


def judge_rule(rule: Rule, parts: Sequence[Counted], month: Month) -> Iterator[Finding]:
    """Judge a rule over all of these records together; a condition over those of the first."""
    counts = [next(count for count in one.rules if count.name == rule.config.name) for one in parts]
    subject = parts[0].subject if len(parts) == 1 else str(month)
    unreadable = sum(count.unreadable for count in counts)
    if rule.config.condition is not None:
        if counts[0].violations:
            quoted = parts[0].quoted.get(rule.config.name, ())
            yield _finding(rule.config, subject, _violations(rule.config, counts[0], quoted))
    elif unreadable:
        records = counted(unreadable, "record")
        text = f"{records} with a value that cannot be read as {rule.config.aggregate} takes it."
        yield _finding(rule.config, subject, text)
    else:
        yield from _bounds(rule, subject, _value(rule, counts, parts, month))


def _counted(report: QcReport) -> Counted:
    quoted = {
        count.name: [f"line {bad.line} (byte {bad.byte_offset}): {bad.sample}" for bad in count.samples]
        for count in report.rules
    }
    return Counted(report.file, report.rules, report.dates.inside, quoted)


def _violations(rule: RuleConfig, count: RuleCount, quoted: Sequence[str]) -> str:
    text = f"{counted(count.violations, 'record')} not meeting {rule.condition}"
    if count.unreadable:
        text += f" ({count.unreadable:,} of them with a value that cannot be read as the rule takes it)"
    more = f"; and {count.violations - len(quoted):,} more" if count.violations > len(quoted) else ""
    return f"{text}: {'; '.join(quoted)}{more}." if quoted else f"{text}."


def _value(rule: Rule, counts: Sequence[RuleCount], parts: Sequence[Counted], month: Month) -> Number:
    values = {
        aggregate: value_of(aggregate.name, join(aggregate.name, [count.parts[at] for count in counts]))
        for at, aggregate in enumerate(rule.aggregates)
    }
    with_rows = {day for one in parts for day, rows in one.inside.items() if rows}
    facts = {"month_days": len(month.days()), "days_with_rows": len(with_rows)}
    return evaluate(rule.tree, values, facts)


def _bounds(rule: Rule, subject: str, value: Number) -> Iterator[Finding]:
    config = rule.config
    if value is None:
        text = f"{config.aggregate} has no value, so it is not judged: no records, or a division by zero."
        yield _finding(config, subject, text, "INFO")
    elif config.min is not None and value < Decimal(repr(config.min)):
        text = f"{config.aggregate} is {_written(value)}, and must be at least {config.min:g}."
        yield _finding(config, subject, text)
    elif config.max is not None and value > Decimal(repr(config.max)):
        text = f"{config.aggregate} is {_written(value)}, and must be at most {config.max:g}."
        yield _finding(config, subject, text)


def _finding(rule: RuleConfig, subject: str, text: str, severity: Severity | None = None) -> Finding:
    return Finding(
        severity=severity or rule.severity,
        code=f"rule_{rule.name}",
        message=f"{subject}: rule {rule.name}: {text}",
    )


def _written(value: Decimal) -> str:
    if value and abs(value) < _TINY:
        return f"{value:.3e}"
    text = f"{value:,.6f}"
    return text.rstrip("0").rstrip(".")
