"""The look-up of a lost COPY never asks for more than the seven days that Snowflake allows."""

from __future__ import annotations

from datetime import timedelta

from sfetl_provider.core.copy_into.query_history import find_copies, history_statement
from tests.core.load_samples import NOW
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of


def test_range_begins_an_hour_before_the_tag_was_stored() -> None:
    assert "'2026-11-21 00:02:03 +0000'" in history_statement("DEMO", NOW, NOW + timedelta(days=1))


def test_range_never_begins_more_than_seven_days_ago() -> None:
    assert "'2026-11-21 02:02:03 +0000'" in history_statement("DEMO", NOW, NOW + timedelta(days=7))


def test_tag_is_bound() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("QUERY_HISTORY", rows_of(("a",), ("b",)))
    assert find_copies(warehouse, history_statement("DEMO", NOW, NOW), "tag'") == ["a", "b"]
    assert warehouse.binds == [("tag'",)]
