"""Columns of the files that the config does not name: loaded as texts and left out where the feed ignores them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.job import CopyJob, with_header
from sfetl_provider.core.copy_into.statement import create_load_table
from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.check import CheckPaths, check_files
from sfetl_provider.core.qc.noted_header import note_headers
from sfetl_provider.core.qc.verdict import decide
from tests.core.fakes import feed, plan, source_file

MONTH = Month(2013, 1)


def ignoring(**sections: Any) -> FeedConfig:
    place = {"database": "demo", "schema": "public", "name": "flights", "schema_changes": "ignore"}
    return feed(**{"table": place, "format": {"header": True}, "qc": {"expected_days": "any"}, **sections})


def noted(tmp_path: Path, header: str, config: FeedConfig) -> tuple[str, ...]:
    (file,) = note_headers([source_file(tmp_path / "f.tsv", f"{header}\n".encode())], config)
    return file.header


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("id\tnew\tDay\ttext", ("ID", "NEW", "DAY", "TEXT")),
        ("id\tday\ttext\ta new one", ("ID", "DAY", "TEXT", "a new one")),
        ("id\tday\ttext", ()),
        ("new\tid\ttext", ()),
        ("text\tday\tid\tnew", ()),
        ("id\tday\ttext\tnew\tNEW", ()),
        ("id\tday\ttext\t", ()),
    ],
    ids=["within", "odd-name", "none", "one-missing", "another-order", "twice", "without-name"],
)
def test_a_header_is_noted_when_it_only_has_more(
    header: str, columns: tuple[str, ...], tmp_path: Path
) -> None:
    assert noted(tmp_path, header, ignoring()) == columns


def test_other_policies_and_masks_before_staging_leave_it_to_qc(tmp_path: Path) -> None:
    mask = {"name": "text", "mask": {"method": "fixed"}}

    assert noted(tmp_path, "id\tday\ttext\tnew", feed(format={"header": True})) == ()
    assert noted(tmp_path, "id\tday\ttext\tnew", ignoring(columns=["id", "day", mask])) == ()


def test_files_with_different_columns_are_refused(tmp_path: Path) -> None:
    files = [
        source_file(tmp_path / "a.tsv", b"id\tday\ttext\n"),
        source_file(tmp_path / "b.tsv", b"id\tday\ttext\tnew\n"),
    ]

    with pytest.raises(SourceFileError, match=r"different columns: a\.tsv, b\.tsv"):
        note_headers(files, ignoring())


def test_such_a_file_passes_qc_and_is_told_and_loaded_as_text(tmp_path: Path) -> None:
    config = ignoring()
    content = b"id\tnew\tday\ttext\n1\tx\t2013-01-02\tone\n2\ty\t2013-01-03\ttwo\n"
    files = note_headers([source_file(tmp_path / "f.tsv", content)], config)

    reports = check_files(files, config, MONTH, CheckPaths(tmp_path / "scratch"))

    verdict = decide(reports, config, MONTH, "file")
    assert (verdict.is_passed, verdict.good_records) == (True, 2)
    assert any("not published: NEW" in finding.message for finding in verdict.findings)
    job = with_header(CopyJob(plan(), (), config), files[0].header)
    load_table = create_load_table(job.plan.table, job.plan.table, job.config, job.plan.unpublished)
    assert 'SELECT "ID", CAST(NULL AS VARCHAR) AS "NEW", "DAY", "TEXT" FROM' in load_table
