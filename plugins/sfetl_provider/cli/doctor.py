"""`doctor`: the way to Snowflake examined step by step, on the command line."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from sfetl_provider.cli.command import REFUSED
from sfetl_provider.cli.folders import Folders
from sfetl_provider.cli.outputs import STDOUT, write_output
from sfetl_provider.cli.sessions import snowflake_hook
from sfetl_provider.core.doctor.examination import render_examination


def examine_connection(arguments: Namespace, folders: Folders) -> int:  # noqa: ARG001  # all commands get both
    """Examine; 0 when everything works, 1 when a step failed."""
    hook = snowflake_hook(arguments.conn_id, arguments.proxy_conn_id)
    found = hook.examine(arguments.database or "")
    document = json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n"
    if arguments.json == STDOUT:
        sys.stdout.write(document)
    else:
        print(render_examination(found))
        write_output(arguments.json, lambda: document)
    return REFUSED if found.failed_step else 0
