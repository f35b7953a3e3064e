"""Grants: what a loader's role needs for each statement, and how it fails without."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Open, Put, Run, Step

_PRIVILEGES = "user-guide/security-access-control-privileges"
_GRANT = "sql-reference/sql/grant-privilege"
HIDDEN = Error(2003, ("does not exist or not authorized",))
REFUSED = Error(3001, ("Insufficient privileges to operate on",))
TABLE = Run("CREATE TABLE T (A NUMBER(9,0))")
CSV = "FILE_FORMAT=(TYPE=CSV ESCAPE_UNENCLOSED_FIELD=NONE)"


def run(sql: str, error: Error | None = None) -> Run:
    """A statement of the loader."""
    return Run(sql, error=error, session="loader")


def grant(privileges: str, on: str) -> Run:
    """A grant to the loader's role."""
    return Run(f"GRANT {privileges} ON {on} TO ROLE {{unique}}")


def loader(*steps: Step, database: bool = True, schema: bool = True) -> tuple[Step, ...]:
    """A session of a role of its own that may use the warehouse, and database and schema if not said otherwise."""
    return (
        Run("CREATE ROLE {unique}"),
        Run("GRANT ROLE {unique} TO USER {user}"),
        grant("USAGE", "WAREHOUSE {warehouse}"),
        *([grant("USAGE", "DATABASE {database}")] if database else []),
        *([grant("USAGE", "SCHEMA {schema}")] if schema else []),
        Open("loader", role="{unique}"),
        run("USE SECONDARY ROLES NONE"),
        *steps,
    )


def _case(name: str, page: str, steps: tuple[Step, ...], *cleanup: str) -> Case:
    return Case(name, page, steps, cleanup=(*cleanup, "DROP ROLE IF EXISTS {unique}"))


CASES = (
    _case(
        "a table is hidden without a privilege on it",
        _PRIVILEGES,
        loader(
            TABLE,
            run("SELECT A FROM {schema}.T", HIDDEN),
            run("INSERT INTO {schema}.T VALUES (1)", HIDDEN),
            run("DESCRIBE TABLE {schema}.T", HIDDEN),
            run("DROP TABLE {schema}.T", HIDDEN),
        ),
    ),
    _case(
        "a table is hidden without USAGE on its schema",
        _PRIVILEGES,
        loader(TABLE, grant("SELECT", "TABLE T"), run("SELECT A FROM {schema}.T", HIDDEN), schema=False),
    ),
    _case(
        "a table is hidden without USAGE on its database",
        _PRIVILEGES,
        loader(TABLE, grant("SELECT", "TABLE T"), run("SELECT A FROM {schema}.T", HIDDEN), database=False),
    ),
    _case(
        "SELECT reads and does not write",
        _PRIVILEGES,
        loader(
            TABLE,
            grant("SELECT", "TABLE T"),
            run("SELECT A FROM {schema}.T"),
            run("INSERT INTO {schema}.T VALUES (1)", REFUSED),
            run("UPDATE {schema}.T SET A = 2", REFUSED),
            run("DELETE FROM {schema}.T", REFUSED),
            run("TRUNCATE TABLE {schema}.T", REFUSED),
            run("DROP TABLE {schema}.T", REFUSED),
            run("ALTER TABLE {schema}.T ADD COLUMN B NUMBER(9,0)", REFUSED),
        ),
    ),
    _case(
        "INSERT writes and does not read",
        _PRIVILEGES,
        loader(
            TABLE,
            grant("INSERT", "TABLE T"),
            run("INSERT INTO {schema}.T VALUES (1)"),
            run("SELECT A FROM {schema}.T", REFUSED),
            run("INSERT INTO {schema}.T SELECT A FROM {schema}.T", REFUSED),
        ),
    ),
    _case(
        "UPDATE, DELETE and TRUNCATE are privileges of their own",
        _PRIVILEGES,
        loader(
            TABLE,
            grant("SELECT, UPDATE", "TABLE T"),
            run("UPDATE {schema}.T SET A = 2 WHERE A = 1"),
            run("DELETE FROM {schema}.T WHERE A = 1", REFUSED),
            grant("DELETE", "TABLE T"),
            run("DELETE FROM {schema}.T WHERE A = 1"),
            grant("TRUNCATE", "TABLE T"),
            run("TRUNCATE TABLE {schema}.T"),
        ),
    ),
    _case(
        "MERGE needs the privilege of each of its clauses",
        "sql-reference/sql/merge",
        loader(
            TABLE,
            grant("SELECT, UPDATE", "TABLE T"),
            run(
                "MERGE INTO {schema}.T USING (SELECT 1 AS B) S ON T.A = S.B WHEN MATCHED THEN UPDATE SET A = 3"
            ),
            run(
                "MERGE INTO {schema}.T USING (SELECT 1 AS B) S ON T.A = S.B "
                "WHEN NOT MATCHED THEN INSERT (A) VALUES (S.B)",
                REFUSED,
            ),
        ),
    ),
    _case(
        "a query needs SELECT on each table that it reads",
        _PRIVILEGES,
        loader(
            TABLE,
            Run("CREATE TABLE U (A NUMBER(9,0))"),
            grant("SELECT", "TABLE T"),
            run("SELECT T.A FROM {schema}.T JOIN {schema}.U ON T.A = U.A", HIDDEN),
            run(
                "WITH X AS (SELECT A FROM {schema}.U) SELECT T.A FROM {schema}.T JOIN X ON T.A = X.A", HIDDEN
            ),
            run("SELECT A FROM {schema}.T WHERE A IN (SELECT A FROM {schema}.U)", HIDDEN),
            grant("SELECT", "TABLE U"),
            run("WITH X AS (SELECT A FROM {schema}.U) SELECT T.A FROM {schema}.T JOIN X ON T.A = X.A"),
        ),
    ),
    _case(
        "a role creates tables where it may and owns them",
        "sql-reference/sql/create-table",
        loader(
            run("CREATE TABLE {schema}.T (A NUMBER(9,0))", Error(3001, ("Insufficient privileges",))),
            grant("CREATE TABLE", "SCHEMA {schema}"),
            run("CREATE TABLE {schema}.T (A NUMBER(9,0))"),
            run("INSERT INTO {schema}.T VALUES (1)"),
            Run("SELECT A FROM {schema}.T", rows=[(1,)], session="loader"),
            run("ALTER TABLE {schema}.T RENAME TO {schema}.U"),
            run("INSERT INTO {schema}.U VALUES (2)"),
            run("DROP TABLE {schema}.U"),
        ),
    ),
    _case(
        "a temporary table needs no CREATE TABLE",
        "sql-reference/sql/create-table",
        loader(run("CREATE TEMPORARY TABLE T (A NUMBER(9,0))")),
    ),
    _case(
        "CREATE TABLE AS reads with SELECT",
        "sql-reference/sql/create-table",
        loader(
            TABLE,
            grant("CREATE TABLE", "SCHEMA {schema}"),
            run("CREATE TABLE {schema}.U AS SELECT A FROM {schema}.T", HIDDEN),
            grant("SELECT", "TABLE T"),
            run("CREATE TABLE {schema}.U AS SELECT A FROM {schema}.T"),
        ),
    ),
    _case(
        "a clone needs SELECT on its source",
        "sql-reference/sql/create-clone",
        loader(
            TABLE,
            grant("CREATE TABLE", "SCHEMA {schema}"),
            run("CREATE TABLE {schema}.U CLONE {schema}.T", HIDDEN),
            grant("INSERT", "TABLE T"),
            run("CREATE TABLE {schema}.U CLONE {schema}.T", REFUSED),
            grant("SELECT", "TABLE T"),
            run("CREATE TABLE {schema}.U CLONE {schema}.T"),
        ),
    ),
    _case(
        "only its owner replaces a table",
        "sql-reference/sql/create-table",
        loader(
            TABLE,
            grant("CREATE TABLE", "SCHEMA {schema}"),
            grant("ALL PRIVILEGES", "TABLE T"),
            run("CREATE OR REPLACE TABLE {schema}.T (A NUMBER(9,0))", REFUSED),
            run("CREATE TABLE IF NOT EXISTS {schema}.T (A NUMBER(9,0))"),
        ),
    ),
    _case(
        "COPY needs INSERT on the table and READ on the stage",
        "sql-reference/sql/copy-into-table",
        loader(
            TABLE,
            Put("a.csv", b"1\n"),
            grant("INSERT", "TABLE T"),
            run("COPY INTO {schema}.T FROM {stage} " + CSV, HIDDEN),
            grant("READ", "STAGE CHUNKS"),
            run("COPY INTO {schema}.T FROM {stage} " + CSV),
            Run("REVOKE INSERT ON TABLE T FROM ROLE {unique}"),
            run("COPY INTO {schema}.T FROM {stage} " + CSV, HIDDEN),
            grant("SELECT", "TABLE T"),
            run("COPY INTO {schema}.T FROM {stage} " + CSV, REFUSED),
        ),
    ),
    _case(
        "a stage is listed with READ and cleared with WRITE",
        _PRIVILEGES,
        loader(
            Put("a.csv", b"1\n"),
            run("LIST {stage}", HIDDEN),
            grant("READ", "STAGE CHUNKS"),
            run("LIST {stage}"),
            run("REMOVE {stage}/a.csv", REFUSED),
            grant("WRITE", "STAGE CHUNKS"),
            run("REMOVE {stage}/a.csv"),
        ),
    ),
    _case(
        "files are put with WRITE",
        "sql-reference/sql/put",
        loader(
            Run("PUT 'file:///dev/null' '{stage}'", error=HIDDEN, session="loader"),
            grant("READ, WRITE", "STAGE CHUNKS"),
            Put("a.csv", b"1\n", session="loader"),
        ),
    ),
    _case(
        "stages and schemas are created where it is allowed",
        _PRIVILEGES,
        loader(
            run("CREATE STAGE {schema}.S", REFUSED),
            grant("CREATE STAGE", "SCHEMA {schema}"),
            run("CREATE STAGE {schema}.S"),
            run("DROP STAGE {schema}.S"),
            run("CREATE SCHEMA {database}.{unique}", REFUSED),
            grant("CREATE SCHEMA", "DATABASE {database}"),
            run("CREATE SCHEMA {database}.{unique}"),
        ),
        "DROP SCHEMA IF EXISTS {database}.{unique}",
    ),
    _case(
        "a warehouse is used with USAGE, stopped with OPERATE, changed with MODIFY",
        _PRIVILEGES,
        (
            Run("CREATE WAREHOUSE {unique}_W INITIALLY_SUSPENDED=TRUE"),
            Run("USE WAREHOUSE {warehouse}"),
            *loader(
                run("USE WAREHOUSE {unique}_W", Error(2043, ("Object does not exist",))),
                run("ALTER WAREHOUSE {unique}_W RESUME", HIDDEN),
                grant("USAGE", "WAREHOUSE {unique}_W"),
                run("USE WAREHOUSE {unique}_W"),
                run("ALTER WAREHOUSE {unique}_W RESUME", REFUSED),
                grant("OPERATE", "WAREHOUSE {unique}_W"),
                run("ALTER WAREHOUSE {unique}_W RESUME"),
                run("ALTER WAREHOUSE {unique}_W SET AUTO_SUSPEND=60", REFUSED),
                grant("MODIFY", "WAREHOUSE {unique}_W"),
                run("ALTER WAREHOUSE {unique}_W SET AUTO_SUSPEND=60"),
                run("DROP WAREHOUSE {unique}_W", REFUSED),
            ),
        ),
        "DROP WAREHOUSE IF EXISTS {unique}_W",
    ),
    _case(
        "without USAGE on its warehouse a session has none",
        _PRIVILEGES,
        loader(
            TABLE,
            grant("SELECT", "TABLE T"),
            Run("REVOKE USAGE ON WAREHOUSE {warehouse} FROM ROLE {unique}"),
            run("SELECT A FROM {schema}.T", Error(606)),
            run("SELECT 1"),
        ),
    ),
    _case(
        "grants on all tables hold for those that are there",
        _GRANT,
        loader(
            TABLE,
            grant("SELECT", "ALL TABLES IN SCHEMA {schema}"),
            Run("CREATE TABLE U (A NUMBER(9,0))"),
            run("SELECT A FROM {schema}.T"),
            run("SELECT A FROM {schema}.U", HIDDEN),
        ),
    ),
    _case(
        "grants on future tables hold for those that come",
        _GRANT,
        loader(
            TABLE,
            grant("SELECT, INSERT", "FUTURE TABLES IN SCHEMA {schema}"),
            Run("CREATE TABLE U (A NUMBER(9,0))"),
            run("INSERT INTO {schema}.U VALUES (1)"),
            run("SELECT A FROM {schema}.T", HIDDEN),
            Run(
                "SHOW FUTURE GRANTS IN SCHEMA {schema}",
                columns=("privilege", "grant_on"),
                rows=[("INSERT", "TABLE"), ("SELECT", "TABLE")],
                any_order=True,
            ),
        ),
    ),
    _case(
        "replacing a table takes its grants away unless it copies them",
        "sql-reference/sql/create-table",
        loader(
            TABLE,
            grant("SELECT", "TABLE T"),
            Run("CREATE OR REPLACE TABLE T COPY GRANTS (A NUMBER(9,0))"),
            run("SELECT A FROM {schema}.T"),
            Run("CREATE OR REPLACE TABLE T (A NUMBER(9,0))"),
            run("SELECT A FROM {schema}.T", HIDDEN),
        ),
    ),
    _case(
        "a dropped table takes its grants with it, a renamed one keeps them",
        _PRIVILEGES,
        loader(
            TABLE,
            grant("SELECT", "TABLE T"),
            Run("ALTER TABLE T RENAME TO U"),
            run("SELECT A FROM {schema}.U"),
            Run("DROP TABLE U"),
            Run("CREATE TABLE U (A NUMBER(9,0))"),
            run("SELECT A FROM {schema}.U", HIDDEN),
        ),
    ),
    _case(
        "ownership passes on, with or without the grants there are",
        "sql-reference/sql/grant-ownership",
        loader(
            TABLE,
            grant("SELECT", "TABLE T"),
            Run(
                "GRANT OWNERSHIP ON TABLE T TO ROLE {unique}",
                error=Error(3036, ("Dependent grant",), is_documented=False),
            ),
            Run("GRANT OWNERSHIP ON TABLE T TO ROLE {unique} COPY CURRENT GRANTS"),
            run("DROP TABLE {schema}.T"),
        ),
    ),
    _case(
        "who owns nothing grants nothing, but with the grant option",
        _GRANT,
        loader(
            TABLE,
            grant("SELECT", "TABLE T"),
            run("GRANT SELECT ON TABLE {schema}.T TO ROLE PUBLIC", Error(3102, is_documented=False)),
            Run("GRANT SELECT ON TABLE T TO ROLE {unique} WITH GRANT OPTION"),
            run("GRANT SELECT ON TABLE {schema}.T TO ROLE PUBLIC"),
        ),
    ),
    _case(
        "SHOW GRANTS ON tells privileges, and TO those of a role",
        "sql-reference/sql/show-grants",
        loader(
            TABLE,
            grant("SELECT", "TABLE T"),
            grant("INSERT", "TABLE T"),
            Run(
                "SHOW GRANTS ON TABLE T",
                columns=("privilege", "granted_on", "grant_option"),
                rows=[
                    ("OWNERSHIP", "TABLE", "true"),
                    ("SELECT", "TABLE", "false"),
                    ("INSERT", "TABLE", "false"),
                ],
                any_order=True,
            ),
            Run(
                "SHOW GRANTS TO ROLE {unique}",
                columns=("privilege", "granted_on"),
                rows=[
                    ("USAGE", "WAREHOUSE"),
                    ("USAGE", "DATABASE"),
                    ("USAGE", "SCHEMA"),
                    ("SELECT", "TABLE"),
                    ("INSERT", "TABLE"),
                ],
                any_order=True,
            ),
        ),
    ),
    _case(
        "what is granted exists",
        _GRANT,
        loader(
            Run("GRANT SELECT ON TABLE NOT_THERE TO ROLE {unique}", error=HIDDEN),
            TABLE,
            Run("GRANT SELECT ON TABLE T TO ROLE {unique}_X", error=HIDDEN),
            Run("GRANT USAGE ON TABLE T TO ROLE {unique}", error=Error(1003, is_documented=False)),
            Run("REVOKE SELECT ON TABLE T FROM ROLE {unique}"),
        ),
    ),
    _case(
        "SHOW leaves out what is hidden",
        "sql-reference/sql/show-tables",
        loader(
            TABLE,
            Run("CREATE TABLE U (A NUMBER(9,0))"),
            grant("SELECT", "TABLE U"),
            Run("SHOW TABLES IN SCHEMA {schema}", columns=("name",), rows=[("U",)], session="loader"),
            Run("SHOW STAGES IN SCHEMA {schema}", rows=[], session="loader"),
            grant("READ", "STAGE CHUNKS"),
            Run("SHOW STAGES IN SCHEMA {schema}", columns=("name",), rows=[("CHUNKS",)], session="loader"),
        ),
    ),
    _case(
        "a database that is hidden cannot be used",
        "sql-reference/sql/use-database",
        loader(
            run("USE DATABASE {database}", Error(2043, ("Object does not exist",))),
            grant("USAGE", "DATABASE {database}"),
            run("USE DATABASE {database}"),
            run("USE SCHEMA {schema}", Error(2043, ("Object does not exist",))),
            database=False,
            schema=False,
        ),
    ),
)
