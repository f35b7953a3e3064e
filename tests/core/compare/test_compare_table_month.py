"""A file compared with a table's month: values are the same when the column's type takes them for the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.compare.comparison import Comparison
from sfetl_provider.core.compare.run import CompareJob, compare
from sfetl_provider.core.compare.table_month import open_table_month
from sfetl_provider.core.compare.value_form import NotComparableError, form_of
from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.plan.month import Month
from tests.core.fakes import feed, source_file
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

MONTH = Month.of_text("2024-01")
TYPES = {
    "DAY": "DATE",
    "AMOUNT": "NUMBER(9,2)",
    "SHARE": "FLOAT",
    "OPEN": "BOOLEAN",
    "HASH": "BINARY(8)",
    "AT": "TIMESTAMP_NTZ(3)",
    "FROM": "TIME(0)",
    "NOTE": "VARCHAR(20)",
}
IN_FILE = ("2024-01-02", "1.5", "0.50", "yes", "00ff", "2024-01-02 03:04:05.1234", "03:04:05", "a")
IN_TABLE = (
    "2024-01-02",
    "1.50",
    0.5,
    "true",
    "00FF",
    "2024-01-02 03:04:05.123000000",
    "03:04:05.000000000",
    "a",
)


def compared(folder: Path, line: tuple[str, ...], *rows: tuple[Any, ...], **changes: Any) -> Comparison:
    types = changes.pop("types", TYPES)
    config = feed(
        changes.pop("columns", list(TYPES)), format={"timestamp_format": "YYYY-MM-DD HH24:MI:SS.FF"}
    )
    warehouse = ScriptedWarehouse()
    warehouse.answer("DESCRIBE TABLE", rows_of(*types.items(), columns=("name", "type")))
    warehouse.answer("SELECT\n", rows_of(*rows))
    source = source_file(folder / "a.tsv", ("\t".join(line) + "\n").encode())
    month = open_table_month(warehouse, config, MONTH)
    found = compare([source], month, CompareJob(config, folder / "scratch", **changes))
    assert warehouse.binds[-1] == (date(2024, 1, 1), date(2024, 2, 1))
    return found


def test_values_that_the_types_hold_alike_are_equal_however_they_are_written(tmp_path: Path) -> None:
    found = compared(tmp_path, IN_FILE, IN_TABLE)

    assert found.samples == ()
    assert (found.same, found.b.rows, found.b.name) == (1, 1, "DEMO.PUBLIC.FLIGHTS, 2024-01")


def test_each_value_that_differs_is_told_by_its_column(tmp_path: Path) -> None:
    other = ("2024-01-02", "1.51", 0.25, "false", "0000", "2024-01-02 03:04:05.124", "03:04:06", "A")

    found = compared(tmp_path, IN_FILE, other, key=("DAY",))

    assert (found.same, found.changed) == (0, 1)
    assert set(found.columns) == set(TYPES) - {"DAY"}


def test_columns_that_cannot_be_compared_are_named(tmp_path: Path) -> None:
    types = {**TYPES, "SHARE": "VARIANT"}
    types.pop("NOTE")
    rules = {"mask": {"method": "hash", "where": "publish"}}
    columns = [{"name": name, **(rules if name == "OPEN" else {})} for name in TYPES]
    row = tuple(
        value for name, value in zip(TYPES, IN_TABLE, strict=True) if name not in ("SHARE", "NOTE", "OPEN")
    )

    found = compared(tmp_path, IN_FILE, row, types=types, columns=columns)

    assert found.not_compared == {
        "SHARE": "values of type VARIANT have no single spelling",
        "OPEN": "the table holds it masked or computed",
        "NOTE": "the table has no such column",
    }
    assert not found.columns


def test_a_key_that_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Rows cannot be matched without SHARE"):
        compared(tmp_path, IN_FILE, IN_TABLE, types={**TYPES, "SHARE": "VARIANT"}, key=("SHARE",))


def test_a_format_with_a_time_zone_has_no_single_spelling() -> None:
    zoned = FormatConfig(timestamp_format="YYYY-MM-DD HH24:MI:SS TZHTZM")

    with pytest.raises(NotComparableError):
        form_of("TIMESTAMP_TZ(9)", zoned)
