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
        Option(("--xlsx",), {"metavar": "PATH", "help": "write an Excel workbook"}),
        Option(
            ("--data-docs",),
            {
                "metavar": "FOLDER",
                "help": "write the suite's results and Data Docs into FOLDER/<feed>",
            },
        ),
        Option(
            ("--rejects",),
            {"metavar": "PATH", "help": "write every bad line with its place and reason (TSV)"},
        ),
        Option(
            ("--clean",),
            {"metavar": "PATH", "help": "write the text of the one file without its bad lines"},
        ),
    ),
    function="sfetl_provider.cli.qc:check_month_files",
)

INSPECT = Command(
    name="inspect",
    summary="Tell what a file holds before anything runs: 0 text, 1 no text, 2 could not be read",
    options=(
        Option(("file",), {"help": "a file of text, plain or in .gz, .zst, .bz2, .xz, .zip"}),
        Option(("--count",), {"action": "store_true", "help": "count all lines instead of estimating them"}),
        Option(
            ("--estimate",),
            {
                "action": "store_true",
                "help": "estimate QC's and compression's time by running both on 64 MiB",
            },
        ),
        Option(("--json",), {"action": "store_true", "help": "print JSON instead of text"}),
        Option(
            ("--config",),
            {
                "metavar": "NAME",
                "help": "print a feed's config made from the file, for include/configs/NAME.json",
            },
        ),
        Option(
            ("--table",),
            {
                "metavar": "DB.SCHEMA.NAME",
                "default": "DATABASE.SCHEMA.TABLE",
                "help": "the config's target table",
            },
        ),
    ),
    function="sfetl_provider.cli.inspection:inspect",
)

STAGE = Command(
    name="stage",
    summary="Make a month's chunks into a folder, to be carried to another network, or check them there",
    options=(
        Option(
            ("files",),
            {"nargs": "*", "help": "files of the month; without any, those that the feed's patterns match"},
        ),
        Option(("--to",), {"metavar": "FOLDER", "help": "make the set here; again: go on with it"}),
        Option(
            ("--from",),
            {"metavar": "FOLDER", "dest": "source", "help": "check the set that is here, chunk by chunk"},
        ),
        Option(("--feed",), {"help": "name of the feed"}),
        Option(("--month",), {"help": "2024-01, 202401, 012024, current or last"}),
        Option(
            ("--qc",),
            {"action": "store_true", "help": "check the files first; the verdict comes along"},
        ),
        Option(("--configs-dir",), {"help": "folder of the feeds' configs; [sfetl] configs_dir by default"}),
        Option(("--base-path",), {"help": "folder of the files instead of the feed's base_path"}),
    ),
    function="sfetl_provider.cli.staging:stage_files",
)

COMPARE = Command(
    name="compare",
    summary="Compare two files, or files with the table's month: 0 equal, 1 different, 2 not all was compared",
    options=(
        Option(
            ("files",),
            {"nargs": "*", "help": "two files; with --month any number, or none for those of the patterns"},
        ),
        Option(
            ("--feed",), {"required": True, "help": "name of the feed, whose config says how to read them"}
        ),
        Option(
            ("--key",),
            {"metavar": "COLUMNS", "help": "columns by which rows find each other: a,b; else the whole row"},
        ),
        Option(("--ignore",), {"metavar": "COLUMNS", "help": "columns to leave out"}),
        Option(("--month",), {"help": "compare with the table's rows of this month: 2024-01, current, last"}),
        Option(("--conn-id",), {"help": "Airflow connection to Snowflake; the feed's by default"}),
        Option(("--configs-dir",), {"help": "folder of the feeds' configs; [sfetl] configs_dir by default"}),
        Option(("--base-path",), {"help": "folder of the files instead of the feed's base_path"}),
        Option(
            ("--samples",),
            {"type": int, "default": 10, "metavar": "N", "help": "differences of each kind to show (10)"},
        ),
        Option(("--differences",), {"metavar": "PATH", "help": "write every difference (CSV)"}),
        Option(
            ("--json",),
            {"metavar": "PATH", "help": "write everything as JSON; - for stdout, instead of the text"},
        ),
        Option(("--csv",), {"metavar": "PATH", "help": "write the counts"}),
    ),
    function="sfetl_provider.cli.compare:compare_files",
)

DOCTOR = Command(
    name="doctor",
    summary="Examine the way to Snowflake step by step: 0 all works, 1 a step failed, 2 nothing was examined",
    options=(
        Option(("--conn-id",), {"default": "snowflake_default", "help": "Airflow connection to Snowflake"}),
        Option(("--proxy-conn-id",), {"help": "proxy connection instead of the one that it names"}),
        Option(("--database",), {"help": "where to stage the small file, if the connection names none"}),
        Option(
            ("--json",),
            {"metavar": "PATH", "help": "write everything as JSON; - for stdout, instead of the text"},
        ),
    ),
    function="sfetl_provider.cli.doctor:examine_connection",
)

_ONE_FEED = Option(("--feed",), {"help": "name of the feed; all feeds without it"})
_CONFIGS = Option(
    ("--configs-dir",), {"help": "folder of the feeds' configs; [sfetl] configs_dir by default"}
)

LEDGER = Command(
    name="ledger",
    summary="Verify the ledger's hash chains (0 whole, 1 broken) or show its rows",
    options=(
        Option(("action",), {"choices": ("verify", "show"), "help": "what to do"}),
        _ONE_FEED,
        Option(("--month",), {"help": "show: only rows of this month"}),
        Option(
            ("--reports",),
            {"metavar": "FOLDER", "help": "verify: hold it also against the ends in the runs' reports there"},
        ),
        Option(("--json",), {"action": "store_true", "help": "print JSON instead of text"}),
        _CONFIGS,
    ),
    function="sfetl_provider.cli.ledger:read_ledger",
)

INIT = Command(
    name="init",
    summary="Make schema SFETL with ledger and stage, and print the GRANTs that loading needs",
    options=(
        _ONE_FEED,
        Option(("--role",), {"default": "SFETL_LOADER", "help": "role in the GRANTs (SFETL_LOADER)"}),
        Option(
            ("--print",), {"action": "store_true", "help": "only print the statements; connect to nothing"}
        ),
        _CONFIGS,
    ),
    function="sfetl_provider.cli.ledger:initialise",
)

VALIDATE = Command(
    name="validate",
    summary="Tell what feeds' tables hold: 0 nothing severe, 1 something is, 2 not all was looked at",
    options=(
        Option(
            ("--feed",), {"action": "append", "metavar": "NAME", "help": "name of a feed; may be repeated"}
        ),
        Option(("--all",), {"action": "store_true", "help": "the feeds of all configs"}),
        Option(
            ("--table",),
            {"metavar": "PATTERN", "help": "those of all configs with such a table: SALES_*, DEMO.PUBLIC.*"},
        ),
        Option(
            ("--months",),
            {"help": "2024-01..2024-03, 2024-05; without it all that the table and the ledger have"},
        ),
        Option(
            ("--from",),
            {"dest": "first_day", "metavar": "DAY", "help": "look at days from this one on: 2024-01-05"},
        ),
        Option(("--to",), {"dest": "last_day", "metavar": "DAY", "help": "look at days up to this one"}),
        Option(
            ("--rules",),
            {"action": "store_true", "help": "check qc.rules too; the scan then reads their columns"},
        ),
        Option(
            ("--keys",),
            {"action": "store_true", "help": "look for duplicates of qc.key too, with a second query"},
        ),
        Option(("--key",), {"metavar": "COLUMNS", "help": "look for duplicates of these columns: a,b"}),
        Option(
            ("--view",),
            {
                "choices": ("executive", "technical", "audit"),
                "default": "technical",
                "help": "executive: a line a table; technical: everything; audit: who changed what",
            },
        ),
        Option(
            ("--fail-on",),
            {
                "choices": ("CRITICAL", "WARNING", "INFO"),
                "default": "CRITICAL",
                "help": "the least severe finding that ends the command with 1 (CRITICAL)",
            },
        ),
        Option(("--conn-id",), {"help": "Airflow connection to Snowflake; the feed's by default"}),
        Option(
            ("--json",),
            {"metavar": "PATH", "help": "write everything as JSON; - for stdout, instead of the text"},
        ),
        Option(
            ("--csv",),
            {"metavar": "PATH", "help": "write a line for each table, month or ledger row, by view"},
        ),
        Option(("--html",), {"metavar": "PATH", "help": "write one page with charts"}),
        Option(("--xlsx",), {"metavar": "PATH", "help": "write an Excel workbook"}),
        _CONFIGS,
    ),
    function="sfetl_provider.cli.validate:validate_feeds",
)

BATCH = Command(
    name="batch",
    summary="Tell what became of many months by their latest loads: 0 all done, 1 one failed, 2 one was not run",
    options=(
        Option(
            ("--feed",),
            {
                "action": "append",
                "required": True,
                "metavar": "NAME",
                "help": "name of a feed; may be repeated",
            },
        ),
        Option(("--months",), {"required": True, "help": "2024-01..2024-03, 2024-05"}),
        Option(
            ("--since",),
            {
                "metavar": "TIME",
                "help": "only loads that ended since then, UTC: 2026-11-30 or 2026-11-30T08:00",
            },
        ),
        Option(
            ("--reports",), {"metavar": "FOLDER", "help": "the runs' reports; [sfetl] reports_dir by default"}
        ),
        Option(
            ("--json",),
            {"metavar": "PATH", "help": "write everything as JSON; - for stdout, instead of the text"},
        ),
        Option(("--html",), {"metavar": "PATH", "help": "write one page, with links to the runs"}),
    ),
    function="sfetl_provider.cli.batch:report_batch",
)

COMMANDS = (INSPECT, QC, STAGE, COMPARE, VALIDATE, BATCH, LEDGER, INIT, DOCTOR)
