"""COPY INTO by the cases of copy_cases."""

from __future__ import annotations

from typing import Any

import pytest
from copy_cases import BAD, GOOD, Bad, Good
from warehouse_client import TSV, Client


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_loads(client: Client, case: Good) -> None:
    client.rows(f"CREATE OR REPLACE TABLE GOOD ({case.columns})")
    client.stage("good/file.tsv", case.content)
    (result,) = client.copy("GOOD", "good/", "file.tsv", file_format=case.file_format)
    assert result[:4] == ("chunks/good/file.tsv", "LOADED", len(case.rows), len(case.rows))
    assert client.rows("SELECT * FROM GOOD") == case.rows


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_refuses(client: Client, case: Bad) -> None:
    client.rows(f"CREATE OR REPLACE TABLE BAD ({case.columns})")
    client.stage("bad/whole.tsv", case.content)
    with pytest.raises(Exception, match=r"\d{6}") as caught:
        client.copy("BAD", "bad/", "whole.tsv", file_format=case.file_format)
    error: Any = caught.value
    assert error.errno == case.code
    assert case.words in error.msg
    if case.line is not None:
        assert f"File 'bad/whole.tsv', line {case.line}, character " in error.msg
        assert 'column "BAD"["' in error.msg
    assert client.rows("SELECT * FROM BAD") == []


def test_error_names_the_place_of_the_value(client: Client) -> None:
    client.rows("CREATE OR REPLACE TABLE PLACE (A VARCHAR, N NUMBER(3,0))")
    client.stage("place/f.tsv", b"\nabc\t1\nabc\tx\n")
    with pytest.raises(Exception, match="not recognized") as caught:
        client.copy("PLACE", "place/", "f.tsv")
    assert 'File \'place/f.tsv\', line 3, character 5\n  Row 2, column "PLACE"["N":2]' in str(caught.value)


@pytest.mark.parametrize(
    ("option", "replacement"),
    [
        ("ESCAPE=NONE ", "ESCAPE='\\\\' "),
        ("ESCAPE_UNENCLOSED_FIELD=NONE", ""),
        ("ERROR_ON_COLUMN_COUNT_MISMATCH=TRUE", "ERROR_ON_COLUMN_COUNT_MISMATCH=FALSE"),
        ("REPLACE_INVALID_CHARACTERS=FALSE", "REPLACE_INVALID_CHARACTERS=TRUE"),
        ("ENCODING='UTF8'", "ENCODING='ISO88591'"),
        ("COMPRESSION=AUTO", "COMPRESSION=BZ2"),
        ("TYPE=CSV", "TYPE=JSON"),
        ("BINARY_FORMAT=HEX", "MULTI_LINE=FALSE"),
    ],
)
def test_unsupported_format_options_are_refused(client: Client, option: str, replacement: str) -> None:
    client.rows("CREATE TABLE IF NOT EXISTS OPTIONS (A VARCHAR)")
    client.stage("options/f.tsv", b"a\n")
    with pytest.raises(Exception, match="Unsupported feature"):
        client.copy("OPTIONS", "options/", "f.tsv", file_format=TSV.replace(option, replacement))


@pytest.mark.parametrize(
    "option", ["FORCE=FALSE ON_ERROR=CONTINUE", "FORCE=FALSE PURGE=TRUE", "VALIDATION_MODE=RETURN_ERRORS"]
)
def test_unsupported_copy_options_are_refused(client: Client, option: str) -> None:
    client.rows("CREATE TABLE IF NOT EXISTS OPTIONS (A VARCHAR)")
    client.stage("options/f.tsv", b"a\n")
    with pytest.raises(Exception, match="Unsupported feature"):
        client.copy("OPTIONS", "options/", "f.tsv", options=option)
