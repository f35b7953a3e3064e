"""The score: monotone, 100 only when nothing is wrong, and made of what QC found."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.config.qc_model import Severity
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.qc.quality import Quality, Shares, rate
from sfetl_provider.core.qc.report import DateCounts
from sfetl_provider.core.qc.verdict import decide
from tests.core.fakes import feed
from tests.core.report.check_samples import sample_report

share = st.floats(0, 1)
shares = st.builds(Shares, records=share, values=share, days=share)
told = st.lists(st.sampled_from(["CRITICAL", "WARNING", "INFO"]), max_size=30)
WHOLE = Shares(records=1, values=1, days=1)


@given(shares, st.sampled_from(["records", "values", "days"]), share, told)
def test_more_that_is_there_never_lowers_it(
    base: Shares, name: str, other: float, found: list[Severity]
) -> None:
    low, high = sorted((getattr(base, name), other))
    scores = [rate(base.model_copy(update={name: value}), found).score for value in (low, high)]
    assert 0 <= scores[0] <= scores[1] <= 100


@given(shares, told, st.sampled_from(["CRITICAL", "WARNING", "INFO"]))
def test_one_more_finding_never_raises_it(base: Shares, found: list[Severity], more: Severity) -> None:
    assert rate(base, [*found, more]).score <= rate(base, found).score


@given(shares, told)
def test_100_means_that_nothing_is_wrong(base: Shares, found: list[Severity]) -> None:
    is_whole = base == WHOLE and set(found) <= {"INFO"}
    assert (rate(base, found).score == 100) is is_whole


def test_each_part_has_its_weight() -> None:
    assert rate(WHOLE, ["INFO"]).score == 100
    assert rate(WHOLE, ["WARNING"]).score == 95
    assert rate(WHOLE, ["CRITICAL"]).score == 70
    assert rate(Shares(records=0.5, values=1, days=1), []).score == 80
    assert rate(Shares(records=1, values=0.5, days=1), []).score == 90
    assert rate(Shares(records=1, values=1, days=0.5), []).score == 80


def quality_of(qc: dict[str, Any], **changes: Any) -> Quality:
    counts = DateCounts(
        inside=dict.fromkeys((date(2013, 2, day) for day in range(1, 15)), 5),
        outside=0,
        outside_first=None,
        outside_last=None,
        undated=0,
        outside_days=0,
        outside_dates={},
    )
    fields = {"good_records": 75, "bad_records": 25, "bad_lines": (), "dates": counts, **changes}
    verdict = decide([sample_report(**fields)], feed(qc=qc), Month(2013, 2), "file")
    assert verdict.quality is not None
    return verdict.quality


def test_shares_are_those_of_the_month() -> None:
    profile = tuple(
        ColumnProfile(name=name, kind="text", values=values, nulls=75 - values)
        for name, values in (("day", 75), ("amount", 0))
    )
    found = quality_of({}, profile=profile)
    assert found.shares == Shares(records=0.75, values=0.5, days=0.5)
    assert found.critical == 2


@pytest.mark.parametrize(("nulls", "values"), [({}, 1.0), ({"a": 15, "b": 0}, 0.9), ({"a": 999}, 0.0)])
def test_without_a_profile_the_required_columns_count(nulls: dict[str, int], values: float) -> None:
    assert quality_of({"expected_days": "any"}, nulls=nulls).shares == Shares(
        records=0.75, values=values, days=1
    )


def test_a_month_without_files_has_none_of_it_and_unread_files_no_score() -> None:
    nothing = decide([], feed(), Month(2013, 2), "file").quality
    assert nothing is not None
    assert (nothing.score, nothing.shares) == (0, Shares(records=0, values=0, days=0))
    assert decide([], feed(), Month(2013, 2), "skip").quality is None
