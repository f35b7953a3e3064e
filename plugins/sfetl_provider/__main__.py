"""`python -m sfetl_provider check-configs|schema FOLDER`: the commands that need no Airflow."""

from __future__ import annotations

import argparse

from sfetl_provider.cli.configs import check_configs, write_schema


def main() -> int:
    """Parse the command line and run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="sfetl_provider", description="Monthly files into Snowflake")
    commands = parser.add_subparsers(required=True)
    for name, function in (("check-configs", check_configs), ("schema", write_schema)):
        command = commands.add_parser(name, help=function.__doc__)
        command.add_argument("folder", nargs="?", default="include/configs")
        command.set_defaults(function=function)
    arguments = parser.parse_args()
    return int(arguments.function(arguments.folder))


if __name__ == "__main__":
    raise SystemExit(main())
