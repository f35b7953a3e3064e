"""Rows of the ledger in words."""

from __future__ import annotations

from sfetl_provider.core.counted import counted
from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.verification import ChainReport


def entry_text(entry: LedgerEntry) -> str:
    """Give a row in a line: what was done to which month, rows, who, why."""
    action = f"{entry.action} ({entry.load_mode})" if entry.load_mode else entry.action
    parts = [
        f"{entry.feed} {entry.sequence:>4}  {entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC  {entry.month}  {action}: "
        f"{counted(entry.rows_before, 'row')} before",
        f"{entry.rows_deleted:,} deleted",
        f"{entry.rows_inserted:,} inserted",
        *([f"{entry.rows_updated:,} updated"] if entry.rows_updated else []),
        *([f"{entry.rows_rejected:,} rejected"] if entry.rows_rejected else []),
        counted(len(entry.files), "file"),
        f"by {entry.approver or entry.actor}",
        f"run {entry.run_id}",
        *(["NO CERTIFICATE VERIFIED"] if entry.is_insecure else []),
        *([entry.reason] if entry.reason else []),
    ]
    return ", ".join(parts)


def chain_text(chain: ChainReport) -> str:
    """Say whether a feed's chain is whole."""
    if chain.broken:
        return f"{chain.feed}: BROKEN at row {chain.broken.sequence}: {chain.broken.reason}"
    kept = f"; {chain.kept_ends} ends in reports are in it" if chain.kept_ends else ""
    rows = counted(chain.rows, "row")
    return f"{chain.feed}: whole, {rows}, the last has hash {chain.end.hash or '(none)'}{kept}"
