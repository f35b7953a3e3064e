from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.date_tally import OUTSIDE_LIMIT, DateTally, outside_text

MONTH = Month(2013, 2)


@given(
    st.dictionaries(st.none() | st.dates(date(2012, 9, 1), date(2013, 8, 1)), st.integers(1, 9), max_size=300)
)
def test_every_row_is_counted_and_the_most_frequent_dates_are_kept(counts: dict[date | None, int]) -> None:
    tally = DateTally(MONTH)
    for day, rows in counts.items():
        tally.add(day, rows)
    found = tally.counts()
    outside = {day: rows for day, rows in counts.items() if day and (day.year, day.month) != (2013, 2)}

    assert found.undated == counts.get(None, 0)
    assert sum(found.inside.values()) + found.outside + found.undated == sum(counts.values())
    assert (found.outside_first, found.outside_last) == (
        min(outside, default=None),
        max(outside, default=None),
    )
    assert found.outside_days == len(outside)
    kept = sorted(outside, key=lambda day: (-outside[day], day))[:OUTSIDE_LIMIT]
    assert found.outside_dates == {day: outside[day] for day in sorted(kept)}


def test_many_dates_outside_the_month_make_a_small_record() -> None:
    tally = DateTally(MONTH)
    for offset in range(200_000):
        tally.add(date(1, 1, 1) + timedelta(days=offset), 1 + (offset == 7))
    counts = tally.counts()

    assert len(counts.model_dump_json()) < 4000
    text = outside_text(counts, MONTH)
    assert text.startswith(
        "200,001 records outside 2013-02, on 200,000 dates from 0001-01-01 to 0548-07-31; the most"
    )
    assert "0001-01-08 (2)" in text
    assert text.endswith("199,900 on 199,900 other dates")


def test_one_date_is_written_in_full() -> None:
    tally = DateTally(MONTH)
    tally.add(date(2013, 3, 1), 1)

    assert outside_text(tally.counts(), MONTH) == "1 record outside 2013-02: 2013-03-01 (1)"
