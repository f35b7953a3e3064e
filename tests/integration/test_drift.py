"""Drift over the local warehouse: profiles are published with their months, and a month unlike them is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.local_files import find_files
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.config.drift_model import DriftConfig
from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.errors import WarehouseUnavailableError
from sfetl_provider.core.ledger.profiles import earlier_profiles
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.qc.check import CheckPaths, check_month
from sfetl_provider.core.qc.drift import with_drift
from sfetl_provider.core.qc.report import QcVerdict
from tests.core.load_samples import sample_config
from tests.integration.loading_bench import (
    CLOCK,
    CONFIG,
    drop_request,
    loaded_job,
    make_target,
    open_dying_session,
    open_session,
    planned,
)

QC = sample_config(qc={"profile": "full", "expected_days": "any"})


@pytest.fixture
def session() -> Iterator[SnowflakeSession]:
    with running_warehouse() as running, open_session(running) as opened:
        make_target(opened)
        yield opened


def checked(folder: Path, month: str, carrier: str, distance: str) -> QcVerdict:
    """Check a month of ten records."""
    path = folder / f"flights_{month}.tsv"
    path.write_text(
        "".join(f"{month}-{day:02}\t{carrier}\t{distance and day * 10}\n" for day in range(1, 11))
    )
    files = find_files(folder, [path.name], [])
    return check_month(files, QC, Month.parse(month, CLOCK.now().date()), CheckPaths(folder / "qc")).verdict


def published(session: SnowflakeSession, verdict: QcVerdict, month: str, run_id: str = "one") -> None:
    job = loaded_job(session, planned(session, f"{run_id}-{month}", month), 10)
    publish_month(replace(job, verdict=verdict), session, CLOCK)


def months_before(session: SnowflakeSession, month: str, count: int = 6) -> list[str]:
    return [found.month for found in earlier_profiles(session, "DEMO", CONFIG.feed, month, count)]


def test_a_month_unlike_the_published_ones_is_told(session: SnowflakeSession, tmp_path: Path) -> None:
    months = [f"2013-{number:02}" for number in range(1, 5)]
    verdicts = {month: checked(tmp_path, month, "AA", "x") for month in months}
    for month in months:
        published(session, verdicts[month], month)
    assert months_before(session, "2013-05", 3) == ["2013-04", "2013-03", "2013-02"]
    assert months_before(session, "2013-03") == ["2013-02", "2013-01"]

    earlier = earlier_profiles(session, "DEMO", CONFIG.feed, "2013-05", 6)
    assert earlier[0].columns == verdicts["2013-04"].profile
    usual = with_drift(checked(tmp_path, "2013-05", "AA", "x"), earlier, DriftConfig())
    unlike = with_drift(checked(tmp_path, "2013-05", "American", ""), earlier, DriftConfig())

    assert not [finding for finding in usual.findings if finding.code.startswith("drift")]
    assert {finding.code: finding.severity for finding in unlike.findings if "drift" in finding.code} == {
        "drift_null_share": "WARNING",
        "drift_mean_length": "WARNING",
    }
    assert unlike.is_passed


def test_the_newest_publication_counts_and_after_a_drop_none(
    session: SnowflakeSession, tmp_path: Path
) -> None:
    first, second = (checked(tmp_path, "2013-01", name, "x") for name in ("AA", "American"))
    published(session, first, "2013-01")
    published(session, second, "2013-01", "two")
    (found,) = earlier_profiles(session, "DEMO", CONFIG.feed, "2013-02", 6)
    assert found.columns == second.profile

    drop_month(drop_request(session, "d" * 12), CONFIG, session, CLOCK)
    assert months_before(session, "2013-02") == []


@pytest.mark.parametrize("is_after", [False, True])
def test_a_publication_that_fails_leaves_no_profile(tmp_path: Path, is_after: bool) -> None:
    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        verdict = checked(tmp_path, "2013-01", "AA", "x")
        job = replace(loaded_job(session, planned(session, "one"), 10), verdict=verdict)
        words = 'INSERT INTO "DEMO"."SFETL"."PROFILES"'
        with (
            open_dying_session(running, words, is_after=is_after) as dying,
            pytest.raises(WarehouseUnavailableError),
        ):
            publish_month(job, dying, CLOCK)
        assert session.query("SELECT COUNT(*) FROM DEMO.SFETL.PROFILES").scalar() == 0

        publish_month(job, session, CLOCK)
        publish_month(job, session, CLOCK)
        assert session.query("SELECT COUNT(*) FROM DEMO.SFETL.PROFILES").scalar() == 1
