"""What the ledger has of a feed, as an audit sees it: every row that can be read, and whether the chain holds."""

from __future__ import annotations

from sfetl_provider.core.errors import StatementError
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, chain
from sfetl_provider.core.report.ledger_text import chain_text, entry_text
from sfetl_provider.core.validate.ledger_record import chain_findings, read_ledger
from tests.core.load_samples import sample_facts
from tests.core.scripted_warehouse import ScriptedWarehouse, rows_of

FIRST = chain(sample_facts(generation=1, rows_updated=4, is_insecure=True), ChainEnd(sequence=0, hash=""))
SECOND = chain(sample_facts(generation=2), ChainEnd(sequence=1, hash=FIRST.hash))


def ledger(*, is_tampered: bool) -> ScriptedWarehouse:
    rows = [list(entry_binds(entry)) for entry in (FIRST, SECOND)]
    if is_tampered:
        rows[1][list(COLUMNS).index("FILES")] = "no JSON"
    warehouse = ScriptedWarehouse()
    warehouse.answer('FROM "DEMO"."SFETL"."LEDGER"', rows_of(*map(tuple, rows), columns=tuple(COLUMNS)))
    warehouse.answer('SELECT "GENERATION", "CHAIN_HASH"', rows_of((2, SECOND.hash)))
    warehouse.answer('SELECT "MONTH", "GENERATION"', rows_of(("2013-01", 2)))
    return warehouse


def test_a_whole_chain_is_told_with_its_rows() -> None:
    record = read_ledger(ledger(is_tampered=False), "DEMO", "flights")

    assert record.chain is not None
    assert record.entries == (FIRST, SECOND)
    assert chain_text(record.chain) == f"flights: whole, 2 rows, the last has hash {SECOND.hash}"
    assert list(chain_findings(record)) == []
    assert "4 updated" in entry_text(FIRST)
    assert "NO CERTIFICATE VERIFIED" in entry_text(FIRST)


def test_a_row_that_no_entry_can_be_is_left_out_and_breaks_the_chain() -> None:
    record = read_ledger(ledger(is_tampered=True), "DEMO", "flights")

    (finding,) = chain_findings(record)
    assert record.chain is not None
    assert record.entries == (FIRST,)
    assert (finding.severity, finding.code) == ("CRITICAL", "chain_broken")
    assert finding.message.startswith("The ledger's chain is broken at row 2: ")
    assert chain_text(record.chain).startswith("flights: BROKEN at row 2: ")


def test_a_ledger_that_cannot_be_read_is_told_and_no_finding() -> None:
    warehouse = ScriptedWarehouse()
    warehouse.answer("SELECT", StatementError("Insufficient privileges", code=3001))

    record = read_ledger(warehouse, "DEMO", "flights")

    assert (record.entries, record.chain) == ((), None)
    assert "Insufficient privileges" in record.fault
    assert list(chain_findings(record)) == list(chain_findings(None)) == []
