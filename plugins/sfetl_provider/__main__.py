"""`python -m sfetl_provider check-configs|schema|reference [PATH]`: the commands that need no Airflow."""

from __future__ import annotations

import argparse

from sfetl_provider.cli.configs import check_configs, write_reference, write_schema

_COMMANDS = (
    ("check-configs", check_configs, "include/configs"),
    ("schema", write_schema, "include/configs"),
    ("reference", write_reference, "docs/configuration-reference.md"),
)


def main() -> int:
    """Parse the command line and run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="sfetl_provider", description="Monthly files into Snowflake")
    commands = parser.add_subparsers(required=True)
    for name, function, path in _COMMANDS:
        command = commands.add_parser(name, help=function.__doc__)
        command.add_argument("path", nargs="?", default=path)
        command.set_defaults(function=function)
    arguments = parser.parse_args()
    return int(arguments.function(arguments.path))


if __name__ == "__main__":
    raise SystemExit(main())
