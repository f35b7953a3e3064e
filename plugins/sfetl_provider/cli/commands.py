"""The command group of Airflow's command line; imported at every `airflow` call, so it imports late."""

from __future__ import annotations

from argparse import Namespace
from functools import partial

from airflow.cli.cli_config import ActionCommand, Arg, CLICommand, GroupCommand

from sfetl_provider.cli.all_commands import COMMANDS
from sfetl_provider.cli.command import Command

_FOLDER = Arg(("--configs-dir",), help="folder of the feeds' configs; [sfetl] configs_dir by default")


def get_cli_commands() -> list[CLICommand]:
    """Give the group `sfetl`."""
    check = ActionCommand(
        name="check-configs",
        help="Read every feed's config and name each fault with file and field",
        func=_check_configs,
        args=(_FOLDER,),
    )
    schema = ActionCommand(
        name="schema",
        help="Write feed.schema.json beside the configs",
        func=_write_schema,
        args=(_FOLDER,),
    )
    shared = [_action(command) for command in COMMANDS]
    return [
        GroupCommand(name="sfetl", help="Monthly files into Snowflake", subcommands=(check, schema, *shared))
    ]


def _action(command: Command) -> ActionCommand:
    return ActionCommand(
        name=command.name,
        help=command.summary,
        func=partial(_run, command),
        args=tuple(Arg(option.flags, **option.settings) for option in command.options),
    )


def _run(command: Command, arguments: Namespace) -> None:
    from sfetl_provider.cli.airflow_process import keep_stdout_for_answers
    from sfetl_provider.cli.folders import Folders
    from sfetl_provider.settings import read_settings

    keep_stdout_for_answers()
    settings = read_settings()
    folders = Folders(settings.configs_dir, settings.base_path, settings.scratch_dir, settings.reports_dir)
    raise SystemExit(command.run(arguments, folders))


def _check_configs(arguments: Namespace) -> None:
    from sfetl_provider.cli.configs import check_configs

    raise SystemExit(check_configs(_folder(arguments)))


def _write_schema(arguments: Namespace) -> None:
    from sfetl_provider.cli.configs import write_schema

    raise SystemExit(write_schema(_folder(arguments)))


def _folder(arguments: Namespace) -> str:
    from sfetl_provider.settings import read_settings

    return arguments.configs_dir or str(read_settings().configs_dir)
