"""What every task imports, imported once by the scheduler, whose tasks are forked from it with LocalExecutor."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from airflow.listeners import hookimpl
from airflow.providers.common.compat.sdk import conf

PRELOADED = ("sfetl_provider.dag_factory.feed_dag", "sfetl_provider.hooks.snowflake")
_FORKING_COMMAND = "scheduler"


@hookimpl
def on_starting(component: Any) -> None:  # noqa: ARG001  # the listener's signature; at this moment it has no type yet
    """Import what takes long, if `[sfetl] preload` says so and this process is a scheduler that begins.

    Airflow calls it before the executor forks its workers. It costs the scheduler a second and about 110 MB, which
    its tasks then share instead of having them each. Tasks run the code that the scheduler began with: a changed
    package counts after its restart. A fault here is logged by Airflow and stops nothing.
    """
    if sys.argv[1:2] == [_FORKING_COMMAND] and conf.getboolean("sfetl", "preload"):
        for name in PRELOADED:
            importlib.import_module(name)
