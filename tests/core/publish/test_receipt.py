"""A receipt tells the statements of the publication apart from those of COPY before it."""

from __future__ import annotations

from sfetl_provider.core.ledger.entry import ChainEnd, chain
from sfetl_provider.core.publish.receipt import receipt_of, statement_ids
from tests.core.load_samples import sample_facts


def test_statements_of_copy_are_not_the_publications() -> None:
    ids = {"copy": ("c1", "c2"), "delete": "d1", "insert": ("i1", "i2")}
    entry = chain(sample_facts(query_ids=ids), ChainEnd(sequence=0, hash=""))

    receipt = receipt_of(entry, is_repeat=True)

    assert statement_ids(receipt) == ("d1", "i1", "i2")
    assert (receipt.is_repeat, receipt.ledger_hash) == (True, entry.hash)
