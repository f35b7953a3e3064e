"""The feed's own rules as SQL over one file, and the way back from its answers to counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, cast

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import RuleConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.expression.duckdb_text import DuckdbText, FileNames
from sfetl_provider.core.expression.tree import Aggregate, Node, aggregates
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import BadLine, RuleCount
from sfetl_provider.core.qc.rider import Found
from sfetl_provider.core.qc.shared_columns import SharedColumns, other_markers


@dataclass(frozen=True)
class Rule:
    """A rule whose text is read."""

    config: RuleConfig
    tree: Node
    aggregates: tuple[Aggregate, ...]


def rules_of(config: FeedConfig) -> tuple[Rule, ...]:
    """Read the rules of a feed; costs a quarter of a second once, nothing when there are none."""
    trees = [(rule, rule.tree(config.column_kinds)) for rule in config.qc.rules]
    return tuple(Rule(rule, tree, aggregates(tree)) for rule, tree in trees)


class _Answers(NamedTuple):
    """At which places the values of one rule stand; None: there is nothing to count."""

    violations: int | None
    unreadable: int | None
    parts: tuple[tuple[int, ...], ...]


class RuleScan:
    """The rider for the feed's own rules."""

    field = "rules"

    def __init__(self, config: FeedConfig, month: Month, shared: SharedColumns) -> None:
        self.rules = rules_of(config)
        self.aggregates: list[str] = []
        # Bound by the scan, which asks for the same date.
        bound: dict[tuple[type, object], str] = {(str, strptime_format(config.date_format)): "date_format"}
        self._text = DuckdbText(_names(config, month), shared.name, bound=bound)
        self._answers = [self._place(rule) for rule in self.rules]

    @property
    def binds(self) -> dict[str, Any]:
        """The values that the SQL binds."""
        return self._text.binds

    def computed(self, rule: Rule) -> str:
        """Give everything that is computed of one rule, as a list of aggregates."""
        answers = self._answers[self.rules.index(rule)]
        places = [
            answers.violations,
            answers.unreadable,
            *(place for part in answers.parts for place in part),
        ]
        return ", ".join(self.aggregates[place] for place in places if place is not None)

    def counts(self, values: Sequence[Any]) -> tuple[RuleCount, ...]:
        """Give each rule's counts from the values of `aggregates`, in their order."""

        def value(place: int | None) -> Any:
            return 0 if place is None else values[place]

        return tuple(
            RuleCount(
                name=rule.config.name,
                violations=int(value(answers.violations) or 0),
                unreadable=int(value(answers.unreadable) or 0),
                parts=tuple(tuple(_decimal(value(place)) for place in part) for part in answers.parts),
                samples=(),
            )
            for rule, answers in zip(self.rules, self._answers, strict=True)
        )

    def broken(self, found: Found) -> dict[str, str]:
        """Give the condition that a record breaks the rule, for each rule that some break."""
        counts = zip(self.rules, cast("tuple[RuleCount, ...]", found), strict=True)
        return {count.name: self._text.violated(rule.tree) for rule, count in counts if count.violations}

    def with_samples(self, found: Found, samples: Mapping[str, tuple[BadLine, ...]]) -> Found:
        """Put the quoted records into the counts of their rules."""
        return tuple(
            count.model_copy(
                update={
                    "samples": tuple(
                        bad.model_copy(update={"reason": f"breaks rule {count.name}"})
                        for bad in samples.get(count.name, ())
                    )
                }
            )
            for count in cast("tuple[RuleCount, ...]", found)
        )

    def _place(self, rule: Rule) -> _Answers:
        is_condition = rule.config.condition is not None
        unreadable = self._text.unreadable(rule.tree)
        return _Answers(
            self._count(self._text.violated(rule.tree)) if is_condition else None,
            self._count(unreadable) if unreadable else None,
            tuple(
                tuple(self._placed(part) for part in self._text.parts(aggregate))
                for aggregate in rule.aggregates
            ),
        )

    def _count(self, condition: str) -> int:
        return self._placed(f"count_if({condition})")

    def _placed(self, sql: str) -> int:
        if sql not in self.aggregates:
            self.aggregates.append(sql)
        return self.aggregates.index(sql)


def _names(config: FeedConfig, month: Month) -> FileNames:
    days = month.days()
    return FileNames(
        columns={name: f"c{index}" for index, name in enumerate(config.column_names)},
        null_markers=other_markers(config.format.null_markers),
        date_format=_format(config.format.date_format),
        timestamp_format=_format(config.format.timestamp_format),
        facts={"month_first_day": days[0], "month_last_day": days[-1], "month_days": len(days)},
    )


def _format(snowflake_format: str) -> str:
    # A format that cannot be translated is used by no rule: reading the config has made sure of that.
    try:
        return strptime_format(snowflake_format)
    except ValueError:
        return ""


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
