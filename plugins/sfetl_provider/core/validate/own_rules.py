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
from sfetl_provider.core.audit.row_samples import sample_rows
from sfetl_provider.core.audit.statements import Wanted
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.expression.bound_sql import BoundSql, filled
from sfetl_provider.core.expression.table_text import TableNames, TableText
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.qc.report import Finding, RuleCount
from sfetl_provider.core.qc.rule_findings import Counted, judge_rule
from sfetl_provider.core.qc.rule_scan import Rule
from sfetl_provider.core.validate.day_span import DaySpan
from sfetl_provider.core.validate.month_facts import month_facts
from sfetl_provider.core.validate.table_facts import TableFacts
from sfetl_provider.core.validate.table_scan import TableScan

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
        self._config = config
        self._facts = facts
        self._quoted: dict[str, dict[str, tuple[str, ...]]] = {}

    def not_checked(self) -> Iterator[Finding]:
        """Say which rules are not checked, and why."""
        if self._unknown:
            listed = "; ".join(f"{rule.config.name}, as {reason}" for rule, reason in self._unknown)
            yield Finding(severity="INFO", code="rules_not_checked", message=f"Not checked: {listed}.")

    def quote(self, warehouse: Warehouse, months: Sequence[Month], scan: TableScan) -> tuple[str, ...]:
        """Ask for some rows that break each rule, of the newest month with any; gives the query's id.

        `months` have the days that were looked at. One query, none when no row breaks a rule. No value of a masked
        column is among them: a rule that names one is not checked.
        """
        found: dict[str, tuple[Month, Wanted]] = {}
        for month in months:
            counts = self._counts(list(scan.inside[str(month)].values()))
            broken = {count.name for count in counts if count.violations}
            found |= {
                rule.config.name: (month, self._wanted(rule, month))
                for rule in self._rules
                if rule.config.name in broken
            }
        wanted = {name: kind for name, (_, kind) in found.items()}
        quoted, query_ids = sample_rows(warehouse, self._facts.table, wanted)
        for name, rows in quoted.items():
            self._quoted.setdefault(str(found[name][0]), {})[name] = rows
        return query_ids

    def findings(self, month: Month, groups: Sequence[DayGroup], *, is_whole: bool) -> Iterator[Finding]:
        """Judge a month that has rows; aggregates only when all of its days were looked at."""
        inside = {group.day: group.rows for group in groups if group.day is not None}
        quoted = self._quoted.get(str(month), {})
        counted = Counted(f"{month} in the table", self._counts(groups), inside, quoted)
        for rule in self._rules:
            if is_whole or rule.config.condition is not None:
                yield from judge_rule(rule, [counted], month)

    def _counts(self, groups: Sequence[DayGroup]) -> tuple[RuleCount, ...]:
        return self._counter.counts([group.values for group in groups]) if groups else ()

    def _wanted(self, rule: Rule, month: Month) -> Wanted:
        days = DaySpan(month.first_day, month.days()[-1]).condition(self._facts.date_column)
        named = [self._config.target_of(name) for name in named_columns(rule)]
        condition = filled("{} AND {}", days or BoundSql("TRUE"), self._counter.broken(rule))
        return Wanted(condition, tuple(dict.fromkeys([self._facts.date_column, *named])))


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
