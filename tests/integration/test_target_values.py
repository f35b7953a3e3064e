"""What QC calls fine loads unchanged, and what it calls unreadable or too large fails: asked of COPY itself."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from local.warehouse.serving.server import running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.copy_into.statement import file_format
from sfetl_provider.core.plan.target_columns import describe_target
from sfetl_provider.core.plan.target_types import target_types, with_target_types
from tests.core.load_samples import TABLE, sample_config
from tests.core.qc.target_cases import CASES, FORMAT
from tests.integration.loading_bench import CONFIG, make_target, open_session

_TEXTS = "CAST(A AS VARCHAR)"


@pytest.fixture(scope="module")
def session() -> Iterator[SnowflakeSession]:
    with running_warehouse() as running, open_session(running) as opened:
        make_target(opened)
        opened.query('CREATE STAGE "DEMO"."PUBLIC"."VALUES" ENCRYPTION = (TYPE = \'SNOWFLAKE_SSE\')')
        yield opened


def _loaded(
    session: SnowflakeSession, type_text: str, texts: list[str], scratch: Path
) -> dict[str, str | None]:
    """COPY all texts with the feed's options, going on after errors; give what came in of which text."""
    session.query(f'CREATE OR REPLACE TABLE "DEMO"."PUBLIC"."VALUES" (N NUMBER(9,0), A {type_text})')
    chunk = scratch / f"{read_column_type(type_text).kind}.tsv"
    chunk.write_text("".join(f"{number}\t{text}\n" for number, text in enumerate(texts)))
    session.upload(chunk, '@"DEMO"."PUBLIC"."VALUES"/')
    form = " ".join(
        f"{name} = {value}" for name, value in file_format(sample_config(format=FORMAT), "none").items()
    )
    session.query(
        f'COPY INTO "DEMO"."PUBLIC"."VALUES" FROM @"DEMO"."PUBLIC"."VALUES" FILES = (\'{chunk.name}\') '
        f"FILE_FORMAT = ({form}) ON_ERROR = CONTINUE"
    )
    rows = session.query(f'SELECT N, {_TEXTS} FROM "DEMO"."PUBLIC"."VALUES"').rows
    return {texts[int(str(number))]: None if value is None else str(value) for number, value in rows}


@pytest.mark.parametrize("type_text", CASES)
def test_copy_agrees_with_the_check(session: SnowflakeSession, type_text: str, tmp_path: Path) -> None:
    cases = CASES[type_text]

    loaded = _loaded(session, type_text, list(cases), tmp_path)

    assert set(loaded) == {text for text, fault in cases.items() if fault in (None, "digits_lost")}
    assert [text for text in cases if text in ("", "NA")] == [
        text for text, value in loaded.items() if value is None
    ]
    for text, value in loaded.items():
        if read_column_type(type_text).kind == "number" and value is not None:
            assert (Decimal(value) == Decimal(text.strip())) is (cases[text] is None), text
        if read_column_type(type_text).kind == "text" and value is not None:
            assert value == text


def test_the_tables_types_are_read(session: SnowflakeSession) -> None:
    types = target_types(describe_target(session, TABLE) or (), CONFIG)

    assert types == {"NUMBER(9,0)": ("DISTANCE",), "DATE": ("FLIGHT_DATE",), "VARCHAR(5)": ("CARRIER",)}
    typed = with_target_types(CONFIG, types)
    assert [column.type for column in typed.columns] == ["DATE", "VARCHAR(5)", "NUMBER(9,0)"]


@pytest.mark.parametrize("target", ["config", "off"])
def test_the_tables_types_are_taken_only_when_wanted(target: str) -> None:
    config = sample_config(qc={"target": target})

    assert with_target_types(config, {"DATE": ("FLIGHT_DATE",)}) is config
    assert with_target_types(CONFIG, {}) is CONFIG


def test_a_table_that_does_not_exist_has_no_columns(session: SnowflakeSession) -> None:
    assert describe_target(session, TABLE.model_copy(update={"name": "MISSING"})) is None
