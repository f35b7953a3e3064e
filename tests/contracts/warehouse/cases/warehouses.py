"""Virtual warehouses: which statements need one, their states, and who may use them."""

from __future__ import annotations

from tests.contracts.warehouse.case import Advance, Case, Error, Open, Run, Step

_ALTER = "sql-reference/sql/alter-warehouse"
_CREATE = "sql-reference/sql/create-warehouse"
_USE = "sql-reference/sql/use-warehouse"
_STATE = ("state", "size", "auto_suspend", "auto_resume")
_SHOW = "SHOW WAREHOUSES LIKE '{unique}'"
NONE_SELECTED = Error(606, ("No active warehouse selected in the current session",))


def _with(options: str, *steps: Step) -> tuple[Step, ...]:
    """A table, then a warehouse of the case's own, current."""
    made = Run(f"CREATE WAREHOUSE {{unique}} WITH {options}")
    return (Run("CREATE TABLE T (A NUMBER(9,0))"), made, *steps)


def _case(name: str, page: str, *steps: Step, only_here: str = "") -> Case:
    return Case(name, page, steps, only_here, cleanup=("DROP WAREHOUSE IF EXISTS {unique}",))


CASES = (
    _case(
        "a new warehouse is extra small, suspends after ten minutes and resumes by itself",
        _CREATE,
        Run("CREATE WAREHOUSE {unique} INITIALLY_SUSPENDED=TRUE"),
        Run(_SHOW, columns=_STATE, rows=[("SUSPENDED", "X-Small", 600, "true")]),
    ),
    _case(
        "what runs and waits on a warehouse, whether it is the session's, and its generation are shown",
        "sql-reference/sql/show-warehouses",
        *_with(
            "WAREHOUSE_SIZE='XSMALL'",
            Run(
                _SHOW,
                columns=("type", "running", "queued", "is_current", "generation", "max_cluster_count"),
                rows=[("STANDARD", 0, 0, "Y", "1", 1)],
            ),
            Run("USE WAREHOUSE {warehouse}"),
            Run(_SHOW, columns=("is_current",), rows=[("N",)]),
        ),
    ),
    _case(
        "size and comment change together, also while it is suspended",
        _ALTER,
        *_with(
            "COMMENT='of the loads' INITIALLY_SUSPENDED=TRUE",
            Run(
                'ALTER WAREHOUSE "{unique}" SET WAREHOUSE_SIZE = LARGE WAIT_FOR_COMPLETION = TRUE '
                "COMMENT = 'of the loads, it\\'s large'"
            ),
            Run(
                _SHOW,
                columns=("state", "size", "comment"),
                rows=[("SUSPENDED", "Large", "of the loads, it's large")],
            ),
        ),
    ),
    _case(
        "a new warehouse is current",
        _CREATE,
        *_with("WAREHOUSE_SIZE='XSMALL'", Run("SELECT CURRENT_WAREHOUSE() = '{unique}'", rows=[(True,)])),
    ),
    _case(
        "a warehouse keeps what it was made with",
        _CREATE,
        *_with(
            "WAREHOUSE_SIZE='MEDIUM' AUTO_SUSPEND=60 AUTO_RESUME=FALSE INITIALLY_SUSPENDED=TRUE COMMENT='loads'",
            Run(_SHOW, columns=(*_STATE, "comment"), rows=[("SUSPENDED", "Medium", 60, "false", "loads")]),
        ),
    ),
    _case(
        "a warehouse of that name exists",
        _CREATE,
        *_with(
            "INITIALLY_SUSPENDED=TRUE",
            Run("CREATE WAREHOUSE {unique}", error=Error(2002, ("already exists",))),
            Run("CREATE WAREHOUSE IF NOT EXISTS {unique} WAREHOUSE_SIZE='LARGE'"),
            Run(_SHOW, columns=("size",), rows=[("X-Small",)]),
            Run("CREATE OR REPLACE WAREHOUSE {unique} WAREHOUSE_SIZE='SMALL' INITIALLY_SUSPENDED=TRUE"),
            Run(_SHOW, columns=("size",), rows=[("Small",)]),
        ),
    ),
    _case(
        "a size has several spellings",
        _CREATE,
        *_with(
            "WAREHOUSE_SIZE='X-SMALL' INITIALLY_SUSPENDED=TRUE",
            Run("ALTER WAREHOUSE {unique} SET WAREHOUSE_SIZE=XLARGE"),
            Run(_SHOW, columns=("size",), rows=[("X-Large",)]),
            Run("ALTER WAREHOUSE {unique} SET WAREHOUSE_SIZE='2X-LARGE' AUTO_SUSPEND=120"),
            Run(_SHOW, columns=("size", "auto_suspend"), rows=[("2X-Large", 120)]),
            Run("ALTER WAREHOUSE {unique} SET WAREHOUSE_SIZE='HUGE'", error=Error(1008, is_documented=False)),
        ),
    ),
    _case(
        "a suspended warehouse resumes for a statement that needs it",
        "user-guide/warehouses-overview",
        *_with(
            "AUTO_RESUME=TRUE INITIALLY_SUSPENDED=TRUE",
            Run("SELECT 1"),
            Run(_SHOW, columns=("state",), rows=[("SUSPENDED",)]),
            Run("INSERT INTO T VALUES (1)"),
            Run(_SHOW, columns=("state", "started_clusters"), rows=[("STARTED", 1)]),
        ),
    ),
    _case(
        "a suspended warehouse that does not resume fails what needs it",
        "user-guide/warehouses-overview",
        *_with(
            "AUTO_RESUME=FALSE INITIALLY_SUSPENDED=TRUE",
            Run("INSERT INTO T VALUES (1)", error=Error(608, ("is suspended",), is_documented=False)),
            Run("SELECT A FROM T", error=Error(608, ("is suspended",), is_documented=False)),
            Run("ALTER WAREHOUSE {unique} RESUME"),
            Run("SELECT A FROM T", rows=[]),
        ),
    ),
    _case(
        "a warehouse is suspended once and resumed once",
        _ALTER,
        *_with(
            "INITIALLY_SUSPENDED=TRUE",
            Run(
                "ALTER WAREHOUSE {unique} SUSPEND",
                error=Error(90064, ("cannot be suspended",), is_documented=False),
            ),
            Run("ALTER WAREHOUSE {unique} RESUME"),
            Run(
                "ALTER WAREHOUSE {unique} RESUME", error=Error(90063, ("Invalid state",), is_documented=False)
            ),
            Run("ALTER WAREHOUSE {unique} RESUME IF SUSPENDED"),
            Run("ALTER WAREHOUSE SUSPEND"),
            Run(_SHOW, columns=("state",), rows=[("SUSPENDED",)]),
        ),
    ),
    _case(
        "an idle warehouse suspends itself",
        _CREATE,
        *_with(
            "AUTO_SUSPEND=60",
            Run("SELECT A FROM T"),
            Advance(50),
            Run("SELECT A FROM T"),
            Advance(50),
            Run(_SHOW, columns=("state",), rows=[("STARTED",)]),
            Advance(20),
            Run(_SHOW, columns=("state",), rows=[("SUSPENDED",)]),
        ),
        only_here="the clock is moved",
    ),
    _case(
        "without a warehouse rows are neither read nor written, and definitions still work",
        "user-guide/warehouses-tasks",
        *_with(
            "INITIALLY_SUSPENDED=TRUE",
            Run("DROP WAREHOUSE {unique}"),
            Run("SELECT CURRENT_WAREHOUSE()", rows=[(None,)]),
            Run("INSERT INTO T VALUES (1)", error=NONE_SELECTED),
            Run("SELECT A FROM T WHERE A > 1", error=NONE_SELECTED),
            Run("DELETE FROM T WHERE A > 1", error=NONE_SELECTED),
            Run("CREATE TABLE U AS SELECT A FROM T WHERE A > 1", error=NONE_SELECTED),
            Run("COPY INTO T FROM {stage}/a FILE_FORMAT=(TYPE=CSV)", error=NONE_SELECTED),
            Run("SELECT 1", rows=[(1,)]),
            Run("LIST {stage}", rows=[]),
            Run("CREATE TABLE U (A NUMBER(9,0))"),
            Run("DESCRIBE TABLE U", columns=("name",), rows=[("A",)]),
            Run("DROP TABLE U"),
        ),
    ),
    _case(
        "a login that names an unknown warehouse has none",
        "developer-guide/python-connector/python-connector-api",
        Run("CREATE TABLE T (A NUMBER(9,0))"),
        Open("second", warehouse="{unique}"),
        Run("SELECT CURRENT_WAREHOUSE()", rows=[(None,)], session="second"),
        Run("INSERT INTO T VALUES (1)", error=NONE_SELECTED, session="second"),
        Run("USE WAREHOUSE {warehouse}", session="second"),
        Run("INSERT INTO T VALUES (1)", session="second"),
    ),
    _case(
        "a warehouse that does not exist cannot be used",
        _USE,
        Run("USE WAREHOUSE {unique}", error=Error(2043, ("Object does not exist",))),
        Run("ALTER WAREHOUSE {unique} SUSPEND", error=Error(2003, ("does not exist or not authorized",))),
        Run("ALTER WAREHOUSE IF EXISTS {unique} SUSPEND"),
        Run("DROP WAREHOUSE {unique}", error=Error(2003, ("does not exist or not authorized",))),
        Run("DROP WAREHOUSE IF EXISTS {unique}"),
    ),
    Case(
        "a renamed warehouse stays what it is",
        _ALTER,
        _with(
            "WAREHOUSE_SIZE='SMALL' INITIALLY_SUSPENDED=TRUE",
            Run("ALTER WAREHOUSE {unique} RENAME TO {unique}_NEW"),
            Run(_SHOW, rows=[]),
            Run("SHOW WAREHOUSES LIKE '{unique}_NEW'", columns=("size",), rows=[("Small",)]),
            Run("DESCRIBE WAREHOUSE {unique}_NEW", columns=("kind",), rows=[("WAREHOUSE",)]),
        ),
        cleanup=("DROP WAREHOUSE IF EXISTS {unique}", "DROP WAREHOUSE IF EXISTS {unique}_NEW"),
    ),
    _case(
        "a property that warehouses do not have",
        _CREATE,
        Run("CREATE WAREHOUSE {unique} COLOUR='RED'", error=Error(1420, is_documented=False)),
        Run(_SHOW, rows=[]),
    ),
    _case(
        "all queries of a warehouse that runs none are aborted",
        _ALTER,
        *_with("WAREHOUSE_SIZE='XSMALL'", Run("ALTER WAREHOUSE {unique} ABORT ALL QUERIES")),
    ),
)
