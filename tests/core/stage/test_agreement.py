"""QC and staging must have seen the same records."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.agreement import require_agreement
from sfetl_provider.core.stage.staged_file import StagedFile


def staged(records: int) -> StagedFile:
    return StagedFile(
        file="f.tsv",
        key="f",
        fingerprint="",
        size_bytes=1,
        records=records,
        header_records=0,
        empty_records=0,
        staged_records=records,
        chunk_records=(records,),
        chunk_first_lines=(1,),
        compressed_bytes=1,
        chunks_reused=0,
        seconds=0,
    )


def verdict(files: int, records: int, mode: str = "file") -> QcVerdict:
    fields = {"mode": mode, "is_passed": True, "findings": (), "files": files, "good_records": records}
    return QcVerdict.from_json(fields)


def test_the_same_files_and_records_agree() -> None:
    require_agreement(verdict(2, 5), [staged(2), staged(3)])


@pytest.mark.parametrize(("files", "records"), [(2, 6), (1, 5), (3, 5)])
def test_anything_else_does_not(files: int, records: int) -> None:
    with pytest.raises(
        ReconciliationError, match=f"QC passed {records} records of {files} files, but 5 of 2"
    ):
        require_agreement(verdict(files, records), [staged(2), staged(3)])


def test_without_file_qc_there_is_nothing_to_compare() -> None:
    require_agreement(verdict(0, 0, "skip"), [staged(2)])
