"""Verifying a feed's chain: the first broken row is named, whatever was done to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sfetl_provider.core.errors import LedgerError, StatementError
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry, chain
from sfetl_provider.core.ledger.grants import grant_statements
from sfetl_provider.core.ledger.verification import BrokenLink, ChainReport, verify, verify_feed
from tests.core.load_samples import sample_config, sample_facts
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

LEDGER = 'FROM "DEMO"."SFETL"."LEDGER"'
END = 'SELECT "GENERATION", "CHAIN_HASH"'
GENERATIONS = 'SELECT "MONTH", "GENERATION"'
MISSING = StatementError("Object does not exist or not authorized", code=2003)
Row = list[object]


def rows() -> list[LedgerEntry]:
    made: list[LedgerEntry] = []
    end = ChainEnd(sequence=0, hash="")
    for generation in (1, 2, 3):
        made.append(chain(sample_facts(generation=generation), end))
        end = ChainEnd(sequence=generation, hash=made[-1].hash)
    return made


ROWS = rows()
WHOLE = ChainEnd(sequence=3, hash=ROWS[-1].hash)


def verified(
    change: Callable[[list[Row]], object] = len, generation: int = 3, kept: tuple[ChainEnd, ...] = ()
) -> ChainReport:
    stored: list[Row] = [list(entry_binds(entry)) for entry in ROWS]
    change(stored)
    place = list(COLUMNS).index("SEQUENCE")
    stored.sort(key=lambda row: int(str(row[place])))
    warehouse = ScriptedWarehouse()
    warehouse.answer(LEDGER, rows_of(*map(tuple, stored), columns=tuple(COLUMNS)))
    warehouse.answer(END, rows_of((WHOLE.sequence, WHOLE.hash)))
    warehouse.answer(GENERATIONS, rows_of(("2013-01", generation)))
    return verify_feed(warehouse, "DEMO", "flights", kept)


def put(row: int, column: str, value: object) -> Callable[[list[Row]], None]:
    def change(stored: list[Row]) -> None:
        stored[row - 1][list(COLUMNS).index(column)] = value

    return change


def swap(stored: list[Row]) -> None:
    put(2, "SEQUENCE", 3)(stored)
    put(3, "SEQUENCE", 2)(stored)


def double(stored: list[Row]) -> None:
    stored.append(list(stored[1]))


def remove(row: int) -> Callable[[list[Row]], object]:
    return lambda stored: stored.pop(row - 1)


@pytest.mark.parametrize(
    ("change", "sequence", "reason"),
    [
        (put(2, "ROWS_INSERTED", 9), 2, "its content was changed after it was written"),
        (put(2, "FILES", "no JSON"), 2, "it holds what no row can hold"),
        (put(1, "ACTION", "steal"), 1, "it holds what no row can hold"),
        (remove(2), 3, "row 2 is missing"),
        (remove(3), 3, "the head table ends the chain at row 3, the ledger at row 2"),
        (double, 2, "row 2 stands there twice"),
        (swap, 2, "it was written as row 3"),
    ],
)
def test_first_broken_row_is_named(change: Callable[[list[Row]], object], sequence: int, reason: str) -> None:
    assert verified(change).broken == BrokenLink(sequence=sequence, reason=reason)


def test_whole_chain_is_told_with_its_end() -> None:
    report = verified(kept=(ChainEnd(sequence=2, hash=ROWS[1].hash),))
    assert (report.broken, report.rows, report.end, report.kept_ends) == (None, 3, WHOLE, 1)


def test_chain_written_anew_is_shown_by_an_end_that_was_kept() -> None:
    kept = (ChainEnd(sequence=2, hash="f" * 64), ChainEnd(sequence=9, hash="e" * 64))
    broken = verified(kept=kept).broken
    assert broken is not None
    assert (broken.sequence, "written anew" in broken.reason) == (2, True)


def test_head_with_another_hash_or_generation_is_named() -> None:
    other = verify(ROWS, ChainEnd(sequence=3, hash="f" * 64))
    assert other == BrokenLink(sequence=3, reason="the head table has another hash for row 3")
    reason = "the head table has generation 7 for 2013-01, row 3 made it 3"
    assert verified(generation=7).broken == BrokenLink(sequence=3, reason=reason)


def test_missing_head_is_a_fault_only_of_a_feed_with_rows() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(END, MISSING)
    warehouse.answer(LEDGER, rows_of(entry_binds(ROWS[0]), columns=tuple(COLUMNS)), rows_of())
    broken = verify_feed(warehouse, "DEMO", "flights").broken
    assert broken == BrokenLink(sequence=1, reason="its head table is missing or not to be seen")
    assert verify_feed(warehouse, "DEMO", "flights").broken is None


def test_chain_that_moves_is_read_again() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer(LEDGER, rows_of(columns=tuple(COLUMNS)))
    warehouse.answer(GENERATIONS, rows_of())
    warehouse.answer(END, rows_of((1, "a")), rows_of((2, "b")), rows_of((0, "")))
    assert verify_feed(warehouse, "DEMO", "flights").broken is None
    warehouse.answer(END, *(rows_of((number, "")) for number in range(1, 20)))
    with pytest.raises(LedgerError, match="moved on 5 times"):
        verify_feed(warehouse, "DEMO", "flights")


def test_grants_let_a_role_add_to_the_ledger_and_change_nothing_in_it() -> None:
    grants = grant_statements(sample_config(), "LOADER")
    of_ledger = [grant for grant in grants if '"LEDGER"' in grant]
    assert of_ledger == ['GRANT SELECT, INSERT ON TABLE "DEMO"."SFETL"."LEDGER" TO ROLE "LOADER"']
