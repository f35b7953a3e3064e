"""A shell, or one command, that sees the Airflow and the stand-in of a running stack."""

import os
from collections.abc import Sequence
from typing import NoReturn

from local.stack.announce import announce
from local.stack.credentials import load_or_create_credentials
from local.stack.environment import StackSetup, stack_environment
from local.stack.processes import is_alive
from local.stack.state import load_state

_WELCOME = (
    "This shell sees the stack's Airflow: `airflow sfetl --help`, `airflow dags list`. "
    "It holds the stack's secrets; `exit` leaves it."
)


class StackStoppedError(Exception):
    """There is no stack whose Airflow a command could reach."""


def enter(setup: StackSetup, command: Sequence[str]) -> NoReturn:
    """Become this command, without one the user's own shell, with all variables of the stack's processes.

    Raises:
        StackStoppedError: The stack does not run, or not all of it.
        FileNotFoundError: There is no such command.
    """
    state = load_state(setup.folders.state_file)
    if not state.processes or not all(map(is_alive, state.processes)):
        raise StackStoppedError("The stack is stopped, or a part of it: `make up` or `make demo` starts it.")
    credentials = load_or_create_credentials(setup.folders.credentials_file)
    environment = stack_environment(setup, state.ports, credentials)
    if not command:
        announce(_WELCOME)
    words = list(command) or [environment.get("SHELL", "/bin/sh")]
    os.execvpe(words[0], words, environment)  # noqa: S606 - no shell is meant to read these words
