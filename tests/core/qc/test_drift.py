"""Drift as a comparison: what lies within the earlier months never drifts, what lies far outside does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.config.drift_model import DriftConfig
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.qc.drift import LISTED_COLUMNS, MonthProfile, drift_findings, with_drift
from sfetl_provider.core.qc.quality import Shares, rate
from tests.core.load_samples import PASSED

CONFIG = DriftConfig()
MONTHS = ("2013-03", "2013-02", "2013-01")


def column(**changes: Any) -> ColumnProfile:
    """Give a column of 100 records with 90 numbers from 0 to 50, half of them different, 4 characters each."""
    fields = {
        "name": "AMOUNT",
        "kind": "number",
        "values": 90,
        "nulls": 10,
        "least": 0,
        "greatest": 50.0,
        "characters": 360,
        "distinct": 45,
    }
    return ColumnProfile.model_validate({**fields, **changes})


def earlier(*columns: ColumnProfile) -> list[MonthProfile]:
    return [MonthProfile(month=name, columns=(found,)) for name, found in zip(MONTHS, columns, strict=False)]


USUAL = earlier(column(), column(nulls=20), column(greatest=60))


def codes(changed: ColumnProfile, past: list[MonthProfile] = USUAL, **config: Any) -> list[str]:
    return [finding.code for finding in drift_findings([changed], past, DriftConfig(**config))]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"nulls": 30}, []),
        ({"nulls": 45}, ["drift_null_share"]),
        ({"nulls": 0, "values": 90}, []),
        ({"greatest": 90}, []),
        ({"greatest": 90.5}, ["drift_range"]),
        ({"least": -31}, ["drift_range"]),
        ({"least": "-", "greatest": "z", "kind": "text"}, []),
        ({"distinct": 25}, ["drift_distinct_ratio"]),
        ({"distinct": 64}, ["drift_distinct_ratio"]),
        ({"distinct": 25, "distinct_most": 50}, []),
        ({"distinct": None}, []),
        ({"characters": 179}, ["drift_mean_length"]),
        ({"characters": 541}, ["drift_mean_length"]),
        ({"values": 0, "nulls": 100, "kind": "empty", "least": None, "distinct": 0}, ["drift_null_share"]),
        ({"name": "NEW", "nulls": 900}, []),
    ],
)
def test_what_lies_too_far_outside_is_found(changes: dict[str, Any], found: list[str]) -> None:
    assert codes(column(**changes)) == found


counts = st.integers(0, 50)
columns = st.builds(
    lambda values, nulls, ends, characters, distinct: column(
        values=values,
        nulls=nulls,
        kind="number" if values else "empty",
        least=min(ends) if values else None,
        greatest=max(ends) if values else None,
        characters=characters if values else 0,
        distinct=min(distinct, values),
    ),
    counts,
    counts,
    st.tuples(st.integers(-5, 5), st.floats(-5, 5)),
    counts,
    counts,
)


@given(st.lists(columns, min_size=3, max_size=3), st.sampled_from([0, 1, 2]))
def test_a_month_like_one_of_them_never_drifts(past: list[ColumnProfile], which: int) -> None:
    none = {"null_share": 0, "range": 0, "distinct_ratio": 0, "mean_length": 0}
    assert codes(past[which], earlier(*past), **none, least_months=1) == []


@given(columns, st.lists(columns, min_size=3, max_size=3))
def test_more_tolerance_never_finds_more(found: ColumnProfile, past: list[ColumnProfile]) -> None:
    narrow = {"null_share": 0.05, "range": 0.1, "distinct_ratio": 0.05, "mean_length": 0.1}
    assert set(codes(found, earlier(*past))) <= set(codes(found, earlier(*past), **narrow))


def test_a_column_of_one_number_drifts_when_it_is_another() -> None:
    past = earlier(*(column(least=0, greatest=0) for _ in MONTHS))
    assert codes(column(least=0, greatest=1), past) == ["drift_range"]


@pytest.mark.parametrize(("config", "found"), [({}, 0), ({"least_months": 2}, 1), ({"months": 2}, 1)])
def test_few_months_are_no_measure(config: dict[str, int], found: int) -> None:
    assert len(codes(column(nulls=900), USUAL[:2], **config)) == found


def test_the_finding_says_what_is_unlike_what() -> None:
    config = DriftConfig.model_validate({"severities": {"range": "INFO"}})
    (found,) = drift_findings([column(least=-100, greatest=1234.5)], USUAL, config)
    assert found.severity == "INFO"
    assert found.message == (
        "Numbers of 1 column unlike 3 months of 2013-01 to 2013-03: AMOUNT -100 to 1,234.5 (before 0 to 60)."
    )


def test_many_columns_are_counted_and_some_are_listed() -> None:
    names = [f"C{at}" for at in range(300)]
    past = [MonthProfile(month=month, columns=tuple(column(name=n) for n in names)) for month in MONTHS]
    (found,) = drift_findings([column(name=name, nulls=90) for name in names], past, CONFIG)
    assert found.message.startswith("Missing values of 300 columns")
    assert found.message.count("before") == LISTED_COLUMNS
    assert found.message.endswith("; and 280 more.")


def test_an_unreadable_profile_is_told_and_not_compared() -> None:
    months = [MonthProfile(month="2012-12", columns=()), *USUAL]
    assert codes(column(nulls=900), months) == ["drift_not_compared", "drift_null_share"]


@pytest.mark.parametrize(("severity", "is_passed", "score"), [("WARNING", True, 95), ("CRITICAL", False, 70)])
def test_drift_changes_the_verdict_as_the_config_says(severity: str, is_passed: bool, score: int) -> None:
    whole = rate(Shares(records=1, values=1, days=1), [])
    verdict = PASSED.model_copy(update={"profile": (column(nulls=900),), "quality": whole})
    config = DriftConfig.model_validate({"severities": {"null_share": severity}})
    changed = with_drift(verdict, USUAL, config)
    assert changed.is_passed is is_passed
    assert changed.quality is not None
    assert changed.quality.score == score
    assert with_drift(verdict, USUAL[:1], config) == verdict
