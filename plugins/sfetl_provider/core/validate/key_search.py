"""Keys that stand more than once in a month of a table: those of the feed, or columns that a person names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.identifiers import resolve_identifier
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.validate.statements import keys_statement
from sfetl_provider.core.validate.table_facts import TableFacts


@dataclass(frozen=True)
class KeyCounts:
    """Keys that stand more than once, and their rows, by month; None where they were not looked at.

    `columns` are the key's as they were named, `problem` says why they were not looked at although asked for.
    """

    counts: Mapping[str, tuple[int, int]] | None
    columns: tuple[str, ...] = ()
    query_ids: tuple[str, ...] = ()
    problem: str = ""

    def of(self, month: str) -> tuple[int | None, int | None]:
        """Give a month's counts."""
        return (None, None) if self.counts is None else self.counts.get(month, (0, 0))


def read_key(text: str | None) -> tuple[str, ...]:
    """Read the columns that a person names, as "order_id, line"; raises ConfigError for what is no name."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    try:
        return tuple(dict.fromkeys(resolve_identifier(name) for name in names))
    except ValueError as error:
        raise ConfigError(f"{error}.", safe="Nothing was done.") from None


def search_keys(
    warehouse: Warehouse, config: FeedConfig, facts: TableFacts, named: Sequence[str], months: Sequence[Month]
) -> KeyCounts:
    """Look for duplicates of the columns named, or of the feed's key without any, with one query for all months.

    The warehouse spills what does not fit its memory.
    """
    key = tuple(named) or config.qc.key
    problem = _problem(config, facts, key)
    if problem or not months:
        return KeyCounts(None, key, problem=problem)
    statement = keys_statement(config, facts, [config.target_of(name) for name in key], months)
    result = warehouse.query(statement.text, statement.binds)
    counts = {str(month): (int(str(keys)), int(str(rows))) for month, keys, rows in result.rows}
    return KeyCounts(counts, key, (result.query_id,))


def key_problem_findings(keys: KeyCounts) -> Iterator[Finding]:
    """Say why keys were not looked at: a WARNING when there is a key."""
    if keys.problem:
        text = f"Keys were not compared: {keys.problem}."
        yield Finding(severity="WARNING" if keys.columns else "INFO", code="keys_not_compared", message=text)


def _problem(config: FeedConfig, facts: TableFacts, key: Sequence[str]) -> str:
    if not key:
        return "the feed has no qc.key"
    if altered := [name for name in key if name in config.altered_columns]:
        return f"the table holds {', '.join(altered)} masked or computed"
    absent = [name for name in key if config.target_of(name) not in facts.columns]
    return f"the table has no column {', '.join(absent)}" if absent else ""
