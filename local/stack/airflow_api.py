"""Airflow's public REST API (version 2), as much of it as the stack, the demo and the tests use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

Json = dict[str, Any]


class AirflowApiError(Exception):
    """Airflow refused a request; the message holds the request, the status and the API's own explanation."""

    def __init__(self, method: str, path: str, status: int, detail: str) -> None:
        super().__init__(f"Airflow answered {status} to {method} {path}: {detail}")
        self.status = status
        self.detail = detail


class AirflowApi:
    """A client of one Airflow. Not thread safe. Proxies of the environment are not used.

    Raises (all methods):
        AirflowApiError: Airflow answered with a status of 400 or more.
        httpx.TransportError: Nothing answered.
    """

    def __init__(self, address: str, timeout_seconds: float = 30) -> None:
        self.address = address
        self._client = httpx.Client(base_url=address, timeout=timeout_seconds, trust_env=False)

    def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        self._client.close()

    def health(self) -> Json:
        """State and latest heartbeat of each component; needs no login."""
        return self._send("GET", "/api/v2/monitor/health")

    def log_in_without_password(self) -> None:
        """Get a token from an Airflow where everybody is admin, as the embedded one is."""
        token = self._send("GET", "/auth/token")["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def log_in(self, user: str, password: str) -> None:
        """Get a token from an Airflow that knows its users by name and password."""
        body = {"username": user, "password": password}
        token = self._send("POST", "/auth/token", body=body)["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Json:
        """GET a path below /api/v2."""
        return self._send("GET", f"/api/v2/{path}", query=query)

    def post(self, path: str, body: Json) -> Json:
        """POST to a path below /api/v2."""
        return self._send("POST", f"/api/v2/{path}", body=body)

    def patch(self, path: str, body: Json) -> Json:
        """PATCH a path below /api/v2."""
        return self._send("PATCH", f"/api/v2/{path}", body=body)

    def dag_ids(self) -> set[str]:
        """The DAGs that the DAG processor has parsed so far."""
        return {dag["dag_id"] for dag in self.get("dags", limit=200)["dags"]}

    def import_errors(self) -> list[Json]:
        """Files that Airflow could not parse, with their stack traces."""
        return list(self.get("importErrors")["import_errors"])

    def set_paused(self, dag_id: str, is_paused: bool) -> None:
        """Pause or unpause a DAG; unpausing lets its schedule start runs."""
        self.patch(f"dags/{dag_id}", {"is_paused": is_paused})

    def trigger(
        self, dag_id: str, conf: Mapping[str, Any] | None = None, partition_key: str | None = None
    ) -> str:
        """Start a manual run now; return its run id."""
        body = {"logical_date": None, "conf": dict(conf or {}), "partition_key": partition_key}
        return str(self.post(f"dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> Json:
        """One run: `state`, `partition_key`, `start_date`, `end_date`, …"""
        return self.get(f"dags/{dag_id}/dagRuns/{run_id}")

    def runs(self, dag_id: str) -> list[Json]:
        """The runs of a DAG, newest first, at most 200."""
        return list(self.get(f"dags/{dag_id}/dagRuns", limit=200, order_by="-id")["dag_runs"])

    def task_instances(self, dag_id: str, run_id: str) -> list[Json]:
        """All task instances of a run, mapped ones included."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return list(self.get(path, limit=1000)["task_instances"])

    def backfill(
        self, dag_id: str, first: datetime, last: datetime, *, reprocess: str = "none", at_once: int = 2
    ) -> int:
        """Start a backfill of both ends and all between; return its id.

        Runs that exist are left alone unless `reprocess` is "failed" or "completed" (which includes failed).
        Airflow refuses (409) a second one for a DAG whose backfill is not complete.
        """
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "reprocess_behavior": reprocess,
            "max_active_runs": at_once,
        }
        return int(self.post("backfills", body)["id"])

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str, typed: Json) -> Json:
        """Answer the approval that an unmapped task waits for, with the fields of its form filled in.

        Returns who is recorded and when.

        Raises:
            AirflowApiError: 404 while there is no question yet, 409 if it has been answered.
        """
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        return self.patch(path, {"chosen_options": [option], "params_input": typed})

    def put_connection(self, connection: Json) -> None:
        """Create a connection, or make an existing one equal to this."""
        try:
            self.post("connections", connection)
        except AirflowApiError as error:
            if error.status != httpx.codes.CONFLICT:
                raise
            self.patch(f"connections/{connection['connection_id']}", connection)

    def _send(self, method: str, path: str, query: Json | None = None, body: Json | None = None) -> Json:
        response = self._client.request(method, path, params=query, json=body)
        if response.is_error:
            raise AirflowApiError(method, path, response.status_code, response.text[:2000])
        content: Json = response.json()
        return content
