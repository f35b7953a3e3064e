"""Generations: a month is added once, raised only from the number seen, and who came between is named."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import (
    GenerationConflictError,
    LedgerError,
    StatementError,
    TransactionEndedError,
)
from sfetl_provider.core.ledger.columns import ADDED_COLUMNS, COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, chain
from sfetl_provider.core.ledger.generation import raise_generation, read_generation
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.ports import QueryResult
from tests.core.load_samples import sample_config, sample_facts
from tests.core.scripted_warehouse import ScriptedWarehouse, changed, rows_of

READ = 'SELECT "GENERATION" FROM'
RAISE = '"GENERATION" = "GENERATION" + 1'
LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'


def ledger_row(**changes: object) -> QueryResult:
    entry = chain(sample_facts(**changes), ChainEnd(sequence=0, hash=""))
    return rows_of(entry_binds(entry), columns=tuple(COLUMNS))


MISSING = StatementError("Object does not exist or not authorized", code=2003)


def test_prepare_only_makes_what_is_missing() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("WHERE 1 = 0", MISSING, rows_of(columns=tuple(COLUMNS)))
    prepare(warehouse, sample_config())
    made = [statement for statement in warehouse.statements if not statement.startswith("SELECT")]
    assert len(made) == 7
    assert all(" IF NOT EXISTS " in statement for statement in made)


def test_prepare_asks_once_when_all_is_there() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("WHERE 1 = 0", rows_of(columns=tuple(COLUMNS)))
    prepare(warehouse, sample_config())
    assert len(warehouse.statements) == 1


def test_prepare_brings_an_older_ledger_the_columns_that_it_lacks() -> None:
    warehouse = ScriptedWarehouse()
    older = tuple(name for name in COLUMNS if name not in ADDED_COLUMNS)
    warehouse.answer("WHERE 1 = 0", MISSING, rows_of(columns=older))
    warehouse.answer("ALTER TABLE", rows_of())
    prepare(warehouse, sample_config())
    assert len(warehouse.asked("ADD COLUMN IF NOT EXISTS")) == len(ADDED_COLUMNS) == 8


def test_known_month_is_only_read() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(READ, rows_of((7,)))
    assert read_generation(warehouse, "DEMO", "flights", "2013-01") == 7
    assert len(warehouse.statements) == 1


def test_new_month_is_added_under_the_lock_of_the_head_table() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(READ, rows_of(), rows_of((0,)))
    warehouse.answer("UPDATE", changed(1))
    warehouse.answer("INSERT", changed(1))
    assert read_generation(warehouse, "DEMO", "flights", "2013-01") == 0
    assert warehouse.transaction_words == ["BEGIN", "UPDATE", "INSERT", "COMMIT"]


def test_a_month_of_two_rows_is_an_error_that_no_retry_helps() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(READ, rows_of((0,), (0,)))
    with pytest.raises(LedgerError, match="instead of one") as raised:
        read_generation(warehouse, "DEMO", "flights", "2013-01")
    assert not raised.value.is_retryable


def test_a_month_whose_transaction_had_ended_before_its_commit_can_be_added_again() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(READ, rows_of(), rows_of(), rows_of(), rows_of((0,)))
    warehouse.answer("UPDATE", changed(1))
    warehouse.answer("INSERT", changed(1))
    with pytest.raises(TransactionEndedError, match="has no row for 2013-01") as raised:
        read_generation(warehouse, "DEMO", "flights", "2013-01")
    assert raised.value.is_retryable
    assert read_generation(warehouse, "DEMO", "flights", "2013-01") == 0


def test_raising_gives_the_query_id() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(RAISE, changed(1))
    warehouse.answer(LEDGER, ledger_row(generation=3))
    assert raise_generation(warehouse, "DEMO", "flights", "2013-01", 3) == "q1"
    assert warehouse.binds[0] == ("2013-01", 3)


@pytest.mark.parametrize("row_count", [0, 1])
def test_conflict_names_the_other_run_even_when_the_update_did_not_see_it(row_count: int) -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(RAISE, changed(row_count))
    warehouse.answer(LEDGER, ledger_row(run_id="other_run", actor="bob", generation=4))
    with pytest.raises(GenerationConflictError) as raised:
        raise_generation(warehouse, "DEMO", "flights", "2013-01", 3)
    for words in ("other_run", "load_flights", "bob", "generation 4", "2026-11-21 01:02:03 UTC", "task plan"):
        assert words in str(raised.value)


def test_conflict_without_a_ledger_row_says_so() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(RAISE, changed(0))
    warehouse.answer(LEDGER, rows_of())
    with pytest.raises(GenerationConflictError, match="names no run"):
        raise_generation(warehouse, "DEMO", "flights", "2013-01", 3)


def test_doubled_month_is_an_error() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(RAISE, changed(2))
    with pytest.raises(LedgerError, match="2 rows"):
        raise_generation(warehouse, "DEMO", "flights", "2013-01", 3)
