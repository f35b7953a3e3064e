"""`python -m sfetl_provider check-configs|schema|reference|qc …`: the commands that need no Airflow."""

from __future__ import annotations

import argparse

from sfetl_provider.cli.all_commands import COMMANDS
from sfetl_provider.cli.configs import check_configs, write_reference, write_schema
from sfetl_provider.cli.folders import folders_from_environment

_ON_CONFIGS = (
    ("check-configs", check_configs, "include/configs"),
    ("schema", write_schema, "include/configs"),
    ("reference", write_reference, "docs/configuration-reference.md"),
)


def main() -> int:
    """Parse the command line and run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="sfetl_provider", description="Monthly files into Snowflake")
    commands = parser.add_subparsers(required=True)
    for name, function, path in _ON_CONFIGS:
        command = commands.add_parser(name, help=function.__doc__)
        command.add_argument("path", nargs="?", default=path)
        command.set_defaults(run=lambda arguments, _, function=function: function(arguments.path))
    for shared in COMMANDS:
        command = commands.add_parser(shared.name, help=shared.summary, description=shared.summary)
        for option in shared.options:
            command.add_argument(*option.flags, **option.settings)
        command.set_defaults(run=shared.run)
    arguments = parser.parse_args()
    return int(arguments.run(arguments, folders_from_environment()))


if __name__ == "__main__":
    raise SystemExit(main())
