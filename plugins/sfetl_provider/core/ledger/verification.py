"""Whether a feed's chain is what was written: the first row that is not, and why.

A chain shows rows that were changed, removed, added or moved. It cannot show that somebody who may write to
schema SFETL has computed all of it anew, with the head table; the ends that are kept elsewhere, in the runs'
reports, can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sfetl_provider.core.errors import LedgerError, StatementError
from sfetl_provider.core.ledger.columns import entry_of_row
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry, entry_hash
from sfetl_provider.core.ledger.lookup import chain_end, head_generations, stored_rows
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.record import Record

_LOOKS = 5
_DOES_NOT_EXIST = 2003


class BrokenLink(Record):
    """The first row of a chain that is not what it must be."""

    sequence: int
    reason: str


class ChainReport(Record):
    """A feed's chain as it was found: rows, its end in the head table, where it is broken (None: nowhere).

    `kept_ends` says against how many ends that were kept elsewhere it was held.
    """

    feed: str
    database: str
    rows: int
    end: ChainEnd
    broken: BrokenLink | None
    kept_ends: int = 0


def verify_feed(
    warehouse: Warehouse, database: str, feed: str, kept_ends: Sequence[ChainEnd] = ()
) -> ChainReport:
    """Read a feed's whole chain and verify it, also against ends that were kept elsewhere.

    Publications may go on meanwhile: it looks again when the end has moved. Memory: a KB or two a row. Raises
    LedgerError when the head table does not hold exactly one end, StatementError when there is no ledger.
    """
    try:
        end, rows, generations = _still(warehouse, database, feed)
        broken = _first_broken(rows, end, generations, kept_ends)
    except StatementError as error:
        if error.code != _DOES_NOT_EXIST:
            raise
        end, rows = ChainEnd(sequence=0, hash=""), stored_rows(warehouse, database, feed)
        broken = (
            BrokenLink(sequence=1, reason="its head table is missing or not to be seen") if rows else None
        )
    return ChainReport(
        feed=feed, database=database, rows=len(rows), end=end, broken=broken, kept_ends=len(kept_ends)
    )


def _still(
    warehouse: Warehouse, database: str, feed: str
) -> tuple[ChainEnd, list[dict[str, object]], dict[str, int]]:
    """Read end, rows and generations of one moment."""
    for _ in range(_LOOKS):
        before = chain_end(warehouse, database, feed)
        rows = stored_rows(warehouse, database, feed)
        generations = head_generations(warehouse, database, feed)
        if chain_end(warehouse, database, feed) == before:
            return before, rows, generations
    raise LedgerError(
        f"The chain of {feed} moved on {_LOOKS} times while it was read.",
        safe="Nothing was changed.",
        next_step="Verify it when fewer months of the feed are published.",
    )


def verify(
    entries: Iterable[LedgerEntry], end: ChainEnd | None = None, kept_ends: Iterable[ChainEnd] = ()
) -> BrokenLink | None:
    """Give the first broken row of a feed's chain (rows in order of sequence), None when all hold.

    With the chain's `end` from the head table, rows cut off at the end are noticed too, and with ends kept
    elsewhere a chain that was written anew.
    """
    chained = list(entries)
    last = ChainEnd(sequence=0, hash="")
    for entry in chained:
        if reason := _fault(entry, last, chained):
            return BrokenLink(sequence=entry.sequence, reason=reason)
        last = ChainEnd(sequence=entry.sequence, hash=entry.hash)
    if end is not None and last != end:
        reason = f"the head table ends the chain at row {end.sequence}, the ledger at row {last.sequence}"
        if last.sequence == end.sequence:
            reason = f"the head table has another hash for row {end.sequence}"
        return BrokenLink(
            sequence=min(last.sequence, end.sequence) + (last.sequence != end.sequence), reason=reason
        )
    return _unlike_kept(chained, kept_ends)


def _unlike_kept(entries: Sequence[LedgerEntry], kept_ends: Iterable[ChainEnd]) -> BrokenLink | None:
    hashes = {entry.sequence: entry.hash for entry in entries}
    unlike = sorted(end.sequence for end in kept_ends if hashes.get(end.sequence) != end.hash)
    if not unlike:
        return None
    reason = "a run's report has another hash for it: it or a row before it was written anew"
    return BrokenLink(sequence=unlike[0], reason=reason)


def _first_broken(
    rows: Sequence[Mapping[str, object]],
    end: ChainEnd,
    generations: Mapping[str, int],
    kept_ends: Iterable[ChainEnd],
) -> BrokenLink | None:
    entries: list[LedgerEntry] = []
    for row in rows:
        try:
            entries.append(entry_of_row(row))
        except ValueError:
            reason = "it holds what no row can hold"
            return verify(entries) or BrokenLink(sequence=int(str(row["sequence"])), reason=reason)
    return verify(entries, end, kept_ends) or _unlike_generation(entries, generations)


def _unlike_generation(entries: Sequence[LedgerEntry], generations: Mapping[str, int]) -> BrokenLink | None:
    last = {entry.month: entry for entry in entries}
    for month, generation in sorted(generations.items()):
        entry = last.get(month)
        if generation != (entry.generation if entry else 0):
            known = f"row {entry.sequence} made it {entry.generation}" if entry else "no row ever raised it"
            reason = f"the head table has generation {generation} for {month}, {known}"
            return BrokenLink(sequence=entry.sequence if entry else 0, reason=reason)
    return None


def _fault(entry: LedgerEntry, last: ChainEnd, entries: Sequence[LedgerEntry]) -> str:
    if entry.sequence <= last.sequence:
        return f"row {entry.sequence} stands there twice"
    if entry.hash != entry_hash(entry, entry.sequence, entry.previous_hash):
        places = (other.sequence for other in entries)
        wrote = [place for place in places if entry.hash == entry_hash(entry, place, entry.previous_hash)]
        return (
            f"it was written as row {wrote[0]}" if wrote else "its content was changed after it was written"
        )
    if entry.sequence != last.sequence + 1:
        return f"row {last.sequence + 1} is missing"
    return "" if entry.previous_hash == last.hash else "it does not continue the row before"
