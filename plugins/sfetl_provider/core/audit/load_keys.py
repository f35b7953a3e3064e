"""Duplicate keys in the load table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sfetl_provider.core.audit.day_scan import Aggregates, DayScan
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.audit.row_samples import short
from sfetl_provider.core.audit.statements import keyless_count, keys_statement
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.qc.report import DateCounts, Finding

KEY_SAMPLES = 5


class LoadKeys(NamedTuple):
    """Keys that stand more than once: how many, in how many rows, and the most frequent with their rows."""

    duplicated_keys: int
    rows: int
    samples: tuple[tuple[int, tuple[str, ...]], ...]
    query_id: str

    def without(self, hidden: Collection[int]) -> LoadKeys:
        """Give the same with the values at these places of the key hidden."""
        samples = tuple(
            (rows, tuple("***" if at in hidden else value for at, value in enumerate(values)))
            for rows, values in self.samples
        )
        return self._replace(samples=samples)


class KeyCheck:
    """The check of the feed's key, when the month's quality is controlled in Snowflake; else it finds nothing."""

    def __init__(self, job: AuditJob, warehouse: Warehouse, aggregates: Aggregates) -> None:
        self.query_ids: tuple[str, ...] = ()
        self._job = job
        self._warehouse = warehouse
        self._key = job.config.qc.key if job.is_quality_control else ()
        self._keyless = aggregates.place(keyless_count(self._key)) if self._key else 0

    def findings(self, scan: DayScan, _: DateCounts) -> list[Finding]:
        """Look for keys that stand more than once, with a query of its own."""
        if not self._key:
            return []
        keys = find_duplicates(self._warehouse, self._job.load_table, self._key).without(self._hidden())
        self.query_ids = (keys.query_id,)
        return list(load_key_findings(keys, scan.total(self._keyless), self._job.config))

    def _hidden(self) -> frozenset[int]:
        return frozenset(at for at, name in enumerate(self._key) if name in self._job.hidden)


def find_duplicates(warehouse: Warehouse, load_table: TableName, key: Sequence[str]) -> LoadKeys:
    """Group the load table by its key; the warehouse spills what does not fit its memory."""
    result = warehouse.query(keys_statement(load_table, key, KEY_SAMPLES))
    samples = tuple((int(str(row[2])), tuple(str(value) for value in row[3:])) for row in result.rows)
    keys, rows = (int(str(total)) for total in result.rows[0][:2]) if result.rows else (0, 0)
    return LoadKeys(keys, rows, samples, result.query_id)


def load_key_findings(keys: LoadKeys, missing: int, config: FeedConfig) -> Iterator[Finding]:
    """Judge the keys: duplicates by `qc.key_severity`, rows that lack a value of the key as a WARNING."""
    named = f"key ({', '.join(config.qc.key)})"
    if missing:
        text = f"{missing:,} rows lack a value in the {named}; such keys equal no other."
        yield Finding(severity="WARNING", code="keys_missing", message=text)
    if not keys.duplicated_keys:
        return
    more = keys.duplicated_keys - len(keys.samples)
    listed = "; ".join(_sample(*sample) for sample in keys.samples) + (
        f"; and {more:,} more" if more > 0 else ""
    )
    text = (
        f"{counted(keys.duplicated_keys, 'value')} of the {named} more than "
        f"once, {counted(keys.rows - keys.duplicated_keys, 'row')} too many: {listed}."
    )
    yield Finding(severity=config.qc.key_severity, code="duplicate_keys", message=text)


def _sample(rows: int, values: tuple[str, ...]) -> str:
    return f"({', '.join(repr(short(value)) for value in values)}) {rows:,} times"
