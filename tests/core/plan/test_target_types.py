"""The table's types travel in the plan and replace those of the feed."""

from __future__ import annotations

from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.target_columns import TargetColumn
from sfetl_provider.core.plan.target_types import target_types, with_target_types
from tests.core.fakes import feed
from tests.core.plan.test_names import make_plan

FEED = feed(
    columns=[{"name": "id", "type": "FLOAT"}, "day", {"name": "note", "nullable": False}],
    qc={"target": "table"},
)


def _described(*columns: tuple[str, str, str]) -> list[TargetColumn]:
    return [TargetColumn(name, text, nullable == "N", False) for name, text, nullable in columns]


def test_the_feeds_columns_are_kept_by_type() -> None:
    described = _described(
        ("ID", "NUMBER(9,0)", "N"),
        ("DAY", "DATE", "Y"),
        ("LOADED_AT", "TIMESTAMP_LTZ(9)", "Y"),
        ("NOTE", "MAP(VARCHAR(9), NUMBER(38,0))", "Y"),
    )

    types = target_types(described, FEED)

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


def test_a_plan_of_300_typed_columns_stays_small() -> None:
    names = [f"COLUMN_{number}" for number in range(300)]
    types = ("VARCHAR(16777216)", "NUMBER(38,10)", "TIMESTAMP_NTZ(9)")
    described = [(name, types[number % 3], "NY"[number % 2]) for number, name in enumerate(names)]
    config = feed(columns=names, qc={"target": "table"})

    found = target_types(_described(*described), config)

    plan = make_plan().model_copy(update={"target_types": found})
    assert len(plan.model_dump_json()) < 6_000
    assert MonthPlan.from_json(plan.to_json()) == plan
    typed = with_target_types(config, plan.target_types)
    assert [(column.name, column.type, "YN"[not column.nullable]) for column in typed.columns] == described
