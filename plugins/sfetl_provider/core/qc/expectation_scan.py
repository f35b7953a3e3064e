"""The feed's suite of expectations as SQL over one file, and the way back from its answers to facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.suite import Expectation, suite_of
from sfetl_provider.core.qc.expectation_groups import GROUP_KINDS
from sfetl_provider.core.qc.expectation_measure import LONGEST_VALUE, Facts, Measure
from sfetl_provider.core.qc.expectation_records import RECORD_KINDS, Build
from sfetl_provider.core.qc.expectation_text import ExpectationText
from sfetl_provider.core.qc.expectation_totals import TOTAL_KINDS
from sfetl_provider.core.qc.report import BadLine, ExpectationCount
from sfetl_provider.core.qc.rider import Ask, Found
from sfetl_provider.core.qc.shared_columns import SharedColumns

MEASURES: dict[str, Build] = {**RECORD_KINDS, **TOTAL_KINDS, **GROUP_KINDS}


class ExpectationScan:
    """The rider for the feed's suite.

    What expectations share is computed once: aggregates of the same text, and statements of the same text.
    """

    field = "expectations"

    def __init__(self, config: FeedConfig, shared: SharedColumns) -> None:
        suite = suite_of(config)
        self._expectations: tuple[Expectation, ...] = suite.expectations if suite else ()
        self._text = ExpectationText(config, shared)
        self._measures: list[Measure] = [
            MEASURES[expectation.type](expectation, self._text) for expectation in self._expectations
        ]
        computed = [sql for measure in self._measures for sql in measure.aggregates.values()]
        self.aggregates: list[str] = list(dict.fromkeys(computed))

    @property
    def binds(self) -> dict[str, Any]:
        """The values that the SQL binds."""
        return self._text.binds

    def tried(self) -> Iterator[tuple[str, str]]:
        """Give each expectation's name and aggregates, to be tried before a file is read."""
        for number, (expectation, measure) in enumerate(
            zip(self._expectations, self._measures, strict=True), start=1
        ):
            if measure.aggregates:
                computed = [*measure.aggregates.values(), *([measure.shown] if measure.shown else [])]
                yield f"Expectation {number} ({expectation.type})", ", ".join(computed)

    def asked(self, values: Sequence[Any], records: str, ask: Ask) -> list[Facts]:
        """Give the facts of each expectation, from the values of `aggregates` and its own statements."""
        computed = dict(zip(self.aggregates, values, strict=True))
        computed |= self._shown(computed, records, ask)
        answers: dict[str, Mapping[str, Any]] = {}
        return [self._facts(measure, computed, answers, records, ask) for measure in self._measures]

    def _shown(self, computed: Mapping[str, Any], records: str, ask: Ask) -> dict[str, Any]:
        """Give the unexpected values to show, by the SQL that computes them; in one pass if there are some."""
        wanted = {
            measure.shown: None
            for measure in self._measures
            if measure.shown and computed[measure.aggregates["unexpected"]]
        }
        if not wanted:
            return {}
        named = ", ".join(f"{sql} AS n{at}" for at, sql in enumerate(wanted))
        return dict(zip(wanted, ask(f"SELECT {named} FROM {records}").values(), strict=True))

    def counts(self, values: Sequence[Any]) -> tuple[ExpectationCount, ...]:
        """Give the record of each expectation's facts."""
        return tuple(
            ExpectationCount(facts={name: _shortened(value) for name, value in facts.items()})
            for facts in values
        )

    def broken(self, found: Found) -> dict[str, str]:
        """Give the condition that a record is unexpected, for each expectation that has some and can tell."""
        counts = cast("tuple[ExpectationCount, ...]", found)
        conditions = {
            str(at): measure.broken(count.facts)
            for at, (measure, count) in enumerate(zip(self._measures, counts, strict=False))
            if count.facts.get("unexpected")
        }
        return {key: condition for key, condition in conditions.items() if condition}

    def with_samples(self, found: Found, samples: Mapping[str, tuple[BadLine, ...]]) -> Found:
        """Put the quoted records beside the facts of their expectations."""
        return tuple(
            count.model_copy(
                update={
                    "samples": tuple(
                        bad.model_copy(update={"reason": f"unexpected by expectation {at + 1}"})
                        for bad in samples.get(str(at), ())
                    )
                }
            )
            for at, count in enumerate(cast("tuple[ExpectationCount, ...]", found))
        )

    def _facts(
        self,
        measure: Measure,
        computed: Mapping[str, Any],
        answers: dict[str, Mapping[str, Any]],
        records: str,
        ask: Ask,
    ) -> Facts:
        facts = {name: computed[sql] for name, sql in measure.aggregates.items()}
        if measure.shown:
            facts["values"] = computed.get(measure.shown)
        for query in measure.queries:
            statement = query(facts, records)
            if statement not in answers:
                answers[statement] = ask(statement)
            facts |= answers[statement]
        return facts


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_VALUE]
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    return value
