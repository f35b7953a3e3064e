"""What a COPY that goes on after an earlier try of its task says of it."""

from __future__ import annotations

from sfetl_provider.core.copy_into.checkpoint import CopyState, query_of


def resumption_text(found: CopyState | None, now: CopyState | None) -> str:
    """Tell what an earlier try had left, `found`, and what became of it; empty when there was none.

    `now` is the state after the first step of this try.
    """
    if found is None or now is None:
        return ""
    if now.attempt > found.attempt:
        return (
            f"What an earlier try left cannot be continued: {found.load_table.name} is abandoned, all chunks are "
            f"loaded into {now.load_table.name}."
        )
    if found.outcome is not None:
        return "An earlier try had loaded all chunks; nothing is loaded again."
    if query_id := query_of(found):
        submitted = f"COPY {query_id} was found again"
    elif found.current is not None and (query_id := query_of(now)):
        submitted = f"COPY {query_id}, whose id was not stored, was found by its tag"
    else:
        submitted = "no COPY was under way"
    batches = "1 batch" if len(found.finished) == 1 else f"{len(found.finished)} batches"
    return f"An earlier try had loaded {batches}; {submitted}."
