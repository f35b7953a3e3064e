"""How a preview reads to the person who approves it."""

from __future__ import annotations

from sfetl_provider.core.drop.records import DropPreview
from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.core.plan.names import quoted_table

_SAMPLE_COLUMNS = 8
_MARKDOWN = frozenset("|<>&`*_[]\n\r\\")


def require_rows(preview: DropPreview) -> None:
    """Raise DropRefusedError when there is nothing to delete."""
    if preview.rows == 0:
        raise DropRefusedError(
            f"{preview.feed} {preview.month} has no rows in {quoted_table(preview.table)}.",
            safe="Nothing was changed.",
            next_step="Check feed and month.",
        )


def render_preview(preview: DropPreview) -> str:
    """Give the preview as Markdown: counts, dates, last change, and a table of the first rows."""
    return (
        f"**{preview.rows:,} rows** of {preview.month} would be deleted from {quoted_table(preview.table)}:"
        f" {preview.share:.1%} of its {preview.total_rows:,} rows, dated {preview.first} to {preview.last}.\n\n"
        f"{preview.last_change}\n\n"
        f"First rows:\n\n{_sample(preview)}"
    )


def _sample(preview: DropPreview) -> str:
    columns = preview.columns[:_SAMPLE_COLUMNS]
    lines = [columns, tuple("---" for _ in columns), *(row[:_SAMPLE_COLUMNS] for row in preview.sample)]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: str) -> str:
    # A cell must not end its row, and text from the table must not become Markdown or HTML.
    return "".join(f"&#{ord(mark)};" if mark in _MARKDOWN else mark for mark in value[:60])
