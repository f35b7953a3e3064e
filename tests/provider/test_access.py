"""Who may trigger a drop and who may approve it, asked of Airflow's own REST API by users of every role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.dag_factory.drop_dag import build_drop_dag
from sfetl_provider.operators.drop_month import DropMonthOperator

from .conftest import PROJECT
from .test_drop_dag import APPROVED, PREVIEW

RUNS = "/api/v2/dags/{dag_id}/dagRuns"
CHANGING = {
    "drop_month": {"feeds": ["sales"], "months": "2001-01", "reason": "test"},
    "restore_month": {"feed": "sales", "ledger_row": 1, "reason": "test"},
}
AsUser = Callable[[str, str], TestClient]


@pytest.fixture(scope="module")
def as_user(airflow_app: FastAPI) -> AsUser:
    """Airflow's web application, which knows our DAGs, asked by a user of a role."""
    DagBundlesManager().sync_bundles_to_db()
    for dag_id in CHANGING:
        dags = BundleDagBag(
            PROJECT / "dags" / f"{dag_id}.py", bundle_path=PROJECT / "dags", bundle_name="dags-folder"
        )
        sync_bag_to_db(dags, "dags-folder", None)

    def logged_in(name: str, role: str) -> TestClient:
        user = SimpleAuthManagerUser(username=name, role=role)
        token = airflow_app.state.auth_manager.generate_jwt(user)
        return TestClient(
            airflow_app, base_url="http://localhost", headers={"Authorization": f"Bearer {token}"}
        )

    return logged_in


def ask_for_approval(dag_id: str, run_id: str, assigned: list[str]) -> str:
    """Put the question as task `approve` does, and give the address of its answer."""
    with create_session() as session:
        found = select(TaskInstance).filter_by(dag_id=dag_id, run_id=run_id, task_id="approve")
        task = session.scalars(found).one()
        people = [{"id": name, "name": name} for name in assigned]
        session.merge(HITLDetail(ti_id=task.id, options=["Approve", "Reject"], subject="?", assignees=people))
    return f"{RUNS.format(dag_id=dag_id)}/{run_id}/taskInstances/approve/-1/hitlDetails"


@pytest.mark.parametrize("dag_id", CHANGING)
@pytest.mark.parametrize(
    ("role", "is_allowed"), [("viewer", False), ("user", True), ("op", True), ("admin", True)]
)
def test_a_viewer_may_neither_trigger_nor_approve_and_the_others_may(
    as_user: AsUser, dag_id: str, role: str, is_allowed: bool
) -> None:
    body = {"logical_date": None, "conf": CHANGING[dag_id]}
    run = as_user("ann", "user").post(RUNS.format(dag_id=dag_id), json=body).json()
    client = as_user("bob", role)

    triggered = client.post(RUNS.format(dag_id=dag_id), json=body)
    answer = {"chosen_options": ["Reject"], "params_input": {}}
    answered = client.patch(ask_for_approval(dag_id, run["dag_run_id"], []), json=answer)

    assert (triggered.status_code, answered.status_code) == ((200, 200) if is_allowed else (403, 403))
    if is_allowed:
        assert triggered.json()["triggering_user_name"] == "bob"
        assert answered.json()["responded_by"]["name"] == "bob"


def test_where_approvers_are_named_only_they_may_answer_and_only_with_a_role_that_may(
    as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__SFETL__APPROVERS", "grace, ada")
    approve = build_drop_dag(["sales"]).get_task("approve")
    assigned = [person["id"] for person in approve.assigned_users]
    assert assigned == ["grace", "ada"]
    body = {"logical_date": None, "conf": CHANGING["drop_month"]}
    run_id = as_user("ann", "user").post(RUNS.format(dag_id="drop_month"), json=body).json()["dag_run_id"]
    address = ask_for_approval("drop_month", run_id, assigned)

    people = [("bob", "admin"), ("grace", "viewer"), ("grace", "user"), ("ada", "user")]
    answer = {"chosen_options": ["Approve"], "params_input": {"typed_months": "2001-01"}}
    codes = [as_user(name, role).patch(address, json=answer).status_code for name, role in people]

    assert codes == [403, 403, 200, 409]


def test_the_operator_itself_takes_no_approval_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__SFETL__APPROVERS", "grace")
    operator = DropMonthOperator(task_id="drop", preview=PREVIEW, previews=[PREVIEW], approval=APPROVED)

    with pytest.raises(DropRefusedError, match="Nobody of grace approved deleting 2023-02 of sales"):
        operator.execute({})
