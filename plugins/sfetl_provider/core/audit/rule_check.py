"""The check of the feed's own rules in the load table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sfetl_provider.core.audit.day_scan import Aggregates, DayScan, Values, scan_whole
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.audit.load_rules import (
    RuleCounter,
    is_additive,
    named_columns,
    table_rules,
    table_text,
)
from sfetl_provider.core.audit.row_samples import sample_rows
from sfetl_provider.core.audit.statements import Wanted
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.qc.report import DateCounts, Finding, RuleCount
from sfetl_provider.core.qc.rule_findings import Counted, judge_rule
from sfetl_provider.core.qc.rule_scan import Rule


class _Counting(NamedTuple):
    """Rules, and what must be computed for them in one scan."""

    counter: RuleCounter
    aggregates: Aggregates


class RuleCheck:
    """Finds what breaks the rules; nothing when they are not checked here."""

    def __init__(self, job: AuditJob, warehouse: Warehouse, aggregates: Aggregates) -> None:
        self.query_ids: tuple[str, ...] = ()
        self._job = job
        self._warehouse = warehouse
        self._judged, self._unknown = table_rules(job.config, job.files) if job.has_rules else ((), ())
        self._countings = self._split(aggregates) if self._judged else ()

    def findings(self, scan: DayScan, dates: DateCounts) -> list[Finding]:
        """Judge every rule, with a second scan for those that need it, and a query for rows that break some."""
        by_day = [group.values for group in scan.groups]
        counts: list[RuleCount] = []
        for counting, groups in zip(self._countings, (by_day, []), strict=False):
            if counting.counter.rules:
                counts += counting.counter.counts(groups or [self._over_all_rows(counting)])
        month = self._job.plan.month_value
        counted = Counted(f"{month} in the load table", tuple(counts), dates.inside, self._quoted(counts))
        judged = (finding for rule in self._judged for finding in judge_rule(rule, [counted], month))
        return [*_not_checked(self._unknown), *judged]

    def _split(self, aggregates: Aggregates) -> tuple[_Counting, ...]:
        job = self._job
        text = table_text(job.config, job.plan.month_value, job.load_table, self._warehouse)
        by_day = [rule for rule in self._judged if is_additive(rule)]
        others, apart = [rule for rule in self._judged if not is_additive(rule)], Aggregates()
        return (
            _Counting(RuleCounter(by_day, text, aggregates), aggregates),
            _Counting(RuleCounter(others, text, apart), apart),
        )

    def _over_all_rows(self, counting: _Counting) -> Values:
        """Scan once more: for what does not add up over days, and for a table without any."""
        values, query_id = scan_whole(self._warehouse, self._job.load_table, counting.aggregates)
        self.query_ids += (query_id,)
        return values

    def _quoted(self, counts: Sequence[RuleCount]) -> dict[str, tuple[str, ...]]:
        broken = {count.name for count in counts if count.violations}
        shown = {rule.config.name: _shown(rule, self._job.hidden) for rule in self._judged}
        wanted = {
            rule.config.name: Wanted(counting.counter.broken(rule), shown[rule.config.name])
            for counting in self._countings
            for rule in counting.counter.rules
            if rule.config.name in broken and shown[rule.config.name]
        }
        quoted, query_ids = sample_rows(self._warehouse, self._job.load_table, wanted)
        self.query_ids += query_ids
        return quoted


def _shown(rule: Rule, hidden: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in named_columns(rule) if name not in hidden)


def _not_checked(rules: Sequence[Rule]) -> Iterator[Finding]:
    if rules:
        names = ", ".join(rule.config.name for rule in rules)
        text = f"Rules that are about each file were not checked, as the load table knows no files: {names}."
        yield Finding(severity="WARNING", code="rules_not_checked", message=text)
