"""SQL text as it is sent: equal to the golden files, and understood by Snowflake's dialect.

After a change that is meant: python -m tests.core.golden_statements
"""

from __future__ import annotations

import pytest

from tests.core.golden_statements import FOLDER, golden_statements
from tests.core.scripted_warehouse import require_parsable

STATEMENTS = golden_statements()


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_is_as_recorded(name: str) -> None:
    assert STATEMENTS[name] + "\n" == (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_is_snowflakes_sql(name: str) -> None:
    require_parsable(STATEMENTS[name])


def test_each_golden_file_has_its_statement() -> None:
    assert {path.stem for path in FOLDER.glob("*.sql")} == set(STATEMENTS)
