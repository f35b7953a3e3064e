"""Running the feed's DAG in this process, by Airflow's own dag.test()."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from sfetl_provider.core.config.load import load_feed
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.dag_factory.feed_dag import build_feed_dag
from sfetl_provider.settings import read_settings


@dataclass(frozen=True)
class FinishedRun:
    """How a run ended: its state, its tasks' states, and its report (None when it left none).

    `mapped` has, for each mapped task, what the grid calls its instances and their states, by index.
    """

    run_id: str
    state: str
    tasks: dict[str, str]
    report: dict[str, Any] | None
    mapped: dict[str, list[tuple[str, str]]]


def sales_dag(**sections: Any) -> DAG:
    """The DAG of feed `sales`; settings of a section by name go before its config's."""
    feed = load_feed(read_settings().configs_dir / "sales.json")
    changed = {name: getattr(feed, name).model_copy(update=values) for name, values in sections.items()}
    return build_feed_dag(feed.model_copy(update=changed))


def run_dag(dag: DAG, /, **params: Any) -> FinishedRun:
    """Run a DAG once with these parameters and tell how it ended."""
    run = dag.test(run_conf=params)
    instances = run.get_task_instances()
    tasks = {instance.task_id: str(instance.state) for instance in instances}
    mapped: dict[str, list[tuple[str, str]]] = {}
    for instance in sorted(instances, key=lambda instance: instance.map_index):
        if instance.map_index >= 0:
            named = (str(instance.rendered_map_index), str(instance.state))
            mapped.setdefault(instance.task_id, []).append(named)
    report = find_report(dag.dag_id, run.run_id)
    return FinishedRun(run.run_id, str(run.state.value), tasks, report, mapped)


def find_report(dag_id: str, run_id: str) -> dict[str, Any] | None:
    """Read the report of a run, wherever it lies."""
    written = Path(read_settings().reports_dir).glob(f"*/*/{run_key(dag_id, run_id)}.json")
    found = [path for path in written if path.parent.name != "validations"]
    assert len(found) <= 1
    report: dict[str, Any] | None = json.loads(found[0].read_text()) if found else None
    return report
