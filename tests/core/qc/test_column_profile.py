"""The profile as a value: its size between tasks, its forms, and that of several files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.column_profile import ColumnProfile, TopValue, fit_profile, packed_bytes
from sfetl_provider.core.qc.first_records import FIRST_BYTES
from sfetl_provider.core.qc.profile_join import join_profiles
from sfetl_provider.core.qc.record_sample import SAMPLE_BYTES
from sfetl_provider.core.qc.report import QcReport, QcVerdict
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide
from sfetl_provider.core.report.profile_table import column_rows
from tests.core.fakes import feed, source_file
from tests.core.report.check_samples import sample_report

XCOM_BYTES = 48_000
FEBRUARY = Month(2013, 2)


def wide(at: int) -> ColumnProfile:
    """Give a column with all that a profile can hold, in texts that JSON writes at six times their length."""
    return ColumnProfile(
        name=f"CUSTOMER_ACCOUNT_{at}",
        kind="number" if at % 2 else "text",
        values=987_654_321,
        nulls=12_345_678,
        least=-1234.5678 if at % 2 else "ä" * 60,
        greatest=99_999_999.99 if at % 2 else "ö" * 60,
        shortest=1,
        longest=200,
        characters=12_345_678_901,
        distinct=123_456_789,
        distinct_most=223_456_789,
        sampled=150_000,
        top=tuple(TopValue(value=f"{'ü' * 58}{rank}", share=0.123456) for rank in range(10)),
        quantiles=(1.25, 2.5, 3.75, 4.5, 5.25) if at % 2 else (),
        is_distinct_exact=True,
    )


def test_300_columns_stay_below_48_kilobytes_between_tasks() -> None:
    profile = fit_profile([wide(at) for at in range(300)])
    report = sample_report(bad_lines=(), profile=profile)
    verdict = decide([report], feed(), FEBRUARY, "file").model_copy(update={"profile": profile})

    assert len(json.dumps(report.to_xcom())) < XCOM_BYTES
    assert len(json.dumps(verdict.to_xcom())) < XCOM_BYTES
    assert QcReport.from_json(report.to_xcom()) == QcReport.from_json(report.to_json()) == report
    assert QcVerdict.from_json(verdict.to_xcom()) == QcVerdict.from_json(verdict.to_json()) == verdict
    assert [(column.values, column.nulls, column.distinct) for column in profile] == [
        (987_654_321, 12_345_678, 123_456_789)
    ] * 300
    assert profile[1].least == -1234.5678


def test_few_columns_keep_all_they_have() -> None:
    few = tuple(wide(at) for at in range(8))
    assert fit_profile(few) == few
    assert packed_bytes(few) > 8_000


counts = st.integers(0, 1_000)
texts = st.text("ab0…", max_size=4)
profiles = st.builds(
    ColumnProfile,
    name=texts,
    kind=st.sampled_from(["number", "text", "empty"]),
    values=counts,
    nulls=counts,
    least=st.none() | st.integers(-2, 2) | texts,
    shortest=st.none() | counts,
    characters=counts,
    distinct=st.none() | counts,
    top=st.lists(st.builds(TopValue, value=texts, share=st.floats(0, 1)), max_size=2).map(tuple),
)


@given(profiles)
def test_each_form_is_read_back(column: ColumnProfile) -> None:
    assert ColumnProfile.from_json(column.to_json()) == column
    assert ColumnProfile.from_json(column.model_dump(mode="json", context={"is_packed": True})) == column


rows = st.lists(st.tuples(st.integers(1, 28), st.sampled_from(["", "0", "-7.5", "x", "12"])), max_size=12)


@settings(max_examples=10, deadline=None)  # each reads three files
@given(rows, st.integers(0, 12))
def test_profile_of_two_files_is_that_of_one_as_far_as_it_says(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str]], cut_at: int
) -> None:
    config = feed(columns=["day", "amount"], date={"column": "day"}, qc={"profile": "full"})
    folder = tmp_path_factory.mktemp("profile")

    def profiled(part: list[tuple[int, str]]) -> tuple[ColumnProfile, ...]:
        path = folder / "part.tsv"
        path.write_text("".join(f"{date(2013, 2, day)}\t{amount}\n" for day, amount in part))
        return scan_file(source_file(path), config, FEBRUARY, Places(folder / "scratch")).profile

    parts = [found for found in map(profiled, (rows[:cut_at], rows[cut_at:])) if found]
    joined, whole = join_profiles(parts) if parts else (), profiled(rows)
    assert len(joined) == len(whole)
    for column, wanted in zip(joined, whole, strict=True):
        exact = ("name", "values", "nulls", "shortest", "longest", "characters", "sampled")
        assert [getattr(column, name) for name in exact] == [getattr(wanted, name) for name in exact]
        if column.kind == wanted.kind != "text":
            assert (column.least, column.greatest) == (wanted.least, wanted.greatest)
        most = column.distinct if column.distinct_most is None else column.distinct_most
        assert (column.distinct or 0) <= (wanted.distinct or 0) <= (most or 0)


def test_kinds_are_those_of_all_records_whatever_the_first_mebibyte_holds(tmp_path: Path) -> None:
    config = feed(columns=["day", "late", "early", "always"], date={"column": "day"}, qc={"profile": "basic"})
    few = "2013-02-01\t7\t2013-02-02\t1.5\n"
    path = tmp_path / "part.tsv"
    path.write_text(
        few.replace("2013-02-02", "x") + few * (FIRST_BYTES // len(few) + 1) + few.replace("7", "x")
    )

    profile = scan_file(source_file(path), config, FEBRUARY, Places(tmp_path / "scratch")).profile

    found = [(column.kind, column.least, column.greatest) for column in profile]
    assert found == [
        ("date", "2013-02-01", "2013-02-01"),
        ("text", "7", "x"),
        ("text", "2013-02-02", "x"),
        ("number", 1.5, 1.5),
    ]


def test_few_values_are_counted_exactly_in_a_file_larger_than_the_sample(tmp_path: Path) -> None:
    config = feed(columns=["day", "ident", "note"], date={"column": "day"}, qc={"profile": "full"})
    path = tmp_path / "part.tsv"
    records = SAMPLE_BYTES // 1_000 + 1
    path.write_text(
        "".join(f"{date(2013, 2, 1 + at * 28 // records)}\t{at}\t{'x' * 1_000}\n" for at in range(records))
    )

    profile = scan_file(source_file(path), config, FEBRUARY, Places(tmp_path / "scratch")).profile

    assert [column.is_distinct_exact for column in profile] == [True, False, True]
    assert (profile[0].distinct, profile[2].distinct) == (28, 1)
    assert (joined := join_profiles([profile, profile]))[0].is_distinct_exact
    assert [row.distinct[:1] for row in column_rows(joined)] == ["2", "≈", "1"]
