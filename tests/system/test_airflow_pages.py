"""What Airflow shows: broken configs, the connection form, the plugin's page, an approval that waits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from local.input.demo_data import write_demo_data
from local.stack.lifecycle import Stack
from local.stack.waiting import wait_until
from sfetl_provider.core.plan.names import report_path, run_key

MONTH, ROWS = "2013-02", 24_951


def finish(stack: Stack, dag_id: str, run_id: str) -> str:
    """Wait for the end of a run and give its state."""
    wait_until(
        lambda: stack.api.run(dag_id, run_id)["state"] in ("success", "failed"), f"end of {dag_id}", 240
    )
    return str(stack.api.run(dag_id, run_id)["state"])


def rows(stack: Stack) -> int:
    return int(stack.warehouse.rows("SELECT COUNT(*) FROM DEMO.PUBLIC.FLIGHTS")[0][0])


def test_a_broken_config_is_an_import_error_that_names_file_and_field(stack: Stack) -> None:
    (error,) = wait_until(stack.api.import_errors, "the import error", 60)

    assert error["filename"].endswith("broken_configs.py")
    assert "broken.json: /colour: " in error["stack_trace"]
    assert "broken.json: /table: " in error["stack_trace"]
    # Airflow reads the files of the DAG folder one after the other, in no order that we know.
    wait_until(lambda: {"load_sales", "load_flights", "drop_month"} <= stack.api.dag_ids(), "the others", 60)


def test_the_proxy_connection_has_its_form_and_the_plugin_its_page(stack: Stack) -> None:
    hooks = httpx.get(f"{stack.url}/ui/connections/hook_meta", headers=_token(stack), trust_env=False).json()
    page = httpx.get(f"{stack.url}/sfetl/feeds", headers=_token(stack), trust_env=False)

    (proxy,) = [hook for hook in hooks if hook["connection_type"] == "sfetl_proxy"]
    assert "no_proxy" in proxy["extra_fields"]
    assert "DEMO.PUBLIC.FLIGHTS" in page.text
    assert "broken.json: /colour" in page.text


def test_clearing_a_whole_run_loads_its_month_again_once(stack: Stack) -> None:
    run_id = load_flights(stack)
    publications = "SELECT COUNT(*) FROM DEMO.SFETL.LEDGER WHERE ACTION = 'publish'"
    ((before,),) = stack.warehouse.rows(publications)

    body = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "reset_dag_runs": True}
    stack.api.post("dags/load_flights/clearTaskInstances", body)
    wait_until(
        lambda: stack.api.run("load_flights", run_id)["state"] in ("queued", "running"), "the clear", 30
    )

    assert finish(stack, "load_flights", run_id) == "success"
    assert rows(stack) == ROWS
    assert stack.warehouse.rows(publications) == [(before + 1,)]


@pytest.mark.parametrize("answer", ["Reject", "Approve"])
def test_a_month_is_deleted_only_when_a_person_approves(stack: Stack, answer: str) -> None:
    load_flights(stack)
    run_id = stack.api.trigger(
        "drop_month", {"feeds": ["flights"], "months": MONTH, "reason": "a test", "dry_run": False}
    )

    wait_until(lambda: _is_waiting(stack, run_id), "the approval", 120)
    assert rows(stack) == ROWS
    stack.api.answer("drop_month", run_id, "approve", answer, {"typed_months": MONTH})

    assert finish(stack, "drop_month", run_id) == "success"
    assert rows(stack) == (0 if answer == "Approve" else ROWS)
    drops = stack.warehouse.rows("SELECT COUNT(*) FROM DEMO.SFETL.LEDGER WHERE ACTION = 'drop'")
    assert drops == [(1 if answer == "Approve" else 0,)]
    path = report_path(stack.folders.reports, "flights", MONTH, run_key("drop_month", run_id))
    assert json.loads(path.read_text())["state"] == ("dropped" if answer == "Approve" else "rejected")


def load_flights(stack: Stack) -> str:
    """Load a month of real flights, unless it is there; give the run that did."""
    write_demo_data(stack.folders.incoming)
    for dag_id in ("load_flights", "drop_month"):
        stack.api.set_paused(dag_id, False)
    if stack.warehouse.rows("SELECT COUNT(*) FROM DEMO.PUBLIC.FLIGHTS") != [(ROWS,)]:
        run_id = stack.api.trigger("load_flights", {"month": MONTH})
        assert finish(stack, "load_flights", run_id) == "success"
    assert rows(stack) == ROWS
    return str(stack.api.runs("load_flights")[0]["dag_run_id"])


def _is_waiting(stack: Stack, run_id: str) -> bool:
    tasks = {task["task_id"]: task["state"] for task in stack.api.task_instances("drop_month", run_id)}
    assert tasks.get("preview") != "failed"
    if tasks.get("approve") != "awaiting_input":
        return False
    question = stack.api.get(f"dags/drop_month/dagRuns/{run_id}/taskInstances/approve/-1/hitlDetails")
    # Airflow 3.3 can fail a task that is answered within a second of its question.
    return datetime.now(UTC) - datetime.fromisoformat(question["created_at"]) > timedelta(seconds=2)


def _token(stack: Stack) -> dict[str, str]:
    token = httpx.get(f"{stack.url}/auth/token", trust_env=False).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_no_secret_stands_in_any_log_report_or_table(stack: Stack) -> None:
    load_flights(stack)
    secret = stack.warehouse.password.encode()
    searched = [path for path in stack.folders.root.rglob("*") if path.is_file()]
    holders = [path for path in searched if secret in path.read_bytes()]

    assert any(path.suffix == ".log" for path in searched)
    assert any(path.name == "airflow.db" for path in searched)
    # The stack's own file of credentials, readable by its owner only; Airflow's database holds it encrypted.
    assert holders == [stack.folders.credentials_file]
    assert stack.folders.credentials_file.stat().st_mode & 0o077 == 0
