"""What the other tasks of a run left behind, seen from its last task."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

PUBLISHED_BEFORE = "published_before"
"""Key under which the sensor leaves the names of the files that append skips."""


class FinishedTasks:
    """States, results and errors of a run's tasks; only results of tasks that succeeded this time count.

    A result may be left from before a clear, so a task's present state is asked for first.
    """

    def __init__(self, context: Context) -> None:
        self._ti: Any = context["ti"]
        run_id = self._ti.run_id
        states = self._ti.get_task_states(dag_id=self._ti.dag_id, run_ids=[run_id])
        # Mapped tasks are keyed task_id_mapindex.
        self._states: dict[str, str | None] = dict(states.get(run_id, {}))

    def failed(self) -> tuple[str, ...]:
        """Give the ids of the tasks that failed themselves."""
        return tuple(sorted(task for task, state in self._states.items() if state == "failed"))

    def state(self, task_id: str) -> str | None:
        """Give a task's present state."""
        return self._states.get(task_id)

    def result(self, task_id: str) -> Any:
        """Give what a task returned, None unless it succeeded."""
        return self._ti.xcom_pull(task_ids=task_id) if self._states.get(task_id) == "success" else None

    def pushed(self, task_id: str, key: str) -> Any:
        """Give what a task left under a key beside its result, None when it left nothing or failed."""
        is_done = self._states.get(task_id) in ("success", "skipped")
        return self._ti.xcom_pull(task_ids=task_id, key=key) if is_done else None

    def mapped_results(self, task_id: str) -> list[Any] | None:
        """Give what the instances of a mapped task returned; None when any of them did not succeed."""
        states = [state for task, state in self._states.items() if task.rpartition("_")[0] == task_id]
        if not states or any(state != "success" for state in states):
            return None
        return list(self._ti.xcom_pull(task_ids=task_id, map_indexes=list(range(len(states)))))

    def present_results(self, task_id: str) -> list[Any]:
        """Give what those instances of a mapped task returned that ran; [] when any of them failed."""
        indexes = {
            int(task.rpartition("_")[2]): state
            for task, state in self._states.items()
            if task.rpartition("_")[0] == task_id
        }
        done = sorted(index for index, state in indexes.items() if state == "success")
        if not done or not set(indexes.values()) <= {"success", "skipped"}:
            return []
        return list(self._ti.xcom_pull(task_ids=task_id, map_indexes=done))

    def first_error(self) -> str:
        """Give the message of a failed task, '' when there is none."""
        for task in self.failed():
            task_id, _, index = task.rpartition("_")
            is_mapped = index.isdigit() and task_id
            messages = self._ti.xcom_pull(
                task_ids=task_id if is_mapped else task,
                key="error",
                map_indexes=[int(index)] if is_mapped else None,
            )
            if message := messages[0] if isinstance(messages, list) and messages else messages:
                return str(message)
        return ""
