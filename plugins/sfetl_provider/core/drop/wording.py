"""How a preview reads to the person who approves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sfetl_provider.core.counted import counted
from sfetl_provider.core.drop.records import DropPreview
from sfetl_provider.core.errors import DropRefusedError, MonthError
from sfetl_provider.core.plan.month_list import month_list_text, read_months
from sfetl_provider.core.plan.names import quoted_table

_SAMPLE_COLUMNS = 8
_MARKDOWN = frozenset("|<>&`*_[]\n\r\\")


def require_any_rows(previews: Sequence[DropPreview]) -> tuple[DropPreview, ...]:
    """Give the previews of months that have rows; raises DropRefusedError when none has."""
    found = tuple(preview for preview in previews if preview.rows)
    if found:
        return found
    raise DropRefusedError(
        f"Nothing to delete: {'; '.join(map(_without_rows, previews))}.",
        safe="Nothing was changed.",
        next_step="Check feeds and months.",
    )


def require_typed(typed: str, previews: Sequence[DropPreview], today: date) -> None:
    """Raise DropRefusedError unless the approver typed exactly the months that will be deleted."""
    asked = {preview.month for preview in previews}
    try:
        named = {str(month) for month in read_months(typed, today)}
    except MonthError:
        named = set()
    if named != asked:
        raise DropRefusedError(
            f"The approval names {typed!r}, to be deleted are {month_list_text(tuple(asked))}.",
            safe="Nothing was deleted.",
            next_step="Trigger the drop again and type exactly those months when you approve it.",
        )


def render_previews(previews: Sequence[DropPreview]) -> str:
    """Give all previews as Markdown, months without rows in one line each."""
    return "\n\n".join(
        render_preview(preview) if preview.rows else f"{_without_rows(preview)}: nothing to delete."
        for preview in previews
    )


def _without_rows(preview: DropPreview) -> str:
    return f"{preview.feed} {preview.month} has no rows in {quoted_table(preview.table)}"


def render_preview(preview: DropPreview) -> str:
    """Give the preview as Markdown: counts, dates, last change, and a table of the first rows."""
    return (
        f"**{preview.rows:,} rows** of {preview.feed} {preview.month} would be deleted from "
        f"{quoted_table(preview.table)}:"
        f" {preview.share:.1%} of its {preview.total_rows:,} rows, dated {preview.first} to {preview.last}.\n\n"
        f"{preview.last_change} {_recovery(preview)}\n\n"
        f"First rows:\n\n{_sample(preview)}"
    )


def _recovery(preview: DropPreview) -> str:
    days = counted(preview.reach_days, "day")
    if preview.keep_until:
        return f"Time Travel reaches {days}, so a clone of the table is kept until {preview.keep_until}."
    return f"It can be undone by Time Travel for {days}."


def _sample(preview: DropPreview) -> str:
    columns = preview.columns[:_SAMPLE_COLUMNS]
    lines = [columns, tuple("---" for _ in columns), *(row[:_SAMPLE_COLUMNS] for row in preview.sample)]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: str) -> str:
    # A cell must not end its row, and text from the table must not become Markdown or HTML.
    return "".join(f"&#{ord(mark)};" if mark in _MARKDOWN else mark for mark in value[:60])
