"""Profiles of published months: one row in the publication's transaction, read back by generation."""

from __future__ import annotations

import json

import pytest

from sfetl_provider.core.errors import LedgerError
from sfetl_provider.core.ledger.profiles import append_profile, earlier_profiles
from sfetl_provider.core.qc.column_profile import ColumnProfile, TopValue
from sfetl_provider.core.qc.drift import MonthProfile
from tests.core.load_samples import sample_facts
from tests.core.scripted_warehouse import ScriptedWarehouse, changed, rows_of

INSERT = 'INSERT INTO "DEMO"."SFETL"."PROFILES"'
PROFILE = (
    ColumnProfile(
        name="CARRIER",
        kind="text",
        values=3,
        nulls=0,
        least="Ä'?",
        top=(TopValue(value="AA", share=0.5),),
    ),
)


def test_what_is_written_is_what_is_read() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(INSERT, changed(1))
    facts = sample_facts()
    append_profile(warehouse, "DEMO", facts, PROFILE)
    (binds,) = warehouse.binds
    assert binds[:4] == (facts.feed, facts.month, facts.generation, facts.run_key)

    warehouse.answer('FROM "DEMO"."SFETL"."PROFILES"', rows_of(("2013-01", binds[-1])))
    found = earlier_profiles(warehouse, "DEMO", "flights", "2013-02", 6)
    assert found == (MonthProfile(month="2013-01", columns=PROFILE),)
    assert warehouse.binds[-1] == ("flights", "2013-02")


@pytest.mark.parametrize("text", ["", "[{", json.dumps([{"name": "A", "colour": 1}]), "[[1,2]]", "7"])
def test_what_another_version_wrote_comes_without_columns(text: str) -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("SELECT", rows_of(("2013-01", text)))
    assert earlier_profiles(warehouse, "DEMO", "flights", "2013-02", 6) == (
        MonthProfile(month="2013-01", columns=()),
    )


def test_anything_but_one_row_fails() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(INSERT, changed(0))
    with pytest.raises(LedgerError, match="0 rows were inserted"):
        append_profile(warehouse, "DEMO", sample_facts(), PROFILE)
