"""QC and staging must have seen the same records."""

from __future__ import annotations

import pytest

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.agreement import require_agreement, require_all_staged
from sfetl_provider.core.stage.staged_file import StagedFile


def staged(name: str, records: int) -> StagedFile:
    return StagedFile(
        file=name,
        key=name,
        fingerprint=f"content of {name}",
        size_bytes=1,
        records=records,
        header_records=0,
        empty_records=0,
        staged_records=records,
        chunk_records=(records,),
        chunk_first_lines=(1,),
        sha256="",
        compression="zstd",
        compressed_bytes=1,
        chunks_reused=0,
        seconds=0,
    )


FILES = [staged("a", 2), staged("b", 3)]
SAME = {"a": "content of a", "b": "content of b"}


def verdict(fingerprints: dict[str, str], records: int, mode: str = "file") -> QcVerdict:
    fields = {"mode": mode, "is_passed": True, "findings": (), "fingerprints": fingerprints}
    return QcVerdict.from_json({**fields, "good_records": records})


def test_the_same_files_content_and_records_agree() -> None:
    require_agreement(verdict(SAME, 5), FILES)


@pytest.mark.parametrize(
    ("fingerprints", "records", "named"),
    [
        (SAME, 6, "QC passed 6 records of 2 files, but 5 of 2"),
        ({"a": "content of a"}, 5, "Not the same content: b."),
        ({**SAME, "a": "other"}, 5, "Not the same content: a."),
        ({**SAME, "c": "content of c"}, 5, "Not the same content: c."),
    ],
)
def test_anything_else_does_not(fingerprints: dict[str, str], records: int, named: str) -> None:
    with pytest.raises(ReconciliationError, match=named):
        require_agreement(verdict(fingerprints, records), FILES)


def test_without_file_qc_there_is_nothing_to_compare() -> None:
    require_agreement(verdict({}, 0, "skip"), FILES)


def test_a_file_without_a_staged_one_is_named_and_so_is_one_too_many() -> None:
    files = [SourceFile(path=f"/{name}", name=name, key=name, size_bytes=1, modified_ns=1) for name in "ab"]
    require_all_staged([*files, files[1]], [staged("a", 1), staged("b", 1)])
    with pytest.raises(ReconciliationError, match=r"^b was not staged; c was staged and is no file"):
        require_all_staged(files, [staged("a", 1), staged("c", 1)])
