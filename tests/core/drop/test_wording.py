"""The preview as the approver reads it: complete, and inert whatever the table holds."""

from __future__ import annotations

import pytest

from sfetl_provider.core.drop.records import DropPreview
from sfetl_provider.core.drop.wording import render_preview, require_rows
from sfetl_provider.core.errors import DropRefusedError
from tests.core.load_samples import TABLE

PREVIEW = DropPreview(
    feed="flights",
    month="2013-01",
    table=TABLE,
    columns=tuple(f"C{number}" for number in range(12)),
    rows=27004,
    total_rows=108016,
    share=0.25,
    first="2013-01-01",
    last="2013-01-31",
    sample=(("a|b", "<script>", "x\ny", *("1",) * 9),),
    generation=1,
    last_change="Last change: publish by ada.",
)


def test_preview_names_counts_dates_and_the_last_change() -> None:
    text = render_preview(PREVIEW)
    for words in ("27,004 rows", "25.0% of its 108,016 rows", "2013-01-01 to 2013-01-31", "publish by ada"):
        assert words in text


def test_text_of_the_table_breaks_neither_row_nor_page() -> None:
    text = render_preview(PREVIEW)
    row = text.splitlines()[-1]
    assert row.count("|") == 9
    assert "<script>" not in text
    assert "C8" not in text


def test_month_without_rows_is_refused() -> None:
    require_rows(PREVIEW)
    with pytest.raises(DropRefusedError, match="no rows"):
        require_rows(PREVIEW.model_copy(update={"rows": 0}))
