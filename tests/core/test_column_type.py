"""Snowflake's types of columns as text."""

from __future__ import annotations

import pytest

from sfetl_provider.core.column_type import ColumnType, read_column_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("varchar(20)", ColumnType("text", "VARCHAR(20)", 20)),
        ("String", ColumnType("text", "VARCHAR(16777216)", 16_777_216)),
        ("CHAR", ColumnType("text", "VARCHAR(1)", 1)),
        ("char varying ( 7 )", ColumnType("text", "VARCHAR(7)", 7)),
        ("VARCHAR(13) COLLATE 'de-ci'", ColumnType("text", "VARCHAR(13)", 13)),
        ("NUMBER", ColumnType("number", "NUMBER(38,0)", 38)),
        ("numeric(12)", ColumnType("number", "NUMBER(12,0)", 12)),
        ("Decimal( 12 , 2 )", ColumnType("number", "NUMBER(12,2)", 12, 2)),
        ("NUMBER(2,2)", ColumnType("number", "NUMBER(2,2)", 2, 2)),
        ("BIGINT", ColumnType("number", "NUMBER(38,0)", 38)),
        ("double precision", ColumnType("float", "FLOAT")),
        ("TIMESTAMP_NTZ(9)", ColumnType("timestamp", "TIMESTAMP_NTZ(9)")),
        ("TIME(0)", ColumnType("time", "TIME(0)")),
        ("VARBINARY", ColumnType("binary", "BINARY(8388608)", 8_388_608)),
        ("variant", ColumnType("other", "VARIANT")),
    ],
)
def test_types_are_read(text: str, expected: ColumnType) -> None:
    assert read_column_type(text) == expected
    assert read_column_type(expected.text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write it as VARCHAR(20)"),
        ("MONEY", "write it as VARCHAR(20)"),
        ("VARCHAR(20", "write it as VARCHAR(20)"),
        ("VARCHAR(20); DROP TABLE T", "write it as VARCHAR(20)"),
        ("NUMBER(-1)", "write it as VARCHAR(20)"),
        ("VARCHAR(0)", "from 1 to 134,217,728"),
        ("NUMBER(39,0)", "from 1 to 38"),
        ("NUMBER(5,6)", "scale is larger"),
        ("NUMBER(38,38)", "scale is larger"),
        ("VARCHAR(5,2)", "does not take two numbers"),
        ("INTEGER(9)", "always has 38 digits"),
        ("TIMESTAMP_NTZ(10)", "from 0 to 9"),
        ("DATE(3)", "takes no number"),
    ],
)
def test_what_is_no_type_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="is no type of Snowflake's") as refused:
        read_column_type(text)

    assert said in str(refused.value)
