"""Whether the run that something belongs to is over, as Airflow and the runs' reports tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import Context

from sfetl_provider.core.maintenance.leftover import Leftover, OwnerState
from sfetl_provider.core.plan.names import load_dag_id, report_path
from sfetl_provider.core.report.report_file import read_report

_LIVING = ["queued", "running"]


class RunOwners:
    """Asks Airflow for the state of a leftover's run; the run's report tells its id, a name alone does not.

    Without a readable report a run counts as over when no run of its feed is queued or running, else as
    unknown. A run that Airflow no longer knows is over: nothing can clear it.
    """

    def __init__(self, context: Context, reports_dir: Path) -> None:
        self._ti: Any = context["ti"]
        self._reports_dir = reports_dir

    def __call__(self, leftover: Leftover) -> OwnerState:
        """Give the state of the run that owns it."""
        run = self._run(leftover)
        if run is None:
            loads = self._ti.get_dr_count(dag_id=load_dag_id(leftover.feed), states=_LIVING)
            return "unknown" if loads else "ended"
        dag_id, run_id = run
        return "living" if self._ti.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=_LIVING) else "ended"

    def _run(self, leftover: Leftover) -> tuple[str, str] | None:
        """Give DAG and run id, by what the leftover itself says or by the run's report."""
        if leftover.run_id:
            return leftover.dag_id, leftover.run_id
        path = report_path(self._reports_dir, leftover.feed, leftover.month, leftover.run_key)
        try:
            report = read_report(path)
            return report.dag_id, report.run_id
        except (OSError, ValueError):
            # No report yet, or one of another version: the run stays unknown.
            return None
