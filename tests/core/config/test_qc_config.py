"""Days, calendars and rules in a feed's config: every fault in one error, at its field."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.config.load import load_feed, load_feeds

MINIMAL: dict[str, Any] = {
    "table": {"database": "db", "schema": "public", "name": "sales"},
    "columns": ["day", "amount", "booked"],
    "date": {"column": "day"},
    "files": {"patterns": ["sales_{month}.tsv"]},
}


def _write(folder: Path, qc: dict[str, Any], **sections: Any) -> Path:
    path = folder / "sales.json"
    path.write_text(json.dumps({**MINIMAL, "qc": qc, **sections}))
    return path


def _faults(folder: Path, qc: dict[str, Any], **sections: Any) -> list[tuple[str, str]]:
    _write(folder, qc, **sections)
    return [(fault.pointer, fault.message) for fault in load_feeds(folder).faults]


def _rule(**fields: Any) -> dict[str, Any]:
    return {"rules": [{"name": "r", **fields}]}


@pytest.mark.parametrize(
    ("qc", "pointer", "message"),
    [
        ({"expected_days": "business"}, "/qc/calendar", "expected_days business needs a country"),
        (
            {"expected_days": "business", "calendar": {"country": "Bavaria"}},
            "/qc/calendar/country",
            "'Bavaria' is not a country",
        ),
        (
            {"expected_days": "business", "calendar": {"country": "DE", "region": "BAY"}},
            "/qc/calendar/region",
            "'BAY' is not a region of DE: there are",
        ),
        (
            {"calendar": {"closed": ["24.12."]}},
            "/qc/calendar/closed/0",
            "write a day as 2024-12-24, or 12-24",
        ),
        ({"calendar": {"open": ["2023-02-29"]}}, "/qc/calendar/open/0", "there is no such day"),
        ({"days": {"low_share": 0.05}}, "/qc/days", "severely_low_share is above low_share"),
        ({"days": {"low_share": 50}}, "/qc/days/low_share", "less than or equal to 1"),
        (
            {"days": {"severities": {"low": "BAD"}}},
            "/qc/days/severities/low",
            "'CRITICAL', 'WARNING' or 'INFO'",
        ),
        (_rule(name="No Good", condition="amount > 0"), "/qc/rules/0/name", "should match pattern"),
        (_rule(), "/qc/rules/0", "a rule has either a condition or an aggregate"),
        (_rule(condition="amount > 0", aggregate="count(*)", min=1), "/qc/rules/0", "a rule has either"),
        (_rule(condition="amount > 0", min=1), "/qc/rules/0", "min and max belong to an aggregate"),
        (_rule(aggregate="count(*)"), "/qc/rules/0", "an aggregate needs min, max or both"),
        (_rule(aggregate="count(*)", min=2, max=1), "/qc/rules/0", "min is above max"),
        (_rule(condition="amout > 0"), "/qc/rules/0/condition", "AMOUT is not one of the columns"),
        (_rule(condition="amount > 0; DROP TABLE x"), "/qc/rules/0/condition", "not one expression"),
        (_rule(aggregate="amount", max=1), "/qc/rules/0/aggregate", "bounds need a number"),
        (
            _rule(aggregate="median(amount)", max=1),
            "/qc/rules/0/aggregate",
            'set "per": "file", and each file is judged',
        ),
        (
            {"rules": [{"name": "r", "condition": "amount > 0"}] * 2},
            "/qc",
            "rules named twice: r",
        ),
        ({"key": ["day", "amout"]}, "/qc/key/1", "AMOUT is not one of the columns"),
        ({"key": ["amount", "day", "AMOUNT"]}, "/qc/key/2", "AMOUNT stands twice in the key"),
        ({"key": "amount"}, "/qc/key", "valid tuple"),
        ({"key_severity": "BAD"}, "/qc/key_severity", "'CRITICAL', 'WARNING' or 'INFO'"),
    ],
)
def test_a_fault_is_at_its_field(tmp_path: Path, qc: dict[str, Any], pointer: str, message: str) -> None:
    ((found, text),) = _faults(tmp_path, qc)

    assert found == pointer
    assert message in text


def test_faults_of_calendar_and_rules_come_together(tmp_path: Path) -> None:
    rules = [{"name": "a", "condition": "amount >"}, {"name": "b", "aggregate": "sum(x)", "min": 1}]
    qc = {"expected_days": "business", "calendar": {"country": "XX"}, "rules": rules}

    assert [pointer for pointer, _ in _faults(tmp_path, qc)] == [
        "/qc/calendar/country",
        "/qc/rules/0/condition",
        "/qc/rules/1/aggregate",
    ]


def test_a_fault_elsewhere_hides_no_fault_of_the_calendar(tmp_path: Path) -> None:
    qc = {"expected_days": "business", "calendar": {"country": "XX"}, **_rule(condition="amount > 0")}

    pointers = {pointer for pointer, _ in _faults(tmp_path, qc, date={"columm": "day"})}

    assert pointers == {"/date/column", "/date/columm", "/qc/calendar/country"}


def test_a_rule_may_read_only_formats_that_can_be_read(tmp_path: Path) -> None:
    text_format = {"timestamp_format": "YYYY-MM-DD HH24:MI:SS TZH"}
    qc = _rule(condition="CAST(booked AS TIMESTAMP) >= day")

    ((pointer, message),) = _faults(tmp_path, qc, format=text_format)

    assert pointer == "/qc/rules/0/condition"
    assert "it reads a timestamp, and format.timestamp_format cannot be used for that" in message
    assert _faults(tmp_path, _rule(condition="amount > 0"), format=text_format) == []


def test_a_feed_that_asks_for_neither_pays_for_neither_library(tmp_path: Path) -> None:
    _write(tmp_path, {"expected_days": "weekdays", "calendar": {"country": "DE", "closed": ["12-24"]}})
    code = (
        "import sys\nfrom pathlib import Path\nfrom sfetl_provider.core.config.load import load_feeds\n"
        f"assert load_feeds(Path({str(tmp_path)!r})).faults == ()\n"
        "print([name for name in ('holidays', 'sqlglot') if name in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert found.stdout == "[]\n"


def test_a_feed_with_everything_is_read(tmp_path: Path) -> None:
    rules = [
        {"name": "positive", "condition": "amount >= 0"},
        {"name": "weekends", "severity": "WARNING", "aggregate": "count_if(dayofweekiso(day) > 5)", "max": 9},
    ]
    qc = {"expected_days": "business", "calendar": {"country": "DE", "region": "BY"}, "rules": rules}
    qc["key"] = ["amount", "Day"]

    feed = load_feed(_write(tmp_path, qc))

    assert [rule.text for rule in feed.qc.rules] == ["amount >= 0", "count_if(dayofweekiso(day) > 5)"]
    assert feed.qc.rules[0].severity == "CRITICAL"
    assert (feed.qc.key, feed.qc.key_severity) == (("AMOUNT", "DAY"), "CRITICAL")
