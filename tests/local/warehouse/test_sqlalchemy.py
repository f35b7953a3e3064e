"""snowflake-sqlalchemy on the local warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import snowflake.connector
from sqlalchemy import Column, Date, Integer, MetaData, String, Table, create_engine, inspect, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ProgrammingError

from local.warehouse.serving.server import RunningWarehouse


@pytest.fixture(scope="module")
def engine(local_warehouse: RunningWarehouse) -> Iterator[Engine]:
    """An engine in a database of its own."""
    parameters = local_warehouse.connection_parameters()
    with snowflake.connector.connect(**parameters) as connection:
        connection.cursor().execute("CREATE DATABASE ALCHEMY")
    # The dialect has a style of bound values of its own.
    del parameters["paramstyle"]
    parameters |= {"database": "ALCHEMY", "schema": "PUBLIC"}
    made = create_engine("snowflake://", creator=lambda: snowflake.connector.connect(**parameters))
    yield made
    made.dispose()


@pytest.fixture
def sales(engine: Engine) -> Iterator[Table]:
    """An empty table made by SQLAlchemy."""
    table = Table(
        "sales",
        MetaData(),
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("shop", String(5)),
        Column("day", Date, nullable=False),
    )
    table.create(engine)
    yield table
    table.drop(engine)


ROWS = [(1, "north", date(2024, 1, 31)), (2, None, date(2024, 2, 1))]


def fill(engine: Engine, table: Table) -> None:
    with engine.begin() as connection:
        connection.execute(table.insert(), [dict(zip(table.c.keys(), row, strict=True)) for row in ROWS])


def test_insert_and_select(engine: Engine, sales: Table) -> None:
    fill(engine, sales)
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(select(sales).order_by(sales.c.id))] == ROWS
        found = connection.execute(select(sales.c.id).where(sales.c.shop == "north")).scalar_one()
        assert found == 1


def test_reflection(engine: Engine, sales: Table) -> None:
    assert "sales" in inspect(engine).get_table_names()
    reflected = Table("sales", MetaData(), autoload_with=engine)
    assert reflected.c.keys() == ["id", "shop", "day"]
    assert (reflected.c.shop.type.length, reflected.c.day.nullable) == (5, False)


def test_a_transaction_is_rolled_back_or_kept_whole(engine: Engine, sales: Table) -> None:
    fill(engine, sales)
    with engine.connect() as connection:
        connection.execute(sales.delete())
        connection.rollback()
        connection.execute(sales.delete().where(sales.c.id == 2))
        connection.commit()
    with engine.connect() as connection:
        assert [row.id for row in connection.execute(select(sales))] == [1]


def test_a_failure_carries_code_and_text(engine: Engine, sales: Table) -> None:
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="100078"):
        connection.execute(text("INSERT INTO sales VALUES (3, 'too long', '2024-01-01')"))
