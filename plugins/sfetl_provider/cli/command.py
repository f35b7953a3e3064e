"""A command, described once for both command lines: Airflow's and `python -m sfetl_provider`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from sfetl_provider.cli.airflow_process import use_stored_connections
from sfetl_provider.cli.folders import Folders
from sfetl_provider.core.errors import SfetlError

REFUSED = 1
IMPOSSIBLE = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Option:
    """One argument, in argparse's terms."""

    flags: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """A command: its options, and the `module:function` that runs it and gives the exit code.

    The module is imported when the command runs: every call of `airflow` reads the descriptions.
    """

    name: str
    summary: str
    options: tuple[Option, ...]
    function: str

    def run(self, arguments: argparse.Namespace, folders: Folders) -> int:
        """Run it; what could not be done is told on stderr and ends with exit code 2."""
        use_stored_connections()
        module, _, name = self.function.partition(":")
        function: Callable[[argparse.Namespace, Folders], int] = getattr(import_module(module), name)
        try:
            return function(arguments, folders)
        except KeyboardInterrupt:
            print("Interrupted.", file=sys.stderr)
            return INTERRUPTED
        except SfetlError as error:
            print(error, file=sys.stderr)
        except OSError as error:
            print(f"{error.filename or 'Output'}: {error.strerror or error}.", file=sys.stderr)
        return IMPOSSIBLE
