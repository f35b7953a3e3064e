"""A month in an encoding of one byte a character, from the file through QC and COPY into the table."""

from __future__ import annotations

from pathlib import Path

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.core.compare.run import CompareJob, compare
from sfetl_provider.core.compare.table_month import open_table_month
from sfetl_provider.core.copy_into.job import CopyJob
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.qc.check import CheckPaths, check_month, without_left_out
from sfetl_provider.core.stage.run import StagePorts, stage_file
from tests.core.fakes import source_file
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import CLOCK, TARGET, make_target, open_session, planned
from tests.integration.month_bench import DirectUploader, MonthBench

LINES = ("2013-01-01\tKöln€\t1\n", "2013-01-02\tb@d\t2\n", "2013-01-03\tüß…\t3\n")
TEXT = "".join(LINES).encode("cp1252").replace(b"@", b"\x9d")
CONFIG = sample_config(
    format={"encoding": "WINDOWS1252"}, qc={"expected_days": "any", "reject_limit": 1, "key": ["CARRIER"]}
)


def test_umlauts_and_the_euro_sign_arrive_and_an_undefined_byte_does_not(tmp_path: Path) -> None:
    source = source_file(tmp_path / "month.tsv", TEXT)
    paths = CheckPaths(tmp_path / "qc", left_out=tmp_path / "lists")
    check = check_month([source], CONFIG, Month(2013, 1), paths)
    assert check.verdict.is_passed, check.verdict.findings
    (rest,) = without_left_out([source], check.verdict.left_out)

    with running_warehouse() as running, open_session(running) as session:
        make_target(session)
        plan = planned(session, "encoding")
        ports = StagePorts(session, DirectUploader(session), MemoryCheckpoints(), CLOCK, tmp_path / "scratch")
        staged = stage_file(rest, plan, CONFIG, ports)
        outcome = MonthBench(session, CONFIG, tmp_path).copied(CopyJob(plan, (staged,), CONFIG))

        table = quoted_table(outcome.load_table)
        found = session.query(f'SELECT "CARRIER" FROM {table} ORDER BY "CARRIER"')
        assert found.rows == (("Köln€",), ("üß…",))

        columns = '"FLIGHT_DATE", "CARRIER", "DISTANCE"'
        session.query(f"INSERT INTO {TARGET} ({columns}) SELECT {columns} FROM {table}")
        month = open_table_month(session, CONFIG, Month(2013, 1))
        compared = compare([source], month, CompareJob(CONFIG, tmp_path / "compare"))
        assert (compared.same, compared.a.bad_records, compared.differences) == (2, 1, 0)
