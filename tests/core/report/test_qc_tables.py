"""The profile as a table: a row a column, each value below its title, empty where there is none."""

from __future__ import annotations

import csv
from io import StringIO

from sfetl_provider.core.qc.column_profile import ColumnProfile, TopValue
from sfetl_provider.core.report.qc_tables import profile_csv
from tests.core.report.check_samples import sample_check

AMOUNT = ColumnProfile(
    name="AMOUNT",
    kind="number",
    values=4,
    nulls=1,
    least=-1.5,
    greatest=3,
    shortest=1,
    longest=4,
    characters=10,
    distinct=3,
    distinct_most=4,
    is_distinct_exact=True,
    sampled=4,
    top=(TopValue(value="=1+1", share=0.5),),
    quantiles=(0.0, 0.25, 0.5, 0.75, 1.0),
)
EMPTY = ColumnProfile(name="NOTE", kind="empty", values=0, nulls=5)


def test_each_column_has_a_row_with_its_values_below_their_titles() -> None:
    sample = sample_check()
    check = sample.model_copy(
        update={"verdict": sample.verdict.model_copy(update={"profile": (AMOUNT, EMPTY)})}
    )

    amount, empty = csv.DictReader(StringIO(profile_csv(check).removeprefix("\ufeff")))

    assert (amount["feed"], amount["month"], amount["column"]) == ("sales", "2024-02", "AMOUNT")
    assert (amount["min"], amount["max"], amount["mean_length"]) == ("-1.5", "3", "2.5")
    assert (amount["distinct"], amount["distinct_most"], amount["distinct_is"]) == ("3", "4", "exact")
    assert (amount["p50"], amount["top_1_share"], amount["top_2"]) == ("0.5", "0.5", "")
    assert amount["top_1"].endswith("=1+1")
    assert {name for name, value in empty.items() if value} == {
        "feed",
        "month",
        "column",
        "kind",
        "values",
        "nulls",
    }
