"""What the counts of the feed's own rules mean for the month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import RuleConfig
from sfetl_provider.core.expression.evaluate import Number, evaluate, join, value_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import Finding, QcReport, RuleCount, Severity
from sfetl_provider.core.qc.rule_scan import Rule, rules_of

_TINY = Decimal("0.000001")


def rule_findings(reports: Sequence[QcReport], config: FeedConfig, month: Month) -> Iterator[Finding]:
    """Judge every rule: conditions for each file, aggregates for the month or each file, as `per` says.

    A condition that is neither true nor false counts as met, as in a CHECK of SQL. An aggregate without a value is
    told. A file that could not be read has no counts; what is wrong with it is said elsewhere.
    """
    read = [report for report in reports if report.rules]
    for rule in rules_of(config):
        if rule.config.condition is not None or rule.config.per == "file":
            groups = [[report] for report in read]
        else:
            groups = [read] if read and len(read) == len(reports) else []
        for group in groups:
            yield from _judge(rule, group, month)


def _judge(rule: Rule, reports: Sequence[QcReport], month: Month) -> Iterator[Finding]:
    counts = [next(count for count in report.rules if count.name == rule.config.name) for report in reports]
    subject = reports[0].file if len(reports) == 1 else str(month)
    unreadable = sum(count.unreadable for count in counts)
    if rule.config.condition is not None:
        if counts[0].violations:
            yield _finding(rule.config, subject, _violations(rule.config, counts[0]))
    elif unreadable:
        text = f"{_records(unreadable)} with a value that cannot be read as {rule.config.aggregate} takes it."
        yield _finding(rule.config, subject, text)
    else:
        yield from _bounds(rule, subject, _value(rule, counts, reports, month))


def _violations(rule: RuleConfig, count: RuleCount) -> str:
    text = f"{_records(count.violations)} not meeting {rule.condition}"
    if count.unreadable:
        text += f" ({count.unreadable:,} of them with a value that cannot be read as the rule takes it)"
    quoted = [f"line {bad.line} (byte {bad.byte_offset}): {bad.sample}" for bad in count.samples]
    more = f"; and {count.violations - len(quoted):,} more" if count.violations > len(quoted) else ""
    return f"{text}: {'; '.join(quoted)}{more}." if quoted else f"{text}."


def _value(rule: Rule, counts: Sequence[RuleCount], reports: Sequence[QcReport], month: Month) -> Number:
    values = {
        aggregate: value_of(aggregate.name, join(aggregate.name, [count.parts[at] for count in counts]))
        for at, aggregate in enumerate(rule.aggregates)
    }
    with_rows = {day for report in reports for day, rows in report.dates.inside.items() if rows}
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


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
