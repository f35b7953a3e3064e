"""A month from file to table, out and in again, through core alone: on the stand-in and on real Snowflake.

The same steps run in both places, so the stand-in is held to what Snowflake does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from threading import Lock

import pytest

from sfetl_provider.adapters.local_files import find_files
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.audit.checks import check_load_table, require_passed
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.qc_model import RuleConfig
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyOutcome, Finished
from sfetl_provider.core.copy_into.submission import advance
from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.drop.preview import Recovery, preview_month
from sfetl_provider.core.drop.records import DropReceipt, DropRequest
from sfetl_provider.core.errors import CopyFailedError, StatementError
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.ledger.lookup import chain_end, entries
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.ledger.verification import verify
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import MonthPlan, TableName
from sfetl_provider.core.plan.names import (
    SCHEMA,
    ledger_table,
    profiles_table,
    quoted_table,
    run_key,
    sfetl_table,
    stage_name,
)
from sfetl_provider.core.plan.table_change import text_sizes
from sfetl_provider.core.ports import Uploader
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide
from sfetl_provider.core.stage.cleaning import clean_stage
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.validate.validation import validate_table
from sfetl_provider.core.validate.wanted import Wanted
from tests.core.load_samples import sample_config, sample_plan
from tests.core.scripted_warehouse import MemoryCheckpoints

MONTH = Month(2013, 1)
ROWS_PER_DAY = 4
ROWS = 31 * ROWS_PER_DAY
_CLOCK = SystemClock()


class DirectUploader:
    """Implements the Uploader port in this process, one upload at a time, by a session that waits meanwhile."""

    def __init__(self, session: SnowflakeSession) -> None:
        self._session = session
        self._lock = Lock()

    def upload(self, source: Path, stage_folder: str) -> None:
        with self._lock:
            self._session.upload(source, stage_folder)

    def stop(self) -> None:
        """Let what is under way end."""


@dataclass(frozen=True)
class MonthBench:
    """A feed with a table of its own, and a folder with its month's file; uploads by the session, or as given."""

    session: SnowflakeSession
    config: FeedConfig
    folder: Path
    given_uploader: Uploader | None = None

    @property
    def target(self) -> TableName:
        """The feed's table."""
        table = self.config.table
        return TableName(database=table.database, schema_name=table.schema_name, name=table.name)

    def plan(self, run_id: str) -> MonthPlan:
        """Plan a run at the generation seen now."""
        generation = read_generation(self.session, self.target.database, self.config.feed, str(MONTH))
        return sample_plan(feed=self.config.feed, run_id=run_id, table=self.target, generation=generation)

    def loaded(self, plan: MonthPlan) -> PublishJob:
        """Check, stage, copy and audit the month's file."""
        (source,) = find_files(self.folder, ["month.tsv"], [])
        report = scan_file(source, self.config, MONTH, Places(self.folder / "qc"))
        uploader = self.given_uploader or DirectUploader(self.session)
        ports = StagePorts(self.session, uploader, MemoryCheckpoints(), _CLOCK, self.folder / "scratch")
        staged = stage_file(source, plan, self.config, ports)
        outcome = self.copied(CopyJob(plan, (staged,), self.config))
        verdict = decide([report], self.config, MONTH, "file")
        audit = check_load_table(AuditJob(plan, self.config, outcome, verdict), self.session, _CLOCK)
        require_passed(audit, plan)
        return PublishJob(plan, self.config, (staged,), outcome, verdict)

    def copied(self, job: CopyJob) -> CopyOutcome:
        """Copy what was staged, to the end."""
        ports = CopyPorts(self.session, MemoryCheckpoints(), _CLOCK)
        while not isinstance(step := advance(job, ports), Finished):
            with contextlib.suppress(StatementError):  # a fetch blocks until the COPY has ended, well or not
                self.session.fetch(step.query_id)
        return step.outcome

    def dropped(self) -> DropReceipt:
        """Delete the month as previewed."""
        recovery = Recovery(days=0, today=_CLOCK.now().date())
        preview = preview_month(self.session, self.config, MONTH, recovery)
        request = DropRequest(
            feed=preview.feed,
            month=preview.month,
            generation=preview.generation,
            rows=preview.rows,
            keep_until=preview.keep_until,
            dag_id="drop_month",
            run_id="manual__drop",
            run_key=run_key("drop_month", "manual__drop"),
            actor="ada",
            approver="grace",
            reason="bench",
        )
        return drop_month(request, self.config, self.session, _CLOCK)

    def rows(self) -> tuple[int, int]:
        """Count the table's rows, and the different ones among them."""
        columns = ", ".join(quote_identifier(name) for name in self.config.column_names)
        table = quoted_table(self.target)
        total = self.session.query(f"SELECT COUNT(*) FROM {table}").scalar()
        distinct = self.session.query(
            f"SELECT COUNT(*) FROM (SELECT DISTINCT {columns} FROM {table})"
        ).scalar()
        return int(str(total)), int(str(distinct))


@contextlib.contextmanager
def month_bench(session: SnowflakeSession, database: str, suffix: str, folder: Path) -> Iterator[MonthBench]:
    """Make a schema and a table of our own and a month's file; what is left is an SFETL schema without them."""
    schema = f"SFETL_BENCH_{suffix.upper()}"
    table = {"database": database, "schema": schema, "name": "FLIGHTS"}
    config = sample_config(
        feed=f"bench_{suffix}", table=table, load={"batch_files": 1}, stage={"chunk_mib": 1}
    )
    bench = MonthBench(session, config, folder)
    _write_month(folder / "month.tsv")
    session.query(f"CREATE SCHEMA {_quoted(database, schema)}")
    try:
        columns = '"DISTANCE" NUMBER(9,0), "FLIGHT_DATE" DATE, "CARRIER" VARCHAR(5)'
        session.query(f"CREATE TABLE {quoted_table(bench.target)} ({columns})")
        prepare(session, config)
        yield bench
    finally:
        session.query(f"DROP SCHEMA {_quoted(database, schema)} CASCADE")
        _forget(bench)


def check_a_month_in_and_out(bench: MonthBench) -> None:
    """Load a month, publish it twice, drop it, load it again: the table always holds it once or not at all."""
    first = bench.loaded(bench.plan("one"))
    receipt = publish_month(first, bench.session, _CLOCK)
    assert (receipt.rows_inserted, receipt.rows_deleted, receipt.is_repeat) == (ROWS, 0, False)
    assert bench.rows() == (ROWS, ROWS)

    again = publish_month(first, bench.session, _CLOCK)
    assert again.is_repeat
    assert bench.rows() == (ROWS, ROWS)
    assert clean_stage(bench.session, first.plan) == len(first.staged_files[0].chunk_records)

    assert bench.dropped().rows_deleted == ROWS
    assert bench.rows() == (0, 0)

    second = bench.loaded(bench.plan("two"))
    assert publish_month(second, bench.session, _CLOCK).rows_inserted == ROWS
    assert bench.rows() == (ROWS, ROWS)
    clean_stage(bench.session, second.plan)

    database, feed = bench.target.database, bench.config.feed
    ledger = entries(bench.session, database, feed)
    assert [entry.action for entry in ledger] == ["publish", "drop", "publish"]
    assert verify(ledger, chain_end(bench.session, database, feed)) is None
    _check_validation(bench)


def _check_validation(bench: MonthBench) -> None:
    """Validate the table in every way: metadata, scan, rules, rows that break one, keys, ledger and chain."""
    rules = (
        RuleConfig(name="none", condition="distance < 0", severity="INFO"),
        RuleConfig(name="inside", condition="flight_date BETWEEN month_first_day() AND month_last_day()"),
        RuleConfig(name="days", condition="month_days() = 31"),
        RuleConfig(name="mean", aggregate="count(*) / days_with_rows()", min=ROWS_PER_DAY, max=ROWS_PER_DAY),
    )
    qc = bench.config.qc.model_copy(update={"rules": rules})
    config = bench.config.model_copy(update={"qc": qc, "end_month": str(MONTH)})
    wanted = Wanted(has_rules=True, has_keys=True, key=("FLIGHT_DATE",), has_ledger=True)
    found = validate_table(config, wanted, bench.session, _CLOCK)
    (month,) = found.months
    assert (month.state, month.rows, month.duplicate_keys, month.duplicate_rows) == (
        "as published",
        ROWS,
        31,
        ROWS,
    )
    told = {finding.code: finding.message for _, finding in found.all_findings()}
    assert set(told) == {"duplicate_keys", "rule_none"}
    # A quarter of the distances are NULL, which no rule calls broken.
    assert f"{ROWS * 3 // 4} records not meeting distance < 0: FLIGHT_DATE '2013-01-" in told["rule_none"]
    assert found.size_bytes
    assert found.ledger is not None
    assert found.ledger.chain is not None
    assert (found.ledger.chain.broken, len(found.ledger.entries)) == (None, 3)


def check_refused_rows(bench: MonthBench) -> None:
    """Copy a file with blank lines and two bad rows: both are told by line; with a limit the others are loaded."""
    lines = ("2013-01-01\tA\t1", "", "2013-01-02\tTOOLONG\t2", "2013-01-03\tA\tmany", "", "2013-01-04\tA\t4")
    (bench.folder / "refused.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (source,) = find_files(bench.folder, ["refused.tsv"], [])
    plan = bench.plan("refused")
    ports = StagePorts(
        bench.session, DirectUploader(bench.session), MemoryCheckpoints(), _CLOCK, bench.folder / "scratch"
    )
    staged = stage_file(source, plan, bench.config, ports)
    with pytest.raises(CopyFailedError) as raised:
        bench.copied(CopyJob(plan, (staged,), bench.config))
    told = [line.partition(":")[0] for line in str(raised.value).splitlines() if line.startswith("  ")]
    assert told == ["  refused.tsv line 3, column CARRIER", "  refused.tsv line 4, column DISTANCE"]
    assert 'ALTER COLUMN "CARRIER" SET DATA TYPE VARCHAR(7);' in str(raised.value)

    load = bench.config.load.model_copy(update={"on_error": "continue", "reject_limit": 2})
    lenient, plan = bench.config.model_copy(update={"load": load}), bench.plan("limited")
    ports = replace(ports, checkpoints=MemoryCheckpoints())
    outcome = bench.copied(CopyJob(plan, (stage_file(source, plan, lenient, ports),), lenient))
    assert (outcome.rows_copied, outcome.rows_rejected) == (2, 2)


def check_room_for_texts(bench: MonthBench) -> None:
    """Copy a text that is too long for its column: with the policy for it the column grows, and it is loaded."""
    (bench.folder / "long.tsv").write_text("2013-01-01\tA\t1\n2013-01-02\tTOOLONG\t2\n", encoding="utf-8")
    (source,) = find_files(bench.folder, ["long.tsv"], [])
    load = bench.config.load.model_copy(update={"on_too_long": "widen"})
    config, plan = bench.config.model_copy(update={"load": load}), bench.plan("long")
    ports = StagePorts(
        bench.session, DirectUploader(bench.session), MemoryCheckpoints(), _CLOCK, bench.folder / "scratch"
    )
    outcome = bench.copied(CopyJob(plan, (stage_file(source, plan, config, ports),), config))
    assert (outcome.rows_copied, outcome.attempt) == (2, 2)
    (change,) = outcome.table_changes
    assert change.statement.endswith('"CARRIER" SET DATA TYPE VARCHAR(7)')
    assert text_sizes(bench.session, bench.target)["CARRIER"] == 7


def _write_month(path: Path) -> None:
    days = (date(2013, 1, 1) + timedelta(days=number) for number in range(31))
    lines = (f"{day}\tC{row}\t{row or ''}\n" for day in days for row in range(ROWS_PER_DAY))
    path.write_text("".join(lines), encoding="utf-8")


def _quoted(database: str, schema: str) -> str:
    return f"{quote_identifier(database)}.{quote_identifier(schema)}"


def _forget(bench: MonthBench) -> None:
    """Remove what the feed left in schema SFETL; the schema stays, other feeds may use it."""
    session, database, feed = bench.session, bench.target.database, bench.config.feed
    tables = f"{quote_identifier(database)}.INFORMATION_SCHEMA.TABLES"
    statement = f"SELECT TABLE_NAME FROM {tables} WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE ?"
    for (name,) in session.query(statement, (SCHEMA, f"%{feed.upper()}%")).rows:
        session.query(f"DROP TABLE {quoted_table(sfetl_table(database, str(name)))}")
    for shared in (ledger_table(database), profiles_table(database)):
        session.query(f'DELETE FROM {quoted_table(shared)} WHERE "FEED" = ?', (feed,))
    session.query(f"REMOVE {quote_literal(f'@{stage_name(database)}/{feed}/')}")
