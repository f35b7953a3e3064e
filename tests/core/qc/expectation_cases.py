"""Expectations over one small table, each to be judged by Great Expectations over pandas and by us over the file.

The table has missing values (\\N), empty texts, unicode, repeated and unordered values. `ident`, `amount`, `whole`
and `other` are numbers, `when` are times, the rest are texts; pandas reads them so.
"""

from __future__ import annotations

from typing import Any

COLUMNS = ("day", "ident", "amount", "whole", "other", "name", "code", "stamp", "when", "void")
NUMBERS = ("ident", "amount", "whole", "other")
ROWS = (
    ("2013-02-01", "1", "10.5", "3", "3", "Ada", "A", "01/02/2013", "2013-02-01 00:00:00", r"\N"),
    ("2013-02-02", "2", "-2.25", "4", "5", "Böll", "B", "29/02/2012", "2013-02-02 02:30:00", r"\N"),
    ("2013-02-03", "3", r"\N", "4", "4", "", "A", "31/02/2013", r"\N", r"\N"),
    ("2013-02-04", "4", "0.1", r"\N", "7", "日本語", "", "2013-02-04", "2013-02-04 04:30:00", r"\N"),
    ("2013-02-05", "5", "1e3", "9", "7", "Ada", r"\N", r"\N", "2013-02-05 05:30:00", r"\N"),
    ("2013-02-06", "6", "0.2", r"\N", r"\N", r"\N", "C", "7/3/2013", "2013-02-06 06:30:00", r"\N"),
    ("2013-02-07", "7", "0.3", "12", "11", "naïve café", "A", "12/12/12", "2013-02-07 07:30:00", r"\N"),
    ("2013-02-08", "8", "10.5", "12", "12", "a_b%c", "B", "", "2013-02-08 08:30:00", r"\N"),
    ("2013-02-09", "9", "7", "3", "2", "😀 smile", "ä", "01/01/2013", "2013-02-09 09:30:00", r"\N"),
    (
        "2013-02-10",
        "10",
        "8.75",
        "20",
        "21",
        "line\u2028end ٣",
        "B",
        "01/13/2013",
        "2013-02-10 00:30:00",
        r"\N",
    ),
)


def _case(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs}


def _where(kind: str, condition: Any, **kwargs: Any) -> dict[str, Any]:
    parser = {"condition_parser": "pandas"} if isinstance(condition, str) else {}
    return _case(kind, row_condition=condition, **parser, **kwargs)


def _between(kind: str, column: str, *bounds: Any) -> dict[str, Any]:
    return _case(f"column_{kind}_to_be_between", column=column, min_value=bounds[0], max_value=bounds[1])


def _compared(column: str, operator: str, parameter: Any) -> dict[str, Any]:
    return {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": parameter}


RECORDS = [
    *(_case("column_values_to_not_be_null", column=column) for column in ("ident", "amount", "name", "void")),
    *(_case("column_values_to_be_null", column=column) for column in ("amount", "name", "void")),
    _case("column_values_to_not_be_null", column="amount", mostly=0.9),
    _case("column_values_to_be_in_set", column="whole", value_set=[3, 4, 12]),
    _case("column_values_to_be_in_set", column="amount", value_set=[10.5, 1000, 7]),
    _case("column_values_to_be_in_set", column="code", value_set=["A", "B", ""]),
    _case("column_values_to_be_in_set", column="code", value_set=["A", "B", "C", "ä", ""]),
    _case("column_values_to_be_in_set", column="code", value_set=["A", "B"], mostly=0.6),
    _case("column_values_to_be_in_set", column="code", value_set=[]),
    _case("column_values_to_be_in_set", column="void", value_set=["A"]),
    _case("column_values_to_not_be_in_set", column="whole", value_set=[3, 99]),
    _case("column_values_to_not_be_in_set", column="name", value_set=["日本語"]),
    _case("column_values_to_not_be_in_set", column="name", value_set=["x"]),
    _case("column_values_to_be_between", column="amount", min_value=0, max_value=10.5),
    _case("column_values_to_be_between", column="amount", min_value=0.1, strict_min=True),
    _case("column_values_to_be_between", column="amount", max_value=1000, strict_max=True, mostly=0.8),
    _case("column_values_to_be_between", column="ident", min_value=1, max_value=10),
    _case(
        "column_values_to_be_between",
        column="when",
        min_value="2013-02-02T00:00:00",
        max_value="2013-02-09T00:00:00",
    ),
    _case("column_values_to_be_between", column="when", min_value="2013-02-02T00:00:00", strict_min=True),
    _case("column_value_lengths_to_be_between", column="name", min_value=1, max_value=5),
    _case("column_value_lengths_to_be_between", column="name", min_value=3, strict_min=True),
    _case("column_value_lengths_to_equal", column="name", value=3),
    _case("column_value_lengths_to_equal", column="code", value=1, mostly=0.8),
    _case("column_values_to_match_regex", column="name", regex=r"^\w+$"),
    _case("column_values_to_match_regex", column="name", regex=r"\d"),
    _case("column_values_to_match_regex", column="name", regex=r"[^\s\d]"),
    _case("column_values_to_match_regex", column="name", regex=r"\s"),
    _case("column_values_to_match_regex", column="name", regex="^$|(?i)^ADA$" if False else "(?i)^ADA$"),
    _case("column_values_to_match_regex", column="name", regex=r"^.{0,4}\Z"),
    _case("column_values_to_not_match_regex", column="name", regex=r"\W"),
    _case("column_values_to_not_match_regex", column="code", regex="^[AB]$"),
    _case("column_values_to_match_regex_list", column="name", regex_list=["^A", "é$"]),
    _case("column_values_to_match_regex_list", column="name", regex_list=["a", "A"], match_on="all"),
    _case("column_values_to_not_match_regex_list", column="name", regex_list=["^A", "日"]),
    _case("column_values_to_match_strftime_format", column="day", strftime_format="%Y-%m-%d"),
    _case("column_values_to_match_strftime_format", column="stamp", strftime_format="%d/%m/%Y"),
    _case("column_values_to_match_strftime_format", column="stamp", strftime_format="%d/%m/%y"),
    _case("column_values_to_be_json_parseable", column="name"),
    _case("column_values_to_be_json_parseable", column="stamp", mostly=0.1),
    _case("column_pair_values_to_be_equal", column_A="whole", column_B="other"),
    *(
        _case("column_pair_values_to_be_equal", column_A="whole", column_B="other", ignore_row_if=ignored)
        for ignored in ("either_value_is_missing", "neither")
    ),
    _case("column_pair_values_to_be_equal", column_A="name", column_B="code"),
    _case("column_pair_values_a_to_be_greater_than_b", column_A="other", column_B="whole"),
    _case("column_pair_values_a_to_be_greater_than_b", column_A="other", column_B="whole", or_equal=True),
    _case(
        "column_pair_values_to_be_in_set",
        column_A="whole",
        column_B="other",
        value_pairs_set=[[3, 3], [12, 12]],
    ),
    _case(
        "column_pair_values_to_be_in_set",
        column_A="name",
        column_B="code",
        value_pairs_set=[["Ada", "A"], ["", "A"]],
    ),
    _case("multicolumn_sum_to_equal", column_list=["whole", "other"], sum_total=6),
    _case(
        "multicolumn_sum_to_equal",
        column_list=["amount", "ident"],
        sum_total=7.3,
        ignore_row_if="any_value_is_missing",
    ),
    _case("multicolumn_values_to_be_equal", column_list=["whole", "other"]),
    _case("multicolumn_values_to_be_equal", column_list=["whole", "other"], ignore_row_if="never"),
    _case("select_column_values_to_be_unique_within_record", column_list=["whole", "other", "ident"]),
    _case(
        "select_column_values_to_be_unique_within_record",
        column_list=["whole", "other"],
        ignore_row_if="any_value_is_missing",
    ),
    _case(
        "select_column_values_to_be_unique_within_record",
        column_list=["whole", "other"],
        ignore_row_if="never",
    ),
]

GROUPS = [
    *(_case("column_values_to_be_unique", column=column) for column in ("ident", "name", "whole", "void")),
    _case("column_values_to_be_unique", column="name", mostly=0.75),
    *(
        _case("compound_columns_to_be_unique", column_list=["whole", "code"], ignore_row_if=ignored)
        for ignored in ("all_values_are_missing", "any_value_is_missing", "never")
    ),
    _case("compound_columns_to_be_unique", column_list=["name", "code", "ident"]),
    *(
        _between("unique_value_count", column, *bounds)
        for column, bounds in (("name", (8, 9)), ("whole", (1, 3)))
    ),
    _between("proportion_of_unique_values", "whole", 0.5, 0.9),
    _between("proportion_of_unique_values", "void", 0, 1),
    _case("column_distinct_values_to_be_in_set", column="code", value_set=["A", "B", "C"]),
    _case("column_distinct_values_to_be_in_set", column="code", value_set=["A", "B", "C", "", "ä", "x"]),
    _case("column_distinct_values_to_be_in_set", column="whole", value_set=[3, 4, 9]),
    _case("column_distinct_values_to_contain_set", column="code", value_set=["A", "ä"]),
    _case("column_distinct_values_to_contain_set", column="whole", value_set=[3, 5]),
    _case("column_distinct_values_to_equal_set", column="whole", value_set=[3, 4, 9, 12, 20]),
    _case("column_distinct_values_to_equal_set", column="code", value_set=["A", "B", "y"]),
    _case("column_most_common_value_to_be_in_set", column="code", value_set=["A", "B"], ties_okay=True),
    _case("column_most_common_value_to_be_in_set", column="code", value_set=["A"]),
    _case("column_most_common_value_to_be_in_set", column="name", value_set=["Ada"]),
]

TOTALS = [
    *(
        _between(kind, column, *bounds)
        for kind, bounds in (
            ("min", (-3, 2)),
            ("max", (10, 50)),
            ("sum", (50, 100)),
            ("mean", (5, 8)),
            ("median", (6, 9)),
            ("stdev", (3, 7)),
        )
        for column in ("ident", "amount", "whole", "void")
        if column != "void" or kind in ("mean", "stdev", "median")
    ),
    _between("mean", "amount", None, None),
    _between("min", "when", "2013-02-01T00:00:00", "2013-02-02T00:00:00"),
    _between("max", "when", "2013-02-10T12:00:00", None),
    _case("column_max_to_be_between", column="whole", min_value=20, strict_min=True),
    _case("column_min_to_be_between", column="whole", max_value=3, strict_max=False),
    _between("proportion_of_non_null_values", "amount", 0.9, 1),
    _between("proportion_of_non_null_values", "void", 0.1, None),
    *(
        _case(
            "column_quantile_values_to_be_between",
            column="amount",
            quantile_ranges={
                "quantiles": [0.05, 0.25, 0.5, 0.9],
                "value_ranges": [[-3, 0], [0, 1], [None, 8], [10, None]],
            },
            allow_relative_error=method,
        )
        for method in (False, "linear", "lower", "higher", "midpoint")
    ),
    _case("column_value_z_scores_to_be_less_than", column="amount", threshold=2, double_sided=True),
    _case("column_value_z_scores_to_be_less_than", column="whole", threshold=1, double_sided=False),
    _case("column_values_to_not_be_outliers", column="amount"),
    _case("column_values_to_not_be_outliers", column="whole", method="std", multiplier=1.2, mostly=0.8),
    _case("column_values_to_be_increasing", column="ident", strictly=True),
    _case("column_values_to_be_increasing", column="whole"),
    _case("column_values_to_be_increasing", column="whole", strictly=True),
    _case("column_values_to_be_decreasing", column="amount", mostly=0.4),
    _case("table_row_count_to_equal", value=10),
    _case("table_row_count_to_equal", value=11),
    _case("table_row_count_to_be_between", min_value=1, max_value=9),
    _case("table_column_count_to_equal", value=10),
    _case("table_column_count_to_be_between", min_value=11),
    _case("table_columns_to_match_set", column_set=list(COLUMNS)),
    _case("table_columns_to_match_set", column_set=["day", "x"], exact_match=True),
    _case("table_columns_to_match_set", column_set=["day"], exact_match=False),
    _case("table_columns_to_match_ordered_list", column_list=list(COLUMNS)),
    _case("table_columns_to_match_ordered_list", column_list=["ident", "day"]),
    _case("column_to_exist", column="name"),
    _case("column_to_exist", column="name", column_index=5),
    _case("column_to_exist", column="nothing"),
]

CONDITIONS = [
    _where("column_values_to_be_in_set", "whole > 3", column="code", value_set=["A"]),
    _where("column_values_to_be_in_set", "whole != 3", column="code", value_set=["A"]),
    _where("column_values_to_be_in_set", "not whole > 3", column="code", value_set=["A"]),
    _where("column_values_to_be_unique", "code in ['A', 'B'] & ident >= 2", column="name"),
    _where("column_mean_to_be_between", "name.notnull() and code != ''", column="amount", min_value=1),
    _where("column_median_to_be_between", "3 <= ident < 9", column="ident", max_value=5),
    _where("column_values_to_be_increasing", "`code` == 'B' or other.isnull()", column="ident"),
    _where("column_values_to_not_be_null", "code not in ['A']", column="name"),
    _where("column_pair_values_to_be_equal", "ident < other", column_A="whole", column_B="other"),
    _where("compound_columns_to_be_unique", "ident > 1", column_list=["whole", "code"]),
    _where("column_distinct_values_to_contain_set", "ident > 5", column="code", value_set=["A"]),
    _where("table_row_count_to_equal", "code == 'A'", value=3),
    _where("column_max_to_be_between", "ident == 100", column="ident", min_value=1),
    _where("column_values_to_not_be_null", _compared("whole", ">=", 4), column="amount"),
    _where("column_values_to_not_be_null", _compared("code", "NOT_IN", ["A", "C"]), column="name"),
    _where(
        "column_values_to_be_between",
        {
            "type": "or",
            "conditions": [
                {"type": "nullity", "column": {"name": "whole"}, "is_null": True},
                {
                    "type": "and",
                    "conditions": [_compared("ident", "<", 8), _compared("name", "==", "Ada")],
                },
            ],
        },
        column="amount",
        min_value=1,
    ),
]

CASES = [*RECORDS, *GROUPS, *TOTALS, *CONDITIONS]
