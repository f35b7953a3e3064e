"""The address of a run's page in Airflow."""

from __future__ import annotations

from urllib.parse import quote

from airflow.providers.common.compat.sdk import conf


def run_link(dag_id: str, run_id: str) -> str:
    """Give the address, a path alone where [api] base_url is not set."""
    base = str(conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}/dags/{quote(dag_id)}/runs/{quote(run_id)}"
