"""Values that are computed of a row and cannot be read stop the publication before it touches anything."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.expression.bound_sql import BoundSql
from sfetl_provider.core.plan.names import load_table
from sfetl_provider.core.publish.computed_values import require_computable
from tests.core.load_samples import sample_plan
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

TABLE = load_table(sample_plan(), 1)
CONDITIONS = {"NET": BoundSql('"A" = ?', ("x",)), "GROSS": BoundSql('"B" IS NULL')}


def warehouse(*counts: int) -> ScriptedWarehouse:
    made = ScriptedWarehouse()
    made.answer("COUNT(CASE WHEN", rows_of(counts))
    return made


def test_every_column_with_such_rows_is_named_with_their_number() -> None:
    asked = warehouse(2_000, 0)

    with pytest.raises(PublishRefusedError, match="NET in 2,000 rows") as refused:
        require_computable(asked, TABLE, CONDITIONS)

    assert "GROSS" not in str(refused.value)
    assert asked.binds == [("x",)]


def test_without_such_rows_nothing_is_said_and_without_conditions_nothing_is_asked() -> None:
    silent = ScriptedWarehouse()

    require_computable(warehouse(0, 0), TABLE, CONDITIONS)
    require_computable(silent, TABLE, {})

    assert silent.statements == []
