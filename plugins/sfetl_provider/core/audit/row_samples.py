"""Rows of the load table that break a rule, in words; a load table knows no lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sfetl_provider.core.audit.statements import Wanted, samples_statement
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.ports import Warehouse

ROW_SAMPLES = 5
SAMPLED_RULES = 20
SAMPLED_COLUMNS = 8
_CHARACTERS = 60


def sample_rows(
    warehouse: Warehouse, load_table: TableName, wanted: Mapping[str, Wanted]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Give up to five rows of each of the first 20 kinds wanted, by their keys, and the query's id.

    One statement, nothing when nothing is wanted; the rows are any, in no order.
    """
    kinds = list(wanted.items())[:SAMPLED_RULES]
    if not kinds:
        return {}, ()
    shown = [kind._replace(columns=kind.columns[:SAMPLED_COLUMNS]) for _, kind in kinds]
    statement = samples_statement(load_table, shown, ROW_SAMPLES)
    result = warehouse.query(statement.text, statement.binds)
    quoted: dict[str, tuple[str, ...]] = {key: () for key, _ in kinds}
    for row in result.rows:
        at = int(str(row[0]))
        key = kinds[at][0]
        quoted[key] = (*quoted[key], _in_words(shown[at].columns, row[1:]))
    return quoted, (result.query_id,)


def short(value: str) -> str:
    """Cut a value that is too long to be shown."""
    return value if len(value) <= _CHARACTERS else f"{value[:_CHARACTERS]}…"


def _in_words(columns: Sequence[str], values: Sequence[object]) -> str:
    pairs = zip(columns, values, strict=False)
    return ", ".join(
        f"{name} {'NULL' if value is None else repr(short(str(value)))}" for name, value in pairs
    )
