"""The table's types travel in the plan and replace those of the feed."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import StatementError
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.target_types import read_target_types, with_target_types
from tests.core.fakes import feed
from tests.core.plan.test_names import make_plan
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

FEED = feed(
    columns=[{"name": "id", "type": "FLOAT"}, "day", {"name": "note", "nullable": False}],
    qc={"target": "table"},
)


def _warehouse(*described: tuple[str, str, str]) -> ScriptedWarehouse:
    warehouse = ScriptedWarehouse()
    warehouse.answer("DESCRIBE TABLE", rows_of(*described, columns=("name", "type", "null?")))
    return warehouse


def test_the_feeds_columns_are_kept_by_type() -> None:
    warehouse = _warehouse(
        ("ID", "NUMBER(9,0)", "N"),
        ("DAY", "DATE", "Y"),
        ("LOADED_AT", "TIMESTAMP_LTZ(9)", "Y"),
        ("NOTE", "MAP(VARCHAR(9), NUMBER(38,0))", "Y"),
    )

    types = read_target_types(warehouse, make_plan().table, FEED)

    assert warehouse.statements == ['DESCRIBE TABLE "DB"."PUBLIC"."SA""LES"']
    assert types == {
        "NUMBER(9,0) NOT NULL": ("ID",),
        "DATE": ("DAY",),
        "MAP(VARCHAR(9), NUMBER(38,0))": ("NOTE",),
    }
    typed = with_target_types(FEED, types)
    assert [(column.name, column.type, column.nullable) for column in typed.columns] == [
        ("ID", "NUMBER(9,0)", False),
        ("DAY", "DATE", True),
        ("NOTE", None, False),
    ]


def test_a_missing_table_has_no_types_and_any_other_refusal_is_raised() -> None:
    warehouse = ScriptedWarehouse()
    refusals = [StatementError("refused", code=code) for code in (2003, 90_105)]
    warehouse.answer("DESCRIBE TABLE", *refusals)

    assert read_target_types(warehouse, make_plan().table, FEED) == {}
    with pytest.raises(StatementError, match="refused"):
        read_target_types(warehouse, make_plan().table, FEED)


def test_a_plan_of_300_typed_columns_stays_small() -> None:
    names = [f"COLUMN_{number}" for number in range(300)]
    types = ("VARCHAR(16777216)", "NUMBER(38,10)", "TIMESTAMP_NTZ(9)")
    described = [(name, types[number % 3], "NY"[number % 2]) for number, name in enumerate(names)]
    config = feed(columns=names, qc={"target": "table"})

    found = read_target_types(_warehouse(*described), make_plan().table, config)

    plan = make_plan().model_copy(update={"target_types": found})
    assert len(plan.model_dump_json()) < 6_000
    assert MonthPlan.from_json(plan.to_json()) == plan
    typed = with_target_types(config, plan.target_types)
    assert [(column.name, column.type, "YN"[not column.nullable]) for column in typed.columns] == described
