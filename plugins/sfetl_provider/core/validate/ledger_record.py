"""All that the ledger has of a feed, for who audits it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sfetl_provider.core.errors import LedgerError, StatementError
from sfetl_provider.core.ledger.columns import entry_of_row
from sfetl_provider.core.ledger.lookup import stored_rows
from sfetl_provider.core.ledger.verification import verify_feed
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.validate.records import LedgerRecord


def read_ledger(warehouse: Warehouse, database: str, feed: str) -> LedgerRecord:
    """Read a feed's rows and verify their chain; a ledger that cannot be read is told.

    Memory: a KB or two a row.
    """
    try:
        chain = verify_feed(warehouse, database, feed)
        rows = stored_rows(warehouse, database, feed)
    except (LedgerError, StatementError) as error:
        return LedgerRecord(fault=str(error))
    entries = []
    for row in rows:
        with suppress(ValueError):  # what no row can hold is named by the chain
            entries.append(entry_of_row(row))
    return LedgerRecord(entries=tuple(entries), chain=chain)


def chain_findings(ledger: LedgerRecord | None) -> Iterator[Finding]:
    """Say whether the chain is not what was written."""
    broken = ledger.chain.broken if ledger and ledger.chain else None
    if broken:
        text = f"The ledger's chain is broken at row {broken.sequence}: {broken.reason}."
        yield Finding(severity="CRITICAL", code="chain_broken", message=text)
