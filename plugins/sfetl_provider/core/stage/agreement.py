"""Whether all files were staged, and QC and staging saw the same."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.plan.month_plan import LeftOut, SourceFile
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.staged_file import StagedFile


def require_all_staged(files: Sequence[SourceFile], staged: Sequence[StagedFile]) -> None:
    """Raise ReconciliationError unless all files of the month were staged, and no others.

    A staging task that a person marked as success left no result, and its file would be missing in silence.
    """
    found, done = ({file.key: file.name for file in files}, {file.key: file.file for file in staged})
    missing = sorted(name for key, name in found.items() if key not in done)
    others = sorted(name for key, name in done.items() if key not in found)
    if not missing and not others:
        return
    faults = [f"{name} was not staged" for name in missing]
    faults += [f"{name} was staged and is no file of the month" for name in others]
    raise ReconciliationError(
        f"{'; '.join(faults)}.",
        safe="Nothing was copied; the table is as it was.",
        next_step="Clear the tasks compress_stage of these files, or of all files where none is missing.",
        stage="stage",
    )


def require_agreement(verdict: QcVerdict, staged: Sequence[StagedFile]) -> None:
    """Raise ReconciliationError unless what QC passed is what was staged: files, their content, records.

    QC and staging read the files independently, perhaps at different times; fingerprints and two counts by
    different code agree or nothing is copied. What was left out of each file must be what QC listed, and nothing
    where QC listed nothing.
    """
    _require_same_left_out(verdict, staged)
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


def with_qc_hashes(staged: Sequence[StagedFile], verdict: QcVerdict) -> tuple[StagedFile, ...]:
    """Give the files with the SHA-256 that QC has computed of those that were staged in ranges.

    What QC hashed is what was staged as far as `require_agreement` tells, before COPY.
    """
    return tuple(
        file.model_copy(update={"sha256": file.sha256 or verdict.sha256.get(file.file, "")})
        for file in staged
    )


def _require_same_left_out(verdict: QcVerdict, staged: Sequence[StagedFile]) -> None:
    faults = [fault for file in staged if (fault := _left_out_fault(file, verdict.left_out.get(file.file)))]
    if faults:
        raise ReconciliationError(
            f"What was left out is not what QC rejected: {'; '.join(faults)}.",
            safe="Nothing was copied; the table is as it was.",
            next_step="Clear wait_for_files with its downstream tasks.",
            stage="stage",
        )


def _left_out_fault(file: StagedFile, left_out: LeftOut | None) -> str:
    found = (file.rejected_records, file.left_out_bytes, sum(file.chunk_left_out_lines))
    wanted = (left_out.records, left_out.size_bytes, left_out.lines) if left_out else (0, 0, 0)
    if found != wanted:
        return f"{file.file}: records, bytes and lines are {found}, by QC {wanted}"
    if left_out and file.records != left_out.file_records:
        return f"{file.file}: {file.records:,} records, by QC {left_out.file_records:,}"
    return ""
