"""Writing a row needs exactly one row written and one end moved; looking up needs at most one found."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import LedgerError
from sfetl_provider.core.ledger.append import append
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry, chain
from sfetl_provider.core.ledger.lookup import ChangeKey, chain_end, entries, find
from sfetl_provider.core.ports import QueryResult
from tests.core.load_samples import sample_facts
from tests.core.scripted_warehouse import ScriptedWarehouse, changed, rows_of

END = 'SELECT "GENERATION", "CHAIN_HASH"'
LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'
KEY = ChangeKey("flights", "0" * 12, "2013-01", 1)


def stored(*kept: LedgerEntry) -> QueryResult:
    return rows_of(*(entry_binds(entry) for entry in kept), columns=tuple(COLUMNS))


def writable() -> ScriptedWarehouse:
    warehouse = ScriptedWarehouse()
    warehouse.answer(END, rows_of((4, "f" * 64)))
    warehouse.answer("INSERT INTO", changed(1))
    warehouse.answer("UPDATE", changed(1))
    return warehouse


def test_append_continues_the_chain_and_moves_its_end() -> None:
    warehouse = writable()
    entry = append(warehouse, "DEMO", sample_facts())
    assert entry == chain(sample_facts(), ChainEnd(sequence=4, hash="f" * 64))
    assert warehouse.binds[1] == entry_binds(entry)
    assert warehouse.binds[2] == (5, entry.hash, "*", 4, "f" * 64)


@pytest.mark.parametrize(("words", "count"), [("INSERT INTO", 0), ("UPDATE", 0), ("UPDATE", 2)])
def test_append_that_does_not_write_one_row_fails(words: str, count: int) -> None:
    warehouse = writable()
    warehouse.answer(words, changed(count))
    with pytest.raises(LedgerError, match=f"{count} rows were"):
        append(warehouse, "DEMO", sample_facts())


@pytest.mark.parametrize("found", [rows_of(), rows_of((0, ""), (0, ""))])
def test_chain_needs_exactly_one_end(found: QueryResult) -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(END, found)
    with pytest.raises(LedgerError, match="instead of one"):
        chain_end(warehouse, "DEMO", "flights")


def test_find_gives_the_runs_row_or_none() -> None:
    entry = chain(sample_facts(), ChainEnd(sequence=0, hash=""))
    warehouse = ScriptedWarehouse()
    warehouse.answer(LEDGER, stored(entry), stored())
    assert find(warehouse, "DEMO", KEY) == entry
    assert find(warehouse, "DEMO", KEY) is None
    assert warehouse.binds[0] == ("flights", "0" * 12, "2013-01", 1)


def test_two_rows_of_one_change_are_an_error() -> None:
    entry = chain(sample_facts(), ChainEnd(sequence=0, hash=""))
    warehouse = ScriptedWarehouse()
    warehouse.answer(LEDGER, stored(entry, entry))
    with pytest.raises(LedgerError, match="2 rows"):
        find(warehouse, "DEMO", KEY)


def test_entries_come_in_order_of_sequence() -> None:
    entry = chain(sample_facts(), ChainEnd(sequence=0, hash=""))
    warehouse = ScriptedWarehouse()
    warehouse.answer(LEDGER, stored(entry))
    assert entries(warehouse, "DEMO", "flights") == (entry,)
    assert warehouse.statements[0].endswith('ORDER BY "SEQUENCE"')
