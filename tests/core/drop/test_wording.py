"""The preview as the approver reads it: complete, and inert whatever the table holds."""

from __future__ import annotations

from datetime import date

import pytest

from sfetl_provider.core.drop.records import DropPreview
from sfetl_provider.core.drop.wording import render_preview, render_previews, require_any_rows, require_typed
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
    reach_days=1,
    keep_until=date(2013, 3, 8),
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


EMPTY = PREVIEW.model_copy(update={"rows": 0, "month": "2013-02"})


def test_months_without_rows_are_told_and_left_out_and_refused_when_there_is_no_other() -> None:
    assert require_any_rows([EMPTY, PREVIEW]) == (PREVIEW,)
    assert "flights 2013-02 has no rows" in render_previews([EMPTY, PREVIEW])
    with pytest.raises(DropRefusedError, match="flights 2013-02 has no rows"):
        require_any_rows([EMPTY])


@pytest.mark.parametrize("typed", ["", "2013-02", "2013-01, 2013-02", "yes"])
def test_the_approver_types_exactly_the_months(typed: str) -> None:
    require_typed(" 201301", [PREVIEW], date(2013, 3, 1))
    with pytest.raises(DropRefusedError, match="to be deleted are 2013-01"):
        require_typed(typed, [PREVIEW], date(2013, 3, 1))


def test_the_preview_says_how_it_can_be_undone() -> None:
    assert "a clone of the table is kept until 2013-03-08" in render_preview(PREVIEW)
    reachable = PREVIEW.model_copy(update={"keep_until": None, "reach_days": 14})
    assert "by Time Travel for 14 days" in render_preview(reachable)
