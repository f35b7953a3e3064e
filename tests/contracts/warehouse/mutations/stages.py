"""Mutations of stages and their files."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tests.contracts.warehouse.mutations.mutation import Mutation, answering


def _never_there(_right: Any) -> Any:
    async def look(_self: Any, _request: Any) -> Response:
        return Response(status_code=404)

    return look


def _folders(right: Any) -> Any:
    def files(self: Any, stage: Any, prefix: str) -> Any:
        folder = prefix.rstrip("/") + "/" if prefix else ""
        found = right(self, stage, "")
        return [staged for staged in found if staged.path == prefix or staged.path.startswith(folder)]

    return files


def _without_case(right: Any) -> Any:
    def files(self: Any, stage: Any, prefix: str) -> Any:
        return [f for f in right(self, stage, "") if f.path.lower().startswith(prefix.lower())]

    return files


MUTATIONS = (
    Mutation(
        "PUT always overwrites",
        "stages.stage_routes:StageStorage.look",
        _never_there,
        ("OVERWRITE=FALSE skips a file of the same name whatever it holds",),
    ),
    Mutation(
        "PUT never replaces",
        "stages.stages:StageFiles._put_in_place",
        lambda right: (
            lambda self, partial, place, *rest: None if place.exists() else right(self, partial, place, *rest)
        ),
        ("OVERWRITE=TRUE replaces a file of the same name",),
    ),
    Mutation(
        "the path of LIST is a folder",
        "stages.stages:StageFiles.files",
        _folders,
        ("The path of LIST is the beginning of names and not a folder", "COPY takes a path as a prefix"),
    ),
    Mutation(
        "LIST heeds no case",
        "stages.stages:StageFiles.files",
        _without_case,
        ("The path of LIST heeds case",),
    ),
    Mutation(
        "REMOVE of a path takes the whole stage",
        "stages.stages:StageFiles.delete",
        lambda right: lambda self, stage, staged: right(self, stage, self.files(stage, "")),
        (
            "REMOVE of one file says what went and leaves the others",
            "REMOVE of a path that ends with a slash does not touch its neighbour",
        ),
    ),
    Mutation(
        "REMOVE removes nothing",
        "stages.stages:StageFiles.delete",
        lambda _right: lambda _self, _stage, staged: staged,
        ("REMOVE of a stage empties it and keeps it",),
    ),
    Mutation(
        "dropped and replaced stages keep their files",
        "stages.stages:StageFiles.drop",
        answering(None),
        ("DROP STAGE takes the files with it", "CREATE OR REPLACE STAGE drops the files of the one before"),
    ),
    Mutation(
        "encrypted uploads are not decrypted",
        "stages.stage_encryption:StageKeys.decryption",
        answering(None),
        ("Clients encrypt for a stage that does not say otherwise, and COPY reads it",),
    ),
)
