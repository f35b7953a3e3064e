"""How the cost of validating tables grows with their number.

    python -m benchmarks.validate [--tables 10,50,200] [--months 60] [--rows-a-day 20] [--record]

Run from the project's root with the environment of the tests, when nothing else loads the machine. Makes tables
and their ledger in a local warehouse, which is a process of its own on the same cores, and validates so many of
them in one session, one after the other: days and ledger, as by default; with own rules and keys; the fewest with
all of the ledger. A row gives the statements, the seconds until all tables were judged, of which those in the
warehouse, the CPU seconds of this process, seconds and statements by table, the seconds for the executive page and
workbook, and this process's highest resident memory. On Snowflake each statement costs a way over the network and
more, so their number counts more than here. For comparison: a COUNT for each month. `--record` adds the rows to
benchmarks/RESULTS.md.
"""

import argparse
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.results import MACHINE_COLUMNS, append_rows, told_rows
from benchmarks.stage import served
from local.warehouse.serving.server import connection_parameters
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.ledger.append import insert_statement
from sfetl_provider.core.ledger.columns import COLUMNS, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry, LedgerFacts, chain
from sfetl_provider.core.ledger.month_rows import count_rows, feed_month
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import head_table, ledger_table, quoted_table, target_table
from sfetl_provider.core.ports import Bind, QueryResult
from sfetl_provider.core.report.validation_page import render_page
from sfetl_provider.core.report.validation_sheets import validation_sheets
from sfetl_provider.core.report.workbook import write_sheets
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.core.validate.tables import validate_tables
from sfetl_provider.core.validate.wanted import Wanted

TOTALS = "statements | s | in the warehouse s | CPU s here"
MEASURED = f"{TOTALS} | s a table | statements a table | page and workbook s | memory MB"
HEADING = f"""
## Validating many tables

`python -m benchmarks.validate`: tables in the local warehouse, which runs on the same cores, one after the other
in one session; one run each. Statements of a table: DESCRIBE and SHOW (no virtual warehouse needed), the scan, the
ledger before and after it; a query for keys; the ledger's rows and chain. Other work loaded both cores meanwhile.

| {MACHINE_COLUMNS} | tables | months each | rows each | what | {MEASURED} |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""
LAST = Month(2024, 12)
RULES = [
    {"name": "positive", "condition": "amount >= 0"},
    {"name": "mean", "aggregate": "avg(amount)", "max": 100},
]
WANTED = {
    "days and ledger": Wanted(),
    "with 2 rules and keys": Wanted(has_rules=True, has_keys=True),
    "with all of the ledger": Wanted(has_ledger=True),
}


@dataclass
class Count:
    """What a session was asked, and how long it took to answer."""

    statements: int = 0
    seconds: float = 0.0


class CountingSession(SnowflakeSession):
    """A session that counts its statements and their seconds."""

    def __init__(self, port: int) -> None:
        super().__init__(open_connection(connection_parameters("127.0.0.1", port, {})))
        self.count = Count()

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        """Run one statement."""
        began = time.perf_counter()
        result = super().query(statement, binds)
        self.count.statements += 1
        self.count.seconds += time.perf_counter() - began
        return result


def feed_of(number: int) -> FeedConfig:
    """The feed of one table."""
    return FeedConfig.model_validate(
        {
            "feed": f"table_{number:03}",
            "table": {"database": "DEMO", "schema": "PUBLIC", "name": f"TABLE_{number:03}"},
            "columns": ["day", "shop", "amount"],
            "date": {"column": "day"},
            "files": {"patterns": ["{month}.tsv"]},
            "qc": {"key": ["day", "shop"], "rules": RULES},
            "end_month": str(LAST),
        }
    )


def months_of(count: int) -> list[Month]:
    """So many months up to the last one."""
    months = [LAST]
    while len(months) < count:
        months.insert(0, months[0].previous())
    return months


def make_rows(session: SnowflakeSession, months: Sequence[Month], rows_a_day: int) -> None:
    """Make the table that all others are copies of."""
    session.query('CREATE SCHEMA IF NOT EXISTS "DEMO"."PUBLIC"')
    session.query('CREATE TABLE "DEMO"."PUBLIC"."DAYS" ("DAY" DATE)')
    session.query('CREATE TABLE "DEMO"."PUBLIC"."SHOPS" ("SHOP" VARCHAR(10), "AMOUNT" NUMBER(9,2))')
    days = ", ".join(f"('{day}')" for month in months for day in month.days())
    session.query(f'INSERT INTO "DEMO"."PUBLIC"."DAYS" VALUES {days}')
    shops = ", ".join(f"('S{number}', {number})" for number in range(rows_a_day))
    session.query(f'INSERT INTO "DEMO"."PUBLIC"."SHOPS" VALUES {shops}')


def make_table(session: SnowflakeSession, feed: FeedConfig) -> None:
    """Make a feed's table."""
    session.query(
        f"CREATE TABLE {quoted_table(target_table(feed))} AS\n"
        'SELECT d."DAY", s."SHOP", s."AMOUNT"\n'
        'FROM "DEMO"."PUBLIC"."DAYS" AS d CROSS JOIN "DEMO"."PUBLIC"."SHOPS" AS s'
    )


def make_ledger(
    session: SnowflakeSession, feed: FeedConfig, months: Sequence[Month], rows_a_day: int
) -> None:
    """Make a feed's ledger and head table, as a publication of each month would have left them."""
    prepare(session, feed)
    entries = list(published(feed, months, rows_a_day))
    one = f"({', '.join('?' for _ in COLUMNS)})"
    statement = insert_statement("DEMO").partition("VALUES")[0]
    binds = [bind for entry in entries for bind in entry_binds(entry)]
    session.query(f"{statement}VALUES {', '.join([one] * len(entries))}", binds)
    head = quoted_table(head_table("DEMO", feed.feed))
    generations = ", ".join(f"('{month}', 1, '')" for month in months)
    session.query(f"INSERT INTO {head} VALUES {generations}")
    session.query(
        f'UPDATE {head} SET "GENERATION" = ?, "CHAIN_HASH" = ? WHERE "MONTH" = \'*\'',
        (len(entries), entries[-1].hash),
    )


def copy_ledger(session: SnowflakeSession, feed: FeedConfig, first: FeedConfig) -> None:
    """Give a feed the ledger of another one: the same rows, in a chain that nobody here verifies."""
    values = {"FEED": "?", "TABLE_NAME": "?"}
    columns = ", ".join(values.get(name, f'"{name}"') for name in COLUMNS)
    ledger = quoted_table(ledger_table("DEMO"))
    session.query(
        f'INSERT INTO {ledger} SELECT {columns} FROM {ledger} WHERE "FEED" = ?',
        (feed.feed, quoted_table(target_table(feed)), first.feed),
    )
    heads = [quoted_table(head_table("DEMO", one.feed)) for one in (feed, first)]
    session.query(f"CREATE TABLE {heads[0]} AS SELECT * FROM {heads[1]}")


def published(feed: FeedConfig, months: Sequence[Month], rows_a_day: int) -> Iterator[LedgerEntry]:
    """The ledger's rows of one publication for each month."""
    end = ChainEnd(sequence=0, hash="")
    for month in months:
        rows = rows_a_day * len(month.days())
        entry = chain(
            LedgerFacts(
                feed=feed.feed,
                action="publish",
                month=str(month),
                generation=1,
                run_key=f"{end.sequence:012x}",
                dag_id=f"load_{feed.feed}",
                run_id=f"scheduled__{month}",
                actor="scheduler",
                table_name=quoted_table(target_table(feed)),
                rows_before=0,
                rows_deleted=0,
                rows_inserted=rows,
                qc_verdict="passed",
                query_ids={},
                recorded_at=datetime(2025, 1, 1, tzinfo=UTC),
                version="0.1.0",
            ),
            end,
        )
        yield entry
        end = ChainEnd(sequence=entry.sequence, hash=entry.hash)


def rows_of(options: argparse.Namespace, port: int, folder: Path) -> Iterator[str]:
    """Validate so many tables each way; give the rows as cells."""
    counts = [int(count) for count in options.tables.split(",")]
    months = months_of(options.months)
    size = f"{len(months)} | {options.rows_a_day * sum(len(month.days()) for month in months):,}"
    feeds = [feed_of(number) for number in range(1, max(counts) + 1)]
    with CountingSession(port) as session:
        make_rows(session, months, options.rows_a_day)
        for number, feed in enumerate(feeds):
            make_table(session, feed)
            if number < counts[0]:
                make_ledger(session, feed, months, options.rows_a_day)
            else:
                copy_ledger(session, feed, feeds[0])
    for what, wanted in WANTED.items():
        for count in counts[: 1 if wanted.has_ledger else None]:
            yield f"{count} | {size} | {what} | {measured(feeds[:count], wanted, port, folder)}"
    yield f"{counts[0]} | {size} | a COUNT for each month | {counted(feeds[: counts[0]], months, port)}"


def measured(feeds: Sequence[FeedConfig], wanted: Wanted, port: int, folder: Path) -> str:
    """Validate these tables; raises SystemExit when one does not pass."""
    with CountingSession(port) as session:
        began, used = time.perf_counter(), time.process_time()
        found = list(validate_tables(feeds, wanted, lambda _: nullcontext(session), SystemClock()))
        seconds, used = time.perf_counter() - began, time.process_time() - used
    require_passed(found)
    began = time.perf_counter()
    (folder / "page.html").write_text(render_page(found, "executive"), encoding="utf-8")
    write_sheets(folder / "book.xlsx", "Tables", validation_sheets(found, "executive"))
    return cells(len(feeds), session.count, (seconds, used), f"{time.perf_counter() - began:.1f}")


def require_passed(found: Sequence[TableValidation]) -> None:
    """End when a table was not looked at, or anything was found in it."""
    for one in found:
        if one.verdict != "passed":
            raise SystemExit(f"{one.feed} {one.verdict}: {one.fault} {one.sorted_findings()[:3]}")


def counted(feeds: Sequence[FeedConfig], months: Sequence[Month], port: int) -> str:
    """Count the rows of each month of these tables, as a query for each would."""
    with CountingSession(port) as session:
        began, used = time.perf_counter(), time.process_time()
        for feed in feeds:
            for month in months:
                count_rows(session, feed_month(feed, str(month)))
        needed = time.perf_counter() - began, time.process_time() - used
        return cells(len(feeds), session.count, needed, "–")


def cells(tables: int, count: Count, needed: tuple[float, float], page: str) -> str:
    """Give a row's last cells; `needed` are the seconds by the clock and those of the processor."""
    seconds, used = needed
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    asked = f"{count.statements:,} | {seconds:.1f} | {count.seconds:.1f} | {used:.1f}"
    return f"{asked} | {seconds / tables:.3f} | {count.statements / tables:g} | {page} | {peak_mb:.0f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validate", description=__doc__)
    parser.add_argument("--tables", default="10,50,200", help="how many, each number once")
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--rows-a-day", type=int, default=20)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as name, served(Path(name)) as warehouse:
        lines = told_rows(rows_of(options, warehouse.port, Path(name)))
    if options.record:
        append_rows(HEADING, lines)


if __name__ == "__main__":
    main()
