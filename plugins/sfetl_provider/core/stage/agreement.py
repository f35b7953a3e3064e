"""Whether QC and staging saw the same file."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.staged_file import StagedFile


def require_agreement(verdict: QcVerdict, staged: Sequence[StagedFile]) -> None:
    """Raise ReconciliationError unless what QC passed is what was staged, files and records.

    QC and staging read the files independently; two counts by different code agree or nothing is copied.
    """
    records = sum(file.staged_records for file in staged)
    if verdict.mode != "file" or (verdict.files, verdict.good_records) == (len(staged), records):
        return
    raise ReconciliationError(
        f"QC passed {verdict.good_records} records of {verdict.files} files, but {records} of {len(staged)} files"
        " were staged.",
        safe="Nothing was copied; the table is as it was.",
        next_step="Clear file_qc and compress_stage: a file may have changed between the two.",
        stage="stage",
    )
