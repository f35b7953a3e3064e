"""Mutations of COPY INTO."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import zstandard

from local.warehouse.loading import load_history
from local.warehouse.loading.copy_files import Candidate
from local.warehouse.loading.on_error import OnError
from tests.contracts.warehouse.mutations.mutation import Mutation, answering, being, changing


def _all_frames(_right: Any) -> Any:
    def unpacked(packed: Any, _path: str) -> Any:
        whole = b"".join(packed)
        with zstandard.ZstdDecompressor().stream_reader(whole, read_across_frames=True) as reader:
            yield reader.read()

    return unpacked


def _as_far_as_it_goes(_right: Any) -> Any:
    def unpacked(packed: Any, _path: str) -> Any:
        frame = zstandard.ZstdDecompressor().decompressobj()
        for piece in packed:
            yield frame.decompress(piece)

    return unpacked


def _those_there(_right: Any) -> Any:
    def named(files: Any, statement: Any, location: Any) -> Any:
        prefix = location.path.rstrip("/")
        found = [files.find(location.stage, f"{prefix}/{name}".lstrip("/")) for name in statement.files]
        return [Candidate(staged.path, staged) for staged in found if staged is not None]

    return named


def _backslash_is_text(right: Any) -> Any:
    def parse(text: str) -> Any:
        copy = right(text)
        if "ESCAPE" in text.upper():
            return copy
        plain = dataclasses.replace(copy.file_format, escape_unenclosed_field=None)
        return dataclasses.replace(copy, file_format=plain)

    return parse


def _header_is_data(right: Any) -> Any:
    def parse(text: str) -> Any:
        copy = right(text)
        return dataclasses.replace(copy, file_format=dataclasses.replace(copy.file_format, skip_header=0))

    return parse


def _without_transaction(_right: Any) -> Any:
    @contextlib.contextmanager
    def transaction(session: Any, database: str) -> Any:
        load_history.prepare(session.duck, database)
        yield True

    return transaction


def _purging_all(_right: Any) -> Any:
    def purge(self: Any, location: Any, results: Any) -> None:
        self._files.delete(location.stage, [result.staged for result in results if result.staged])

    return purge


MUTATIONS = (
    Mutation(
        "COPY does not check VARCHAR",
        "loading.csv_columns:_text",
        lambda _right: lambda column: column.raw,
        ("COPY refuses: VARCHAR(5) of 'abcdef'",),
    ),
    Mutation(
        "several zstd frames are taken",
        "loading.staged_pieces:_from_zstd",
        _all_frames,
        ("COPY refuses: a second zstd frame",),
    ),
    Mutation(
        "a cut zstd frame is taken as far as it goes",
        "loading.staged_pieces:_from_zstd",
        _as_far_as_it_goes,
        ("COPY refuses: a cut zstd frame",),
    ),
    Mutation(
        "more than 1,000 FILES are taken",
        "loading.copy_statement:FILES_MAXIMUM",
        being(1_000_000),
        ("COPY refuses: more than 1,000 files",),
    ),
    Mutation(
        "a named file that is missing is passed over",
        "loading.copy_files:_named",
        _those_there,
        ("COPY refuses: a named file that is missing",),
    ),
    Mutation(
        "columns are not counted",
        "loading.copy_plan:row_plan",
        changing(counts_columns=False),
        (
            "COPY refuses: too few fields in the first record",
            "COPY refuses: too many fields in a later record",
        ),
    ),
    Mutation(
        "a backslash is text by default",
        "loading.copy_statement:parse_copy",
        _backslash_is_text,
        (
            "COPY: by default a backslash takes a delimiter in",
            "COPY refuses: a field that the default escape has swallowed",
        ),
    ),
    Mutation(
        "every COPY aborts on errors",
        "loading.copy_statement:parse_copy",
        changing(on_error=OnError()),
        ("ON_ERROR=CONTINUE: bad records are left out", "ON_ERROR=SKIP_FILE loads the other files"),
    ),
    Mutation(
        "every COPY goes on after errors",
        "loading.copy_statement:parse_copy",
        changing(on_error=OnError("CONTINUE")),
        ("ON_ERROR=ABORT_STATEMENT is the default and keeps no file",),
    ),
    Mutation(
        "SKIP_FILE loads the good records",
        "loading.on_error:OnError.skips",
        answering(False),
        ("ON_ERROR=SKIP_FILE: one error drops the file", "ON_ERROR=SKIP_FILE_2: n errors drop the file"),
    ),
    Mutation(
        "SKIP_FILE_n allows n errors",
        "loading.on_error:OnError.skips",
        lambda right: lambda self, errors, parsed: right(self, errors - 1, parsed),
        ("ON_ERROR=SKIP_FILE_2: n errors drop the file",),
    ),
    Mutation(
        "a failed COPY keeps the files before the bad one",
        "loading.load:_transaction",
        _without_transaction,
        ("ON_ERROR=ABORT_STATEMENT keeps no file of a plain format",),
    ),
    Mutation(
        "PURGE removes files that were not loaded",
        "loading.load:Loader._purge",
        _purging_all,
        ("PURGE=TRUE keeps a file that was skipped",),
    ),
    Mutation(
        "PURGE removes nothing",
        "loading.load:Loader._purge",
        answering(None),
        ("PURGE=TRUE removes what was loaded",),
    ),
    Mutation(
        "TRUNCATECOLUMNS is ignored",
        "loading.copy_statement:parse_copy",
        changing(is_truncating=False),
        ("TRUNCATECOLUMNS=TRUE cuts texts to their columns",),
    ),
    Mutation(
        "header lines are loaded",
        "loading.copy_statement:parse_copy",
        _header_is_data,
        ("COPY: a header is skipped",),
    ),
    Mutation(
        "COPY_HISTORY is empty",
        "loading.load_history:loads_of",
        answering([]),
        ("COPY_HISTORY shows what was loaded",),
    ),
    Mutation(
        "VALIDATE gives the first error only",
        "loading.validate:ERRORS_SHOWN",
        being(1),
        ("VALIDATE gives every error",),
    ),
)
