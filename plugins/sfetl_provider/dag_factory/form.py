"""Fields that the trigger forms of several DAGs share."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import Param


def feed_param(feeds: Sequence[str]) -> Param:
    """Give the choice of a feed; without any feed, an empty text that no task takes."""
    if not feeds:
        return Param("", type="string", title="Feed")
    chosen = feeds[0] if len(feeds) == 1 else None
    return Param(chosen, type="string", enum=list(feeds), title="Feed", description="Whose month")


def some_feeds_param(feeds: Sequence[str], description: str) -> Param:
    """Give a choice of several feeds, or of none."""
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string", "enum": list(feeds)} if feeds else {"type": "string"},
        examples=list(feeds),
        title="Feeds",
        description=description,
    )


def reason_param() -> Param:
    """Give the reason, which must be stated."""
    return Param(None, type="string", minLength=3, title="Reason", description="Goes into the ledger")


def dry_run_param(description: str) -> Param:
    """Give the dry run, which is the default."""
    return Param(True, type="boolean", title="Dry run", description=description)
