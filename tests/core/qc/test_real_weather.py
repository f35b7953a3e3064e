"""The demo's own data: New York's weather of 2013, whose last day is missing in the source."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.input.demo_data import weather_file, write_demo_data
from sfetl_provider.core.config.load import load_feed
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, check_month
from sfetl_provider.core.qc.report import QcVerdict
from tests.core.fakes import source_file

CONFIG = load_feed(Path(__file__).parents[3] / "include" / "configs" / "weather.json")


@pytest.fixture(scope="module")
def incoming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incoming")
    write_demo_data(folder)
    return folder


def _verdict(incoming: Path, number: int, scratch: Path) -> QcVerdict:
    month = Month(2013, number)
    file = source_file(incoming / "weather" / weather_file(str(month)))
    return check_month([file], CONFIG, month, CheckPaths(scratch)).verdict


def test_december_lacks_its_last_day(incoming: Path, tmp_path: Path) -> None:
    verdict = _verdict(incoming, 12, tmp_path)

    assert [finding.message for finding in verdict.findings if finding.severity == "CRITICAL"] == [
        "No records for 1 of the expected days of 2013-12: 2013-12-31. Have them delivered, or set "
        "qc.expected_days or qc.calendar of the feed if they are not expected."
    ]
    assert (verdict.days[-1].rows, verdict.days[-1].day_class) == (0, "MISSING")


@pytest.mark.parametrize("number", range(1, 12))
def test_the_other_months_load_as_before(incoming: Path, tmp_path: Path, number: int) -> None:
    verdict = _verdict(incoming, number, tmp_path)

    assert verdict.is_passed
    assert all(day.rows >= 60 for day in verdict.days)


def test_hours_stand_twice_when_the_clocks_go_back(incoming: Path, tmp_path: Path) -> None:
    findings = _verdict(incoming, 11, tmp_path).findings

    assert [finding.severity for finding in findings if finding.code == "duplicate_keys"] == ["WARNING"]
