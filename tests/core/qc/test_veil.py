"""Nothing that QC tells of a month holds a value of a masked column."""

from __future__ import annotations

from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from pydantic import ValidationError

from sfetl_provider.core.config.suite import masked_faults, read_suite
from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, check_month
from sfetl_provider.core.qc.rejects import open_rejects
from sfetl_provider.core.qc.scan import Places, scan_file
from tests.core.fakes import feed, source_file

MONTH = Month(2013, 2)
MASK = {"method": "hash", "where": "before_stage", "pattern": ".*"}
COLUMNS = [
    "day",
    {"name": "card", "mask": MASK, "type": "VARCHAR(64)"},
    {"name": "size", "type": "NUMBER(2,0)"},
]
SECRET = "secret"
# Keys that repeat, a broken rule, a value that does not fit, a field too many and some too few.
TEXT = "".join(
    [
        *(f"2013-02-{day:02}\t{SECRET}{day % 9}\t{day}\n" for day in range(1, 29)),
        f"2013-02-01\t{SECRET}1\t1000\n",
        f"2013-02-01\t{SECRET}2\t1\textra\n",
        f"{SECRET}3\n",
    ]
).encode()
SUITE = {
    "name": "s",
    "expectations": [
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "card", "regex": "^x"}},
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "card"}},
    ],
}


def checked(folder: Path, text: bytes = TEXT, **sections: Any) -> str:
    qc = {
        "target": "config",
        "key": ["card"],
        "profile": "full",
        "rules": [{"name": "short", "condition": "length(card) < 3"}],
    }
    config = feed(columns=COLUMNS, mask_conn_id="masks", qc=qc, **sections)
    config = config.model_copy(update={"suite": SUITE})
    check = check_month([source_file(folder / "f.tsv", text)], config, MONTH, CheckPaths(folder / "scratch"))
    return check.model_dump_json()


@pytest.mark.parametrize("has_bad_lines", [True, False])
def test_a_check_tells_counts_and_places_and_no_value(tmp_path: Path, has_bad_lines: bool) -> None:
    found = checked(tmp_path, TEXT if has_bad_lines else b"".join(TEXT.splitlines(True)[:-2]))

    assert SECRET not in found
    # A value of a column that is not masked; values are quoted of files without bad lines.
    assert ('"1000"' in found) is not has_bad_lines
    assert "duplicate" in found
    assert "(not shown: the feed has masked columns)" in found


def test_a_header_that_is_a_record_is_not_shown(tmp_path: Path) -> None:
    assert SECRET not in checked(tmp_path, format={"header": True})


def test_a_rule_that_cannot_be_computed_tells_no_value(tmp_path: Path) -> None:
    number = "9" * 27
    rules = [{"name": "large", "condition": "card * card * card > 0"}]
    config = feed(columns=COLUMNS, mask_conn_id="masks", qc={"rules": rules})
    source = source_file(tmp_path / "f.tsv", f"2013-02-01\t{number}\t1\n".encode())

    with pytest.raises(QcFailedError, match=r"cannot be computed over f\.tsv: \(not shown") as caught:
        scan_file(source, config, MONTH, Places(tmp_path / "scratch"))

    assert number not in "".join(format_exception(caught.value))


def test_the_list_of_bad_lines_holds_places_only(tmp_path: Path) -> None:
    config = feed(columns=COLUMNS, mask_conn_id="masks")
    path = tmp_path / "rejects.tsv"

    with open_rejects(path, 10_000) as rejects:
        scan_file(source_file(tmp_path / "f.tsv", TEXT), config, MONTH, Places(tmp_path / "scratch", rejects))

    assert rejects.lines == 2
    assert SECRET not in path.read_text()


def test_rules_and_suites_that_would_tell_a_value_are_refused() -> None:
    with pytest.raises(ValidationError, match="rule most: max of CARD would tell masked values"):
        feed(
            columns=COLUMNS,
            mask_conn_id="masks",
            qc={"rules": [{"name": "most", "aggregate": "max(card)", "max": 1}]},
        )

    suite = read_suite(
        {
            "name": "s",
            "expectations": [
                *SUITE["expectations"],
                {"type": "expect_column_max_to_be_between", "kwargs": {"column": "card", "max_value": 1}},
            ],
        },
        ("DAY", "CARD", "SIZE"),
    )

    assert [place for place, _ in masked_faults(suite, ("CARD",))] == [("expectations", 2, "type")]
