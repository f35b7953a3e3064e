"""Requests and answers as JSON, in the form that Snowflake's connector speaks."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import Any

from fakesnow.arrow import to_ipc
from fakesnow.transforms import SERVER_VERSION
from starlette.requests import Request

from local.warehouse.errors import SqlError, unsupported
from local.warehouse.notice import NOTICE
from local.warehouse.results import Result
from local.warehouse.serving.arrow_answer import with_snowflake_types
from local.warehouse.sessions.queries import Query, Submission
from local.warehouse.sessions.sessions import IDLE_SECONDS, TOKEN_SECONDS, Login, Session

IN_PROGRESS = "333333"
IN_PROGRESS_DETACHED = "333334"
_AUTHORIZATION = 'Snowflake Token="'


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON body, unpacked if it is packed; empty when there is none."""
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    found = json.loads(body) if body else {}
    return found if isinstance(found, dict) else {}


def token_of(request: Request) -> str:
    """The session token, empty when there is none."""
    header = request.headers.get("Authorization", "")
    return header.removeprefix(_AUTHORIZATION).removesuffix('"') if header.startswith(_AUTHORIZATION) else ""


def login_of(request: Request, body: dict[str, Any]) -> Login:
    """Who logs in; the password is not looked at."""
    data = body.get("data") or {}
    query = request.query_params
    return Login(
        user=str(data.get("LOGIN_NAME") or "LOCAL"),
        database=query.get("databaseName"),
        schema=query.get("schemaName"),
        role=query.get("roleName"),
        warehouse=query.get("warehouse"),
        parameters=data.get("SESSION_PARAMETERS") or {},
        client=f"{data.get('CLIENT_APP_ID') or ''} {data.get('CLIENT_APP_VERSION') or ''}".strip(),
    )


def submission_of(request: Request, body: dict[str, Any]) -> Submission:
    """The statement that a query request carries."""
    return Submission(
        text=str(body.get("sqlText") or ""),
        bindings=body.get("bindings"),
        request_id=request.query_params.get("requestId"),
        is_describe_only=bool(body.get("describeOnly")),
        is_asynchronous=bool(body.get("asyncExec")),
    )


def login_answer(session: Session) -> dict[str, Any]:
    """The answer to a login; it names the server as a stand-in wherever the protocol has a text for it."""
    parameters: list[dict[str, Any]] = [
        {"name": "AUTOCOMMIT", "value": session.parameters.is_true("AUTOCOMMIT")},
        {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
        {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},
        {"name": "CLIENT_TELEMETRY_ENABLED", "value": False},
        {"name": "TIMEZONE", "value": "Etc/UTC"},
    ]
    data = {
        "token": session.token,
        "masterToken": session.master_token,
        "validityInSeconds": TOKEN_SECONDS,
        "masterValidityInSeconds": IDLE_SECONDS,
        "displayUserName": session.user,
        "serverVersion": SERVER_VERSION,
        "sessionId": session.id,
        "parameters": parameters,
        "sessionInfo": _session_info(session),
        "healthCheckInterval": 45,
        "notice": NOTICE,
    }
    return {"data": data, "message": NOTICE, "code": None, "success": True}


def renewal_answer(session: Session) -> dict[str, Any]:
    """The answer to a client that has shown its master token."""
    return success(
        {
            "sessionToken": session.token,
            "validityInSecondsST": TOKEN_SECONDS,
            "masterToken": session.master_token,
            "validityInSecondsMT": IDLE_SECONDS,
            "masterValidityInSeconds": IDLE_SECONDS,
            "sessionId": session.id,
        }
    )


def _session_info(session: Session) -> dict[str, Any]:
    return {
        "databaseName": session.database,
        "schemaName": session.schema,
        "warehouseName": session.warehouse,
        "roleName": session.role,
    }


def failure(error: SqlError, query_id: str | None = None) -> dict[str, Any]:
    """A failed statement."""
    data = {"errorCode": error.code_text, "sqlState": error.sqlstate, "queryId": query_id}
    return {"data": data, "code": error.code_text, "message": error.message, "success": False}


def success(data: Any = None) -> dict[str, Any]:
    """A plain yes."""
    return {"data": data, "code": None, "message": None, "success": True}


def in_progress(query: Query, code: str) -> dict[str, Any]:
    """A query that runs on; its result is asked for at the address given."""
    data = {
        "queryId": query.id,
        "getResultUrl": f"/queries/{query.id}/result",
        "queryAbortsAfterSecs": 172_800,
    }
    return {"data": data, "code": code, "message": "Query execution in progress.", "success": True}


def query_answer(query: Query, session: Session, base_address: str) -> dict[str, Any]:
    """The answer of a query that has ended; its `session` is the one that asks."""
    if query.error is not None:
        return failure(query.error, query.id)
    if query.result is None:
        return failure(
            SqlError(709, "02000", f"The result of statement {query.id} is no longer kept."), query.id
        )
    if query.result.upload is not None:
        return success(_with_address(query.result.upload, base_address))
    return success({**_described(query.result, query.id, session), **_encoded(query.result)})


def _with_address(upload: dict[str, Any], base_address: str) -> dict[str, Any]:
    """Over TLS the client gets an access token, else a presigned address: to plain HTTP it uploads only so.

    Without its own endpoint a client whose presigned address failed would turn to Google.
    """
    stage = upload["stageInfo"]
    scheme, _, host = base_address.partition("://")
    if scheme == "http" and any("'" in path for path in upload["src_locations"]):
        # Connector 4.x cuts the path at the apostrophe when it asks for a presigned address.
        raise unsupported("PUT of a path with an apostrophe over plain HTTP: serve with --tls")
    sent = {**stage, "endPoint": f"{host}{stage['endPoint']}"}
    if scheme == "https":
        del sent["presignedUrl"]
    else:
        sent |= {"presignedUrl": f"{base_address}{stage['presignedUrl']}", "creds": {}}
    return {**upload, "stageInfo": sent}


def _described(result: Result, query_id: str, session: Session) -> dict[str, Any]:
    return {
        "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
        "rowtype": result.rowtype,
        "total": result.table.num_rows if result.table is not None else 0,
        "returned": result.table.num_rows if result.table is not None else 0,
        "queryId": query_id,
        "sqlState": "00000",
        "statementTypeId": result.type_id,
        "finalDatabaseName": session.database,
        "finalSchemaName": session.schema,
        "finalRoleName": session.role,
        "finalWarehouseName": session.warehouse,
        "numberOfBinds": 0,
        "arrayBindSupported": False,
    }


def _encoded(result: Result) -> dict[str, Any]:
    """DML is answered in JSON, where clients look for the affected rows; all else in Arrow."""
    if result.is_dml:
        columns = result.table.columns if result.table is not None else []
        rows = zip(*[column.to_pylist() for column in columns], strict=True)
        return {
            "queryResultFormat": "json",
            "rowset": [[None if v is None else str(v) for v in row] for row in rows],
        }
    if result.table is None:
        return {"queryResultFormat": "arrow", "rowsetBase64": ""}
    encoded = b64encode(to_ipc(with_snowflake_types(result.table, result.rowtype))).decode("ascii")
    return {"queryResultFormat": "arrow", "rowsetBase64": encoded}
