"""The target held against the config: what is made, what is left out, what is refused with all differences."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import StatementError, TargetTableError
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.table_change import change_query_ids, changes_of_task, widen_columns
from sfetl_provider.core.plan.target_table import settle_target
from tests.core.fakes import feed
from tests.core.scripted_warehouse import MemoryCheckpoints, ScriptedWarehouse, rows_of

COLUMNS = ("name", "type", "null?", "default")
MISSING = StatementError("Object does not exist", code=2003)
Described = tuple[tuple[str, str, str, str | None], ...]
TODAY: Described = (("ID", "NUMBER(9,0)", "N", None), ("DAY", "DATE", "Y", None))
TARGET = TableName(database="DEMO", schema_name="PUBLIC", name="FLIGHTS")
NOTE = {"name": "note", "target": "remark", "type": "VARCHAR(20)"}


def warehouse(*states: Described | StatementError) -> ScriptedWarehouse:
    scripted = ScriptedWarehouse()
    answers = (
        state if isinstance(state, StatementError) else rows_of(*state, columns=COLUMNS) for state in states
    )
    scripted.answer("DESCRIBE TABLE", *answers)
    scripted.answer("ALTER TABLE", rows_of())
    return scripted


def table(**changes: object) -> dict[str, object]:
    return {"database": "demo", "schema": "public", "name": "flights", **changes}


def test_a_table_that_fits_is_left_alone_and_columns_of_its_own_are_told() -> None:
    described = (*TODAY, ("NR", "NUMBER(9,0)", "N", "IDENTITY START 1"), ("CITY", "VARCHAR(9)", "Y", None))
    scripted = warehouse(described)

    settled = settle_target(scripted, MemoryCheckpoints(), feed(columns=["id", "day"]))

    assert settled.types == {"NUMBER(9,0) NOT NULL": ("ID",), "DATE": ("DAY",)}
    assert (settled.unpublished, settled.changes, len(scripted.statements)) == ((), (), 1)
    (remark,) = settled.remarks
    assert remark.startswith("NR, CITY: the feed does not fill")


def test_all_differences_are_refused_together() -> None:
    described = (*TODAY, ("KEY", "NUMBER(9,0)", "N", None), ("HOUR", "TIME(9)", "Y", None))
    config = feed(
        columns=["id", "day", "hour", NOTE, {"name": "who", "target": "id2"}],
        publish={"columns": [{"name": "late", "value": "id > 3"}, {"name": "at", "value": "hour > 3"}]},
    )

    with pytest.raises(TargetTableError) as caught:
        settle_target(warehouse(described), MemoryCheckpoints(), config)

    assert caught.value.what.splitlines()[1:] == [
        "- the table has no column REMARK, ID2, LATE, AT",
        "- column KEY of the table is NOT NULL without a default, and the feed does not fill it",
    ]
    assert 'ADD COLUMN IF NOT EXISTS "REMARK" VARCHAR(20);' in caught.value.next_step


def test_missing_columns_are_added_by_their_types_and_still_told_when_the_task_runs_again() -> None:
    after = (*TODAY, ("REMARK", "VARCHAR(20)", "Y", None))
    scripted, checkpoints = warehouse(TODAY, after), MemoryCheckpoints()
    config = feed(columns=["id", "day", NOTE], table=table(schema_changes="add_columns"))

    settled = settle_target(scripted, checkpoints, config)

    (change,) = settled.changes
    assert change.statement == (
        'ALTER TABLE "DEMO"."PUBLIC"."FLIGHTS" ADD COLUMN IF NOT EXISTS "REMARK" VARCHAR(20)'
    )
    assert settled.types["VARCHAR(20)"] == ("NOTE",)
    assert change_query_ids(settled.changes) == {"add_column": ("q2",)}
    again = settle_target(scripted, checkpoints, config)
    assert (again.changes, len(scripted.asked("ALTER"))) == (settled.changes, 1)


def test_a_change_that_a_task_died_after_is_told_and_one_that_was_refused_is_not() -> None:
    scripted, checkpoints = warehouse((("A", "VARCHAR(5)", "Y", None),)), MemoryCheckpoints()
    scripted.answer("ALTER TABLE", KeyboardInterrupt(), StatementError("no", code=3001))
    with pytest.raises(KeyboardInterrupt):
        widen_columns(scripted, checkpoints, TARGET, {"A": 27})
    (noted,) = changes_of_task(scripted, checkpoints).made
    assert (noted.column, noted.query_id, change_query_ids([noted])) == ("A", "", {})
    with pytest.raises(StatementError):
        widen_columns(scripted, checkpoints, TARGET, {"A": 27})
    assert changes_of_task(scripted, checkpoints).made == ()


def test_a_column_without_a_type_is_not_added() -> None:
    config = feed(columns=["id", "day", "note"], table=table(schema_changes="add_columns"))

    with pytest.raises(TargetTableError, match="no type to add it with"):
        settle_target(warehouse(TODAY), MemoryCheckpoints(), config)


def test_ignored_columns_of_the_file_are_left_out_and_the_date_column_never() -> None:
    config = feed(columns=["id", "day", NOTE], table=table(schema_changes="ignore"))

    settled = settle_target(warehouse(TODAY), MemoryCheckpoints(), config)

    assert settled.unpublished == ("NOTE",)
    assert "REMARK" in settled.remarks[0]
    with pytest.raises(TargetTableError, match="no column DAY"):
        settle_target(warehouse(TODAY[:1]), MemoryCheckpoints(), config)


def test_a_missing_table_is_made_from_the_config_or_named_with_its_statement() -> None:
    columns = [{"name": "id", "type": "NUMBER(9,0)", "nullable": False}, {"name": "day", "type": "DATE"}]
    made = '(\n  "ID" NUMBER(9,0) NOT NULL,\n  "DAY" DATE\n)'
    statement = f'CREATE TABLE IF NOT EXISTS "DEMO"."PUBLIC"."FLIGHTS" {made}'
    scripted = warehouse(MISSING, TODAY)
    creating = feed(columns=columns, table=table(create=True, cluster_by=["day"]))

    settled = settle_target(scripted, MemoryCheckpoints(), creating)

    assert [change.statement for change in settled.changes] == [f'{statement}\nCLUSTER BY ("DAY")']
    with pytest.raises(TargetTableError) as caught:
        settle_target(warehouse(MISSING), MemoryCheckpoints(), feed(columns=columns))
    assert caught.value.next_step.endswith(f"run: {statement};")


def test_a_dry_run_changes_nothing_and_tells_what_a_load_would_do() -> None:
    config = feed(columns=["id", "day", NOTE], table=table(schema_changes="add_columns"))
    scripted = warehouse(TODAY)

    settled = settle_target(scripted, MemoryCheckpoints(), config, is_dry_run=True)

    assert (scripted.statements, settled.changes) == (['DESCRIBE TABLE "DEMO"."PUBLIC"."FLIGHTS"'], ())
    assert settled.remarks[0].startswith("a load would run ALTER TABLE")
    missing = settle_target(warehouse(MISSING), MemoryCheckpoints(), config, is_dry_run=True)
    assert "does not exist" in missing.remarks[0]


def test_masked_values_need_a_text_of_their_length() -> None:
    described = (*TODAY, ("CARD", "VARCHAR(16)", "Y", None), ("PIN", "NUMBER(4,0)", "Y", None))
    columns = [
        "id",
        "day",
        {"name": "card", "mask": {"method": "hash", "where": "publish"}},
        {"name": "pin", "mask": {"method": "fixed", "where": "publish"}},
    ]

    with pytest.raises(TargetTableError) as caught:
        settle_target(warehouse(described), MemoryCheckpoints(), feed(columns=columns))

    assert "column CARD is VARCHAR(16)" in caught.value.what
    assert "column PIN of the table is NUMBER(4,0)" in caught.value.what


def test_columns_are_widened_only_where_they_are_shorter() -> None:
    described = (
        ("A", "VARCHAR(5)", "Y", None),
        ("B", "VARCHAR(50)", "Y", None),
        ("N", "NUMBER(9,0)", "Y", None),
    )
    scripted, checkpoints = warehouse(described), MemoryCheckpoints()

    changes = widen_columns(scripted, checkpoints, TARGET, {"A": 27, "B": 27, "N": 27, "GONE": 3})

    assert [change.statement for change in changes] == [
        'ALTER TABLE "DEMO"."PUBLIC"."FLIGHTS" ALTER COLUMN "A" SET DATA TYPE VARCHAR(27)'
    ]
