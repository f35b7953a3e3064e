"""What the other tasks of a run left behind, seen from its last task."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from sfetl_provider.core.report.task_failure import TaskFailure

PUBLISHED_BEFORE = "published_before"
"""Key under which the sensor leaves the names of the files that append skips."""
ERROR = "error"
"""Key under which a failed task leaves its error's text."""
TABLE_CHANGES = "table_changes"
"""Key under which task copy leaves what it changed of the target's definition, whether it succeeds or not."""
REFUSED = "refused"
"""Key under which a task that fails because of what it found leaves all of that."""


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

    def failed(self, map_index: int | None = None) -> tuple[str, ...]:
        """Give the ids of the tasks that failed themselves; of mapped ones only one instance, if it is named."""
        failed = sorted(task for task, state in self._states.items() if state == "failed")
        return tuple(task for task in failed if map_index is None or _index(task) in (None, map_index))

    def is_skipped(self, task_id: str) -> bool:
        """Tell whether a task, or every instance of a mapped one, was skipped."""
        states = {state for task, state in self._states.items() if task == task_id or _name(task) == task_id}
        return states == {"skipped"}

    def state(self, task_id: str) -> str | None:
        """Give a task's present state."""
        return self._states.get(task_id)

    def result(self, task_id: str, map_index: int | None = None) -> Any:
        """Give what a task, or one instance of a mapped one, returned; None unless it succeeded."""
        if map_index is None:
            return self._ti.xcom_pull(task_ids=task_id) if self._states.get(task_id) == "success" else None
        if self._states.get(f"{task_id}_{map_index}") != "success":
            return None
        return self._ti.xcom_pull(task_ids=task_id, map_indexes=map_index)

    def pushed(self, task_id: str, key: str) -> Any:
        """Give what a task left under a key beside its result, None when it left nothing or failed."""
        is_done = self._states.get(task_id) in ("success", "skipped")
        return self._ti.xcom_pull(task_ids=task_id, key=key) if is_done else None

    def mapped_results(self, task_id: str) -> list[Any] | None:
        """Give what the instances of a mapped task returned; None when any of them did not succeed."""
        states = [state for task, state in self._states.items() if _name(task) == task_id]
        if not states or any(state != "success" for state in states):
            return None
        return list(self._ti.xcom_pull(task_ids=task_id, map_indexes=list(range(len(states)))))

    def present_results(self, task_id: str) -> list[Any]:
        """Give what those instances of a mapped task returned that ran; [] when any of them failed."""
        indexes = {
            int(task.rpartition("_")[2]): state
            for task, state in self._states.items()
            if _name(task) == task_id
        }
        done = sorted(index for index, state in indexes.items() if state == "success")
        if not done or not set(indexes.values()) <= {"success", "skipped"}:
            return []
        return list(self._ti.xcom_pull(task_ids=task_id, map_indexes=done))

    def refused(self, task_id: str) -> Any:
        """Give what a task found that failed because of it, None when it did not."""
        is_failed = self._states.get(task_id) == "failed"
        return self._ti.xcom_pull(task_ids=task_id, key=REFUSED) if is_failed else None

    def left(self, task_id: str, key: str) -> Any:
        """Give what a task left under a key, whether it succeeded or failed; None when it left nothing."""
        is_over = self._states.get(task_id) in ("success", "failed")
        return self._ti.xcom_pull(task_ids=task_id, key=key) if is_over else None

    def failures(self, map_index: int | None = None) -> tuple[TaskFailure, ...]:
        """Give the failed tasks with what they left of their errors."""
        return tuple(self._failure(task) for task in self.failed(map_index))

    def _failure(self, task: str) -> TaskFailure:
        index = _index(task)
        left = self._ti.xcom_pull(
            task_ids=task if index is None else _name(task),
            key=ERROR,
            map_indexes=None if index is None else [index],
        )
        text = left[0] if isinstance(left, list) and left else left
        return TaskFailure.model_validate({"task": task, **(text or {})})


def _name(task: str) -> str:
    """Give the id of a mapped task from the key of one instance."""
    return task.rpartition("_")[0]


def _index(task: str) -> int | None:
    """Give an instance's index; None for a task that is not mapped."""
    name, _, index = task.rpartition("_")
    return int(index) if name and index.isdigit() else None
