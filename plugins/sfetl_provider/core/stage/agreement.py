"""Whether QC and staging saw the same file."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.staged_file import StagedFile


def require_agreement(verdict: QcVerdict, staged: Sequence[StagedFile]) -> None:
    """Raise ReconciliationError unless what QC passed is what was staged: files, their content, records.

    QC and staging read the files independently, perhaps at different times; fingerprints and two counts by
    different code agree or nothing is copied.
    """
    if verdict.mode != "file":
        return
    records = sum(file.staged_records for file in staged)
    changed = set(verdict.fingerprints.items()) ^ {(file.file, file.fingerprint) for file in staged}
    if not changed and verdict.good_records == records:
        return
    names = f" Not the same content: {', '.join(sorted({name for name, _ in changed}))}." if changed else ""
    raise ReconciliationError(
        f"QC passed {verdict.good_records} records of {len(verdict.fingerprints)} files, but {records} of"
        f" {len(staged)} files were staged.{names}",
        safe="Nothing was copied; the table is as it was.",
        next_step="A file changed in between: clear wait_for_files with its downstream tasks.",
        stage="stage",
    )
