"""`python -m local.stack up|down|status|shell`."""

import argparse
import sys
from pathlib import Path

from local.input.demo_data import write_demo_data
from local.stack.announce import announce
from local.stack.environment import StackSetup
from local.stack.folders import PROJECT_STACK, StackFolders
from local.stack.launch import DatabaseNotPreparedError
from local.stack.lifecycle import start_stack, stop_stack
from local.stack.ports import LOOPBACK
from local.stack.processes import is_alive
from local.stack.readiness import StackFailedError
from local.stack.shell import StackStoppedError, enter
from local.stack.state import load_state


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    setup = StackSetup(folders=StackFolders(options.folder))
    try:
        if options.action == "up":
            start_stack(setup)
            write_demo_data(setup.folders.incoming)
            announce("`make shell` opens a shell that sees it, `make down` stops everything.")
        elif options.action == "down":
            stop_stack(setup.folders)
        elif options.action == "shell":
            enter(setup, options.command)
    except (StackFailedError, DatabaseNotPreparedError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except StackStoppedError as error:
        print(error, file=sys.stderr)
        return 3
    except FileNotFoundError as error:
        print(f"There is no command {error.filename}.", file=sys.stderr)
        return 127
    return print_status(setup.folders) if options.action == "status" else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.stack", description="The embedded stack.")
    actions = parser.add_subparsers(dest="action", required=True)
    added = {name: actions.add_parser(name) for name in ("up", "down", "status", "shell")}
    for action in added.values():
        action.add_argument(
            "--folder", type=Path, default=PROJECT_STACK, help="where it keeps its files (var)"
        )
    added["shell"].add_argument(
        "command", nargs=argparse.REMAINDER, help="to run instead of the user's shell"
    )
    return parser


def print_status(folders: StackFolders) -> int:
    """One line per process; returns 0 if all run, 3 if not (as system services do)."""
    state = load_state(folders.state_file)
    for process in state.processes:
        state_word = "runs" if is_alive(process) else "DIED"
        announce(f"{process.name:14} {state_word:5} pid {process.pid}  {process.log_file}")
    if not state.processes:
        announce("The stack is stopped.")
        return 3
    announce(f"Airflow: http://{LOOPBACK}:{state.ports['api']}")
    return 0 if all(map(is_alive, state.processes)) else 3


if __name__ == "__main__":
    sys.exit(main())
