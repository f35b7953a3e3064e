"""The feed's own rules over its table: counted in the scan by day, judged month by month as the audit does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfetl_provider.core.audit.day_scan import Aggregates, DayGroup
from sfetl_provider.core.audit.load_rules import (
    RuleCounter,
    formats_of,
    known_types,
    named_columns,
    table_rules,
)
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.expression.table_text import TableNames, TableText
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.qc.rule_findings import Counted, judge_rule
from sfetl_provider.core.qc.rule_scan import Rule
from sfetl_provider.core.validate.month_facts import month_facts
from sfetl_provider.core.validate.table_facts import TableFacts

_NO_FILE = 0
"""Of how many files the rows of a table came is not known, so no rule about each file can be judged."""


class OwnRules:
    """The rules that a table can be held against; what they need is put among the scan's aggregates."""

    def __init__(self, config: FeedConfig, facts: TableFacts, aggregates: Aggregates) -> None:
        judged, about_files = table_rules(config, _NO_FILE)
        self._rules = [rule for rule in judged if not _lacking(rule, config, facts)]
        self._unknown = [
            *((rule, "a table knows no files") for rule in about_files),
            *((rule, lacking) for rule in judged if (lacking := _lacking(rule, config, facts))),
        ]
        self._counter = RuleCounter(self._rules, _table_text(config, facts), aggregates)

    def not_checked(self) -> Iterator[Finding]:
        """Say which rules are not checked, and why."""
        if self._unknown:
            listed = "; ".join(f"{rule.config.name}, as {reason}" for rule, reason in self._unknown)
            yield Finding(severity="INFO", code="rules_not_checked", message=f"Not checked: {listed}.")

    def findings(self, month: Month, groups: Sequence[DayGroup], *, is_whole: bool) -> Iterator[Finding]:
        """Judge a month that has rows; aggregates only when all of its days were looked at."""
        counts = self._counter.counts([group.values for group in groups])
        inside = {group.day: group.rows for group in groups if group.day is not None}
        counted = Counted(f"{month} in the table", counts, inside, {})
        for rule in self._rules:
            if is_whole or rule.config.condition is not None:
                yield from judge_rule(rule, [counted], month)


def _lacking(rule: Rule, config: FeedConfig, facts: TableFacts) -> str:
    """Say why the table cannot answer for a rule's columns, '' when it can."""
    names = named_columns(rule)
    if altered := [name for name in names if name in config.altered_columns]:
        return f"the table holds {', '.join(altered)} masked or computed"
    absent = [name for name in names if config.target_of(name) not in facts.columns]
    return f"the table has no {', '.join(absent)}" if absent else ""


def _table_text(config: FeedConfig, facts: TableFacts) -> TableText:
    stored_as = {column.name: column.target_name for column in config.columns}
    types = known_types(facts.columns)
    columns = {name: types[target] for name, target in stored_as.items() if target in types}
    return TableText(TableNames(columns, formats_of(config), month_facts(config, facts.day), stored_as))
