"""What every task imports, imported once by the process that forks: with LocalExecutor that is the scheduler.

The triggerer, too, forks the process in which triggers run.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from airflow.listeners import hookimpl
from airflow.providers.common.compat.sdk import conf

PRELOADED = (
    "sfetl_provider.dag_factory.feed_dag",
    "sfetl_provider.hooks.snowflake",
    "sfetl_provider.adapters.snowflake_session",
)
_FORKING_COMMANDS = (["scheduler"], ["triggerer"])


@hookimpl
def on_starting(component: Any) -> None:  # noqa: ARG001  # the listener's signature; at this moment it has no type yet
    """Import what takes long, if `[sfetl] preload` says so and this is a scheduler or triggerer that begins.

    Airflow calls it before the executor forks its workers. It costs a second and about 110 MB, which tasks then
    share instead of having them each. Tasks run the code that the scheduler began with: a changed
    package counts after its restart. A fault here is logged by Airflow and stops nothing.
    """
    if sys.argv[1:2] in _FORKING_COMMANDS and conf.getboolean("sfetl", "preload"):
        for name in PRELOADED:
            importlib.import_module(name)
