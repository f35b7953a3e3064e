"""The commands that both command lines have: their options and what runs them."""

from __future__ import annotations

from sfetl_provider.cli.command import Command, Option

QC = Command(
    name="qc",
    summary="Check a month's files as a load would: 0 passed, 1 rejected, 2 could not be checked",
    options=(
        Option(
            ("files",),
            {"nargs": "*", "help": "files of the month; without any, those that the feed's patterns match"},
        ),
        Option(("--feed",), {"required": True, "help": "name of the feed"}),
        Option(("--month",), {"required": True, "help": "2024-01, 202401, 012024, current or last"}),
        Option(("--configs-dir",), {"help": "folder of the feeds' configs; [sfetl] configs_dir by default"}),
        Option(("--base-path",), {"help": "folder of the files instead of the feed's base_path"}),
        Option(
            ("--json",),
            {"metavar": "PATH", "help": "write everything as JSON; - for stdout, instead of the text"},
        ),
        Option(
            ("--csv",), {"metavar": "PATH", "help": "write the findings; rows per day go to <PATH>_days.csv"}
        ),
        Option(("--html",), {"metavar": "PATH", "help": "write one page with charts"}),
        Option(
            ("--rejects",),
            {"metavar": "PATH", "help": "write every bad line with its place and reason (TSV)"},
        ),
    ),
    function="sfetl_provider.cli.qc:check_month_files",
)

COMMANDS = (QC,)
