"""Where clients upload to, as they do to Google Cloud Storage: by presigned addresses, or by an access token.

Connector 4.x goes by a token only to https:// addresses, and then asks first whether the file is there (SKIPPED).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from local.warehouse.errors import as_sql_error
from local.warehouse.stages.stage_encryption import StageKeys
from local.warehouse.stages.stage_grants import Grant, Grants
from local.warehouse.stages.stages import StageFiles

PRESIGNED = "/stage-upload"
STORAGE = "/stage-storage"
DIGEST_HEADER = "x-goog-meta-sfc-digest"
_log = logging.getLogger("local.warehouse")

Endpoint = Callable[[Request], Awaitable[Response]]


class StageStorage:
    """The storage behind PUT."""

    def __init__(self, files: StageFiles, grants: Grants, keys: StageKeys) -> None:
        self._files = files
        self._grants = grants
        self._keys = keys

    def routes(self) -> list[BaseRoute]:
        """The routes of both ways."""
        return [
            Route(f"{PRESIGNED}/{{secret}}/{{name:path}}", _guarded(self.presigned), methods=["PUT"]),
            Route(f"{STORAGE}/{{bucket}}/{{path:path}}", _guarded(self.upload), methods=["PUT"]),
            Route(f"{STORAGE}/{{bucket}}/{{path:path}}", _guarded(self.look), methods=["HEAD"]),
        ]

    async def presigned(self, request: Request) -> Response:
        """PUT to a presigned address; 400 makes the connector ask for a new one."""
        grant = self._grants.get(request.path_params["secret"])
        return await self._receive(request, grant, grant.path) if grant else Response(status_code=400)

    async def upload(self, request: Request) -> Response:
        """PUT with an access token; 401 makes the connector ask for a new one."""
        grant, path = self._granted(request), request.path_params["path"]
        return await self._receive(request, grant, path) if grant else Response(status_code=401)

    async def look(self, request: Request) -> Response:
        """HEAD with an access token: whether the file is there, and its digest."""
        grant = self._granted(request)
        if grant is None:
            return Response(status_code=401)
        staged = self._files.find(grant.stage, request.path_params["path"])
        if staged is None:
            return Response(status_code=404)
        headers = {"content-length": str(staged.size), DIGEST_HEADER: staged.client_digest}
        return Response(headers=headers)

    def _granted(self, request: Request) -> Grant | None:
        grant = self._grants.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        wanted = request.path_params["bucket"], request.path_params["path"]
        return grant if grant is not None and grant.allows(*wanted) else None

    async def _receive(self, request: Request, grant: Grant, path: str) -> Response:
        decryption = self._keys.decryption(request.headers)
        client_digest = request.headers.get(DIGEST_HEADER, "")
        await self._files.receive(grant.stage, path, request.stream(), client_digest, decryption)
        return Response()


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - a failed upload must not end the server
            _log.info("An upload failed: %s", as_sql_error(error).message)
            return PlainTextResponse(as_sql_error(error).message, status_code=403)

    return answer
