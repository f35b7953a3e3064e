"""Statements that must not run: each fails at once, the server goes on, no file of the machine is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
import snowflake.connector
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warehouse_client import Client

from local.warehouse.serving.server import RunningWarehouse, running_warehouse

READS_FILES = (
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_csv_auto('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM read_json('{file}')",
    "SELECT * FROM read_duckdb('{file}')",
    "SELECT * FROM parquet_scan('{file}')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM glob('{file}')",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    "SELECT * FROM TABLE(read_text('{file}'))",
    "SELECT * FROM LATERAL read_text('{file}')",
    "SELECT (SELECT content FROM read_text('{file}'))",
    "WITH A AS (SELECT * FROM read_text('{file}')) SELECT * FROM A",
    "CREATE TABLE STOLEN AS SELECT * FROM read_text('{file}')",
    "CREATE TABLE STOLEN AS FROM read_text('{file}')",
    "CREATE VIEW STOLEN AS SELECT * FROM read_text('{file}')",
    "INSERT INTO KNOWN SELECT content FROM read_text('{file}')",
    "UPDATE KNOWN SET A = (SELECT content FROM read_text('{file}'))",
    "DELETE FROM KNOWN USING read_text('{file}') R WHERE TRUE",
    "MERGE INTO KNOWN USING read_text('{file}') R ON FALSE WHEN NOT MATCHED THEN INSERT VALUES (R.content)",
    "SELECT * FROM query('SELECT * FROM read_text(''{file}'')')",
    "FROM read_text('{file}')",
    "COPY KNOWN FROM '{file}'",
    "COPY INTO KNOWN FROM '{file}'",
    "COPY INTO KNOWN FROM 'file://{file}'",
    "ATTACH '{file}' AS OTHER",
    "IMPORT DATABASE '{file}'",
)
WRITES_FILES = (
    "COPY KNOWN TO '{file}'",
    "COPY (SELECT 1) TO '{file}'",
    "COPY INTO '{file}' FROM KNOWN",
    "EXPORT DATABASE '{file}'",
    "ATTACH '{file}'",
    "ATTACH '{file}' AS OTHER (TYPE SQLITE)",
    'CREATE DATABASE "{file}"',
    "CREATE DATABASE '{file}'",
    "SET GLOBAL temp_directory='{file}'",
    "CREATE STAGE OUTSIDE URL='file://{file}'",
    "CREATE EXTERNAL TABLE OUTSIDE (A VARCHAR) LOCATION='{file}'",
)
FOREIGN = (
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "SET GLOBAL memory_limit='10GB'",
    "SET SESSION threads=1",
    "SET VARIABLE x = 1",
    "RESET memory_limit",
    "DETACH DB",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "CREATE SECRET S (TYPE S3)",
    "CREATE MACRO M(A) AS A + 1",
    "CREATE FUNCTION F() RETURNS INT AS '1'",
    "CREATE TYPE T AS ENUM ('a')",
    "CREATE INDEX I ON KNOWN (A)",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT write_log('x')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM _fs_global._fs_information_schema._fs_stages",
    "SELECT * FROM system.information_schema.tables",
    "DROP DATABASE _fs_global",
    "DROP SCHEMA DB._fs_information_schema",
    "USE memory.main",
    "USE DATABASE _fs_global",
    "DESCRIBE SELECT 1",
    "SUMMARIZE KNOWN",
    "FROM KNOWN",
    "PIVOT KNOWN ON A",
    "PREPARE P AS SELECT 1",
    "EXECUTE P",
    "DEALLOCATE P",
    "SHOW ALL TABLES",
    "SHOW SESSION",
    "CALL pragma_version()",
)
UNKNOWN = (
    "EXECUTE IMMEDIATE 'SELECT 1'",
    "CALL SYSTEM$NOTHING()",
    "CREATE TASK T SCHEDULE='1 MINUTE' AS SELECT 1",
    "CREATE PIPE P AS COPY INTO KNOWN FROM @S",
    "CREATE STREAM S ON TABLE KNOWN",
    "CREATE NETWORK POLICY P ALLOWED_IP_LIST=('1.1.1.1')",
    "CREATE RESOURCE MONITOR M WITH CREDIT_QUOTA=1",
    "CREATE STORAGE INTEGRATION I TYPE=EXTERNAL_STAGE",
    "ALTER TABLE KNOWN ADD ROW ACCESS POLICY P ON (A)",
    "ALTER WAREHOUSE LOCAL_WH SET RESOURCE_MONITOR=M",
    "GRANT SELECT ON KNOWN",
    "GRANT NONSENSE ON TABLE KNOWN TO ROLE PUBLIC",
    "GRANT SELECT ON TABLE KNOWN TO USER LOCAL",
    "REVOKE OWNERSHIP ON TABLE KNOWN FROM ROLE ACCOUNTADMIN",
    "SHOW NONSENSE",
    "SHOW TABLES IN",
    "SHOW TABLES LIKE",
    "SHOW TABLES LIMIT many",
    "USE",
    "USE ROLE",
    "USE SECONDARY ROLES SOME",
    "CREATE",
    "CREATE ROLE",
    "CREATE WAREHOUSE",
    "CREATE WAREHOUSE W WAREHOUSE_SIZE=",
    "DROP",
    "ALTER",
    "SELECT",
    "SELECT 1 FROM",
    "SELECT 'unclosed",
    'SELECT "unclosed',
    "SELECT (1",
    "SELECT 1)",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE KNOWN",
    "GRANT ROLE PUBLIC TO USER LOCAL; SELECT 1",
    "/* never closed SELECT 1",
    "-- nothing but a comment",
    ";",
    "\0",
    "SELECT '\0' FROM \0",
    "ŞĒŁĒČŤ 1",
    "💥",
    "SELECT * FROM 💥💥",
    "\u202eSELECT 1",
    "SELECT " + "(" * 200 + "1",
    "X" * 100_000,
    "SELECT " + "A," * 2_000,
    "((((((((((",
    "'''",
    '"""',
    "$$",
    "$1",
    "?",
    "{}",
    "@",
    "%",
)


def refused(client: Client, warehouse: RunningWarehouse, statement: str) -> snowflake.connector.errors.Error:
    """The failure of a statement, by a server that goes on."""
    failure = client.failure(statement)
    assert failure.errno not in (None, -1)
    assert requests.get(f"{warehouse.address}/health", timeout=20).json()["status"] == "ready"
    assert client.rows("SELECT 1") == [(1,)]
    return failure


@pytest.fixture
def known(client: Client) -> Client:
    """A session that has a table."""
    client.rows("CREATE TABLE IF NOT EXISTS KNOWN (A VARCHAR)")
    client.rows("USE SCHEMA DB.SFETL")
    return client


@pytest.mark.parametrize("statement", READS_FILES)
def test_no_file_is_read(known: Client, warehouse: RunningWarehouse, statement: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("VERY,SECRET\n")
    failure = refused(known, warehouse, statement.replace("{file}", str(secret)))
    assert "VERY" not in str(failure.msg)
    assert known.rows("SHOW TABLES LIKE 'STOLEN'") == []
    assert known.rows("SELECT * FROM KNOWN") == []


@pytest.mark.parametrize("statement", WRITES_FILES)
def test_no_file_is_written(
    known: Client, warehouse: RunningWarehouse, statement: str, tmp_path: Path
) -> None:
    before = set(tmp_path.rglob("*"))
    refused(known, warehouse, statement.replace("{file}", str(tmp_path / "written")))
    assert set(tmp_path.rglob("*")) == before


def test_duckdb_itself_is_shut_in(known: Client, warehouse: RunningWarehouse, tmp_path: Path) -> None:
    """Even what slips through the layer reaches no file."""
    (tmp_path / "secret.csv").write_text("VERY,SECRET\n")
    with warehouse.warehouse.instance.duck_conn.cursor() as connection:
        for sql in (
            f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')",
            f"COPY (SELECT 1) TO '{tmp_path / 'written.csv'}'",
            f"ATTACH '{tmp_path / 'written.db'}'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(Exception, match=r"disabled|Cannot|not allowed|Permission"):
                connection.execute(sql)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert known.rows("SELECT 1") == [(1,)]


@pytest.mark.parametrize("statement", FOREIGN)
def test_what_only_duckdb_knows(known: Client, warehouse: RunningWarehouse, statement: str) -> None:
    refused(known, warehouse, statement)


@pytest.mark.parametrize("statement", UNKNOWN, ids=lambda statement: ascii(statement)[:50])
def test_what_nobody_knows(known: Client, warehouse: RunningWarehouse, statement: str) -> None:
    refused(known, warehouse, statement)
    assert known.rows("SELECT * FROM KNOWN") == []


KNOWN_STATEMENTS = (
    "SELECT A, COUNT(*) FROM KNOWN WHERE A LIKE 'x%' GROUP BY A ORDER BY 2 DESC LIMIT 3",
    "INSERT INTO DB.SFETL.NO_TABLE (A) VALUES ('x'), (NULL)",
    "CREATE WAREHOUSE IF NOT EXISTS LOCAL_WH WITH WAREHOUSE_SIZE='X-SMALL' AUTO_SUSPEND=60 COMMENT='c'",
    "ALTER WAREHOUSE IF EXISTS NO_WH SET AUTO_RESUME=TRUE",
    "GRANT SELECT, INSERT ON FUTURE TABLES IN SCHEMA DB.SFETL TO ROLE NO_ROLE WITH GRANT OPTION",
    "REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA DB.SFETL FROM ROLE PUBLIC CASCADE",
    "SHOW TERSE TABLES LIKE 'k%' IN SCHEMA DB.SFETL STARTS WITH 'K' LIMIT 5 FROM 'A'",
    "SHOW GRANTS ON TABLE KNOWN",
    "COPY INTO NO_TABLE FROM @DB.SFETL.CHUNKS/p FILE_FORMAT=(TYPE=CSV) ON_ERROR=ABORT_STATEMENT",
    "CREATE OR REPLACE TABLE DB.SFETL.FUZZED (A VARCHAR(5) NOT NULL, N NUMBER(9,2) DEFAULT 0)",
    "SELECT HASH_AGG(*), IFF(A IS NULL, 1, 2), TRY_TO_DATE(A, 'YYYY-MM-DD') FROM KNOWN K",
    "SELECT CURRENT_ROLE(), LAST_QUERY_ID(-1), IS_ROLE_IN_SESSION('PUBLIC')",
    "MERGE INTO KNOWN T USING (SELECT 'x' B) S ON T.A = S.B WHEN MATCHED THEN DELETE",
)
PIECES = (
    "'",
    '"',
    "(",
    ")",
    ";",
    "--",
    "/*",
    "*/",
    "\\",
    "\0",
    "$$",
    "@",
    ",",
    ".",
    "é",
    "SELECT",
    "NULL",
    "1e999",
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A known statement with a few pieces taken out, doubled, moved or put in."""
    words = draw(st.sampled_from(KNOWN_STATEMENTS)).split(" ")
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(words) - 1))
        change = draw(st.sampled_from(("drop", "double", "swap", "insert", "cut")))
        if change == "drop" and len(words) > 1:
            del words[place]
        elif change == "double":
            words.insert(place, words[place])
        elif change == "swap":
            words[place], words[0] = words[0], words[place]
        elif change == "insert":
            words.insert(place, draw(st.sampled_from(PIECES)))
        else:
            words[place] = words[place][: draw(st.integers(0, len(words[place])))]
    return " ".join(words)


def answered(client: Client, statement: str) -> bool:
    """Whether a statement succeeded or failed as a statement, not as a connection."""
    try:
        client.connection.cursor().execute(statement)
    except snowflake.connector.errors.Error as failure:
        return failure.errno not in (None, -1, 250001, 250003)
    return True


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(statement=mutated())
def test_mutated_statements_are_answered(known: Client, warehouse: RunningWarehouse, statement: str) -> None:
    """Each is carried out or fails as a statement; none is left without an answer, none hurts the session."""
    assert answered(known, statement)
    known.rows("USE ROLE ACCOUNTADMIN")
    known.rows("USE WAREHOUSE LOCAL_WH")
    assert known.rows("SELECT COUNT(*) >= 0 FROM DB.SFETL.KNOWN") == [(True,)]


def test_a_folder_by_a_relative_path_is_within_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What shuts DuckDB in must not shut it out of the folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for expected in ([], [("a",)]):
        with (
            running_warehouse(Path("link/../link")) as running,
            snowflake.connector.connect(**running.connection_parameters()) as connection,
        ):
            client = Client(connection, tmp_path)
            client.rows("CREATE DATABASE IF NOT EXISTS DB")
            client.rows("CREATE TABLE IF NOT EXISTS DB.PUBLIC.T (A VARCHAR)")
            assert client.rows("SELECT * FROM DB.PUBLIC.T") == expected
            client.rows("INSERT INTO DB.PUBLIC.T VALUES ('a')")
