"""What a process needs of Airflow when it is a command, neither task nor server."""

from __future__ import annotations

import logging
import os
import sys


def use_stored_connections() -> None:
    """Let this process look connections up in Airflow's database too, as `airflow connections get` does.

    Without it only those of environment variables and secrets backends are found
    (`airflow.sdk.execution_time.supervisor.ensure_secrets_backend_loaded`).
    """
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def keep_stdout_for_answers() -> None:
    """Send Airflow's log to stderr, and of it warnings and errors alone; Airflow writes it to stdout.

    Call it where Airflow has configured its log. JSON that a command prints can then be read by a program.
    """
    import structlog
    from airflow.sdk.configuration import conf

    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)
            handler.setLevel(logging.WARNING)
    # It says so of each short word in a connection, a role's name for example, whatever is secret there.
    logging.getLogger("airflow._shared.secrets_masker.secrets_masker").setLevel(logging.ERROR)
    is_json = conf.getboolean("logging", "json_logs", fallback=False)
    structlog.configure(
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if is_json
        else structlog.WriteLoggerFactory(sys.stderr)
    )
