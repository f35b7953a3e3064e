"""Waiting for a person before rows are deleted or replaced, and checking in code that one agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.hitl import HITLUser

from sfetl_provider.settings import read_approvers

_PATIENCE = timedelta(days=3)


class PreviewApprovalOperator(ApprovalOperator):
    """Waits for a person to approve what the preview's task showed; a dry run ends here, skipped.

    Without an answer for three days the task fails, and what follows does not run. Its `params` are fields that
    the person fills in. Airflow takes the answer of those who may edit the DAG, and where [sfetl] approvers names
    some, only of these.
    """

    def __init__(self, *, subject: str, preview_task_id: str = "preview", **options: Any) -> None:
        self.preview_task_id = preview_task_id
        body = f"{{{{ ti.xcom_pull(task_ids='{preview_task_id}', key='text') }}}}"
        assigned = [HITLUser(id=name, name=name) for name in read_approvers()] or None
        super().__init__(
            subject=subject, body=body, response_timeout=_PATIENCE, assigned_users=assigned, **options
        )

    def execute(self, context: Context) -> Any:
        """Ask; Approve and Reject come through Airflow's Required Actions."""
        if context["params"]["dry_run"]:
            raise AirflowSkipException("Dry run: nothing is changed")
        return super().execute(context)


def is_approved(approval: Any) -> bool:
    """Tell whether what the approval's task returned is an approval of one who may; the graph only arranges it."""
    approvers = read_approvers()
    may_approve = not approvers or str(_responder(approval).get("id")) in approvers
    return may_approve and (approval or {}).get("chosen_options") == [ApprovalOperator.APPROVE]


def nobody() -> str:
    """Name those of whom nobody approved."""
    approvers = read_approvers()
    return f"Nobody of {', '.join(approvers)}" if approvers else "Nobody"


def approver_of(approval: Any) -> str:
    """Name who answered."""
    responder = _responder(approval)
    return str(responder.get("name") or responder.get("id") or "unknown")


def _responder(approval: Any) -> dict[str, Any]:
    return (approval or {}).get("responded_by_user") or {}


def typed_text(approval: Any, name: str) -> str:
    """Give what the person typed into a field, '' for nothing."""
    return str(((approval or {}).get("params_input") or {}).get(name) or "")
