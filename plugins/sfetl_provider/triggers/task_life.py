"""Whether the task that a trigger waits for goes on after a person has acted on it."""

from __future__ import annotations

import asyncio
from typing import Any

_OVER = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


async def goes_on(task_instance: Any) -> bool:
    """Tell whether a task will run again: it was cleared, and neither marked nor deleted with its run.

    For a trigger's `on_kill`, which Airflow 3.3 calls alike when a person clears the task, marks it or deletes its
    run: by then the task's state in the database tells which it was. Without a task the answer is no.
    """
    if task_instance is None:
        return False
    states = await asyncio.to_thread(_states, task_instance)
    return any(state not in _OVER for state in states.values())


def _states(task_instance: Any) -> dict[str, Any]:
    # Imported late: the Task SDK's runner is for processes that run tasks, and every task parses the DAG file.
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    by_run = RuntimeTaskInstance.get_task_states(
        dag_id=task_instance.dag_id,
        task_ids=[task_instance.task_id],
        run_ids=[task_instance.run_id],
        map_index=task_instance.map_index,
    )
    states: dict[str, Any] = by_run.get(task_instance.run_id, {})
    return states
