"""SHOW and DESCRIBE: what clients list before they load."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Run

_TABLE = Run("CREATE TABLE LOADED (A VARCHAR(5) NOT NULL, N NUMBER(5,2))")
_OTHER = Run("CREATE TABLE OTHER (A DATE)")
_TERSE = ("created_on", "name", "kind", "database_name", "schema_name")
_TABLES = "sql-reference/sql/show-tables"
_COLUMNS = "sql-reference/sql/show-columns"
_PARAMETERS = "sql-reference/sql/show-parameters"
_NOT_USABLE = Error(2043, ("Object does not exist, or operation cannot be performed",), is_documented=False)

CASES = (
    Case(
        "SHOW TABLES filters by name in any case",
        _TABLES,
        (
            _TABLE,
            _OTHER,
            Run(
                "SHOW TABLES LIKE 'load%' IN SCHEMA {schema}",
                columns=("name", "kind"),
                rows=[("LOADED", "TABLE")],
            ),
            Run("SHOW TABLES LIKE 'LOAD__' IN {schema}", columns=("name",), rows=[("LOADED",)]),
            Run("SHOW TABLES LIKE 'nothing' IN SCHEMA {schema}", rows=[]),
        ),
    ),
    Case(
        "SHOW TABLES is of the current schema",
        _TABLES,
        (_TABLE, Run("SHOW TABLES", columns=("name",), rows=[("LOADED",)])),
    ),
    Case(
        "SHOW TABLES starts with letters of this case and stops at a limit",
        _TABLES,
        (
            _TABLE,
            _OTHER,
            Run("SHOW TABLES IN SCHEMA {schema} STARTS WITH 'OT'", columns=("name",), rows=[("OTHER",)]),
            Run("SHOW TABLES IN SCHEMA {schema} STARTS WITH 'ot'", rows=[]),
            Run("SHOW TABLES IN SCHEMA {schema} LIMIT 1", columns=("name",), rows=[("LOADED",)]),
        ),
    ),
    Case(
        "SHOW TERSE TABLES has five columns",
        _TABLES,
        (
            _TABLE,
            Run("SHOW TERSE TABLES IN SCHEMA {schema}", columns=_TERSE[1:3], rows=[("LOADED", "TABLE")]),
        ),
    ),
    Case(
        "SHOW TABLES of a schema that does not exist",
        _TABLES,
        (Run("SHOW TABLES IN SCHEMA {database}.NOT_THERE", error=_NOT_USABLE),),
    ),
    Case(
        "SHOW VIEWS and SHOW OBJECTS",
        "sql-reference/sql/show-views",
        (
            _TABLE,
            Run("CREATE VIEW SEEN AS SELECT A FROM LOADED"),
            Run("SHOW VIEWS IN SCHEMA {schema}", columns=("name",), rows=[("SEEN",)]),
            Run(
                "SHOW OBJECTS IN SCHEMA {schema}",
                columns=("name", "kind"),
                rows=[("LOADED", "TABLE"), ("SEEN", "VIEW")],
                any_order=True,
            ),
        ),
    ),
    Case(
        "SHOW SCHEMAS filters by name",
        "sql-reference/sql/show-schemas",
        (
            Run("SHOW SCHEMAS LIKE 'PUBLIC' IN DATABASE {database}", columns=("name",), rows=[("PUBLIC",)]),
            Run("SHOW TERSE SCHEMAS LIKE 'public' IN {database}", columns=("name",), rows=[("PUBLIC",)]),
            Run("SHOW SCHEMAS LIKE 'nothing' IN DATABASE {database}", rows=[]),
        ),
    ),
    Case(
        "SHOW DATABASES says which is current",
        "sql-reference/sql/show-databases",
        (Run("SHOW DATABASES LIKE '{database}'", columns=("is_current", "kind"), rows=[("Y", "STANDARD")]),),
    ),
    Case(
        "SHOW COLUMNS of a table",
        _COLUMNS,
        (
            _TABLE,
            Run(
                "SHOW COLUMNS IN TABLE {schema}.LOADED",
                columns=("table_name", "column_name", "data_type"),
                rows=[
                    (
                        "LOADED",
                        "A",
                        '{"type":"TEXT","length":5,"byteLength":20,"nullable":false,"fixed":false}',
                    ),
                    ("LOADED", "N", '{"type":"FIXED","precision":5,"scale":2,"nullable":true}'),
                ],
            ),
        ),
    ),
    Case(
        "SHOW COLUMNS filters by name",
        _COLUMNS,
        (
            _TABLE,
            Run("SHOW COLUMNS LIKE 'n' IN TABLE LOADED", columns=("column_name",), rows=[("N",)]),
            Run("SHOW COLUMNS IN TABLE NOT_THERE", error=Error(2003, ("does not exist or not authorized",))),
        ),
    ),
    Case(
        "DESCRIBE TABLE of one that does not exist",
        "sql-reference/sql/desc-table",
        (Run("DESCRIBE TABLE NOT_THERE", error=Error(2003, ("does not exist or not authorized",))),),
    ),
    Case(
        "DESCRIBE TABLE of one in another database than the session's",
        "sql-reference/sql/desc-table",
        (
            Run("CREATE TABLE T (A VARCHAR(5) NOT NULL)"),
            Run("CREATE DATABASE {unique}"),
            Run(
                "DESCRIBE TABLE {schema}.T",
                columns=("name", "type", "null?"),
                rows=[("A", "VARCHAR(5)", "N")],
            ),
        ),
        cleanup=("DROP DATABASE IF EXISTS {unique}",),
    ),
    Case(
        "SHOW PARAMETERS tells the level that a value comes from",
        _PARAMETERS,
        (
            Run("ALTER SESSION SET QUERY_TAG='mine'"),
            Run("SHOW PARAMETERS LIKE 'query_tag'", columns=("value", "level"), rows=[("mine", "SESSION")]),
            Run("SHOW PARAMETERS LIKE 'query_tag' IN SESSION", columns=("key",), rows=[("QUERY_TAG",)]),
            Run(
                "SHOW PARAMETERS LIKE 'STATEMENT_TIMEOUT%' IN ACCOUNT", columns=("type",), rows=[("NUMBER",)]
            ),
            Run(
                "SHOW PARAMETERS LIKE 'MAX_CONC%' IN WAREHOUSE {warehouse}",
                columns=("default",),
                rows=[("8",)],
            ),
        ),
    ),
    Case(
        "SHOW with a comment inside, as SQLAlchemy writes it",
        _TABLES,
        (
            _TABLE,
            Run(
                "SHOW /* sqlalchemy:get_table_names */ TABLES IN SCHEMA {schema}",
                columns=("name",),
                rows=[("LOADED",)],
            ),
        ),
    ),
    Case(
        "USE takes a name without a kind",
        "sql-reference/sql/use-schema",
        (
            Run("USE {database}"),
            Run("SELECT CURRENT_SCHEMA()", rows=[("PUBLIC",)]),
            Run("USE {schema}"),
            Run("SELECT CURRENT_DATABASE() || '.' || CURRENT_SCHEMA() = '{schema}'", rows=[(True,)]),
        ),
    ),
    Case(
        "USE of what does not exist",
        "sql-reference/sql/use-database",
        (Run("USE DATABASE NOT_THERE", error=_NOT_USABLE), Run("USE SCHEMA NOT_THERE", error=_NOT_USABLE)),
    ),
    Case(
        "the missing part of a name is named",
        "user-guide/security-access-control-overview",
        (
            Run(
                "SELECT A FROM NOT_THERE",
                error=Error(2003, ("'NOT_THERE' does not exist or not authorized",)),
            ),
            Run(
                "SELECT A FROM {database}.NOT_THERE.T",
                error=Error(2003, ("NOT_THERE' does not exist or not authorized",)),
            ),
            Run(
                "SELECT A FROM NOT_THERE.PUBLIC.T",
                error=Error(2003, ("Database 'NOT_THERE' does not exist or not authorized",)),
            ),
        ),
    ),
)
