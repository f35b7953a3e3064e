"""Keys of the load table: what stands twice, and rows that lack a value of the key."""

from __future__ import annotations

from sfetl_provider.core.audit.findings import by_policy
from sfetl_provider.core.audit.load_keys import LoadKeys, load_key_findings
from sfetl_provider.core.qc.report import Finding
from tests.core.load_samples import sample_config

CONFIG = sample_config(qc={"key": ["flight_date", "carrier"], "key_severity": "WARNING"})


def test_duplicates_are_counted_with_samples_and_missing_values_told() -> None:
    keys = LoadKeys(3, 8, ((2, ("2013-01-01", "AA")), (4, ("2013-01-02", "BB"))), "q1")

    missing, doubled = load_key_findings(keys, 2_000, CONFIG)

    assert (missing.severity, missing.code) == ("WARNING", "keys_missing")
    assert missing.message.startswith("2,000 rows lack a value in the key (FLIGHT_DATE, CARRIER)")
    assert (doubled.severity, doubled.code) == ("WARNING", "duplicate_keys")
    assert "3 values of the key (FLIGHT_DATE, CARRIER) more than once, 5 rows too many" in doubled.message
    assert doubled.message.endswith("('2013-01-02', 'BB') 4 times; and 1 more.")
    assert list(load_key_findings(LoadKeys(0, 0, (), "q1"), 0, CONFIG)) == []


def test_dates_outside_the_month_warn_where_they_are_kept_apart() -> None:
    found = [Finding(severity="CRITICAL", code="undated", message="3 rows have no date")]

    (warned,) = by_policy(found, "reject")

    assert by_policy(found, "fail") == found
    assert (warned.severity, warned.message[-39:]) == (
        "WARNING",
        "published but kept in SFETL.REJECTED_ROWS"[-39:],
    )
