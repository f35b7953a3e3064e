"""PUT, LIST, REMOVE, CREATE STAGE and DROP STAGE."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
import requests
from warehouse_client import STAGE, Client

from local.warehouse.server import RunningWarehouse


@pytest.fixture(autouse=True)
def _empty(client: Client) -> None:
    client.rows(f"REMOVE '@{STAGE}/'")


def names(client: Client, path: str) -> list[str]:
    return [row[0] for row in client.rows(f"LIST '@{STAGE}/{path}'")]


def test_put_keeps_the_bytes_and_their_facts(client: Client, warehouse: RunningWarehouse) -> None:
    content = bytes(range(256)) * 5000
    row = client.stage(
        "put/some path/part-00001.tsv.zst", content, "SOURCE_COMPRESSION=ZSTD PARALLEL=4 OVERWRITE=TRUE"
    )
    assert row[:2] == ("part-00001.tsv.zst", "part-00001.tsv.zst")
    assert row[6] == "UPLOADED"
    ((name, size, md5, modified),) = client.rows(f"LIST '@{STAGE}/put/'")
    assert (name, size) == ("chunks/put/some path/part-00001.tsv.zst", len(content))
    assert md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert modified.endswith("GMT")
    staged = warehouse.warehouse.files.find(("DB", "SFETL", "CHUNKS"), "put/some path/part-00001.tsv.zst")
    assert staged is not None
    assert staged.file.read_bytes() == content


def test_put_replaces(client: Client) -> None:
    client.stage("again/f.tsv", b"one")
    client.stage("again/f.tsv", b"three")
    assert client.rows(f"LIST '@{STAGE}/again/'")[0][1] == 5


def test_put_compresses_when_asked(client: Client) -> None:
    (client.folder / "plain.tsv").write_bytes(b"a\n" * 100)
    client.rows(f"PUT file://{client.folder}/plain.tsv @DB.SFETL.CHUNKS/auto AUTO_COMPRESS=TRUE")
    assert names(client, "auto") == ["chunks/auto/plain.tsv.gz"]


def test_put_of_many_files(client: Client) -> None:
    for number in range(3):
        (client.folder / f"many{number}.tsv").write_bytes(b"a\n")
    rows = client.rows(f"PUT 'file://{client.folder}/many*.tsv' '@{STAGE}/many' AUTO_COMPRESS=FALSE")
    assert [row[6] for row in rows] == ["UPLOADED"] * 3
    assert names(client, "many/") == [f"chunks/many/many{number}.tsv" for number in range(3)]


def test_list_and_remove_take_a_prefix(client: Client) -> None:
    for path in ("p/a1.tsv", "p/a2.tsv", "p/b.tsv"):
        client.stage(path, b"x")
    assert names(client, "p/a") == ["chunks/p/a1.tsv", "chunks/p/a2.tsv"]
    assert client.rows(f"REMOVE '@{STAGE}/p/a'") == [
        ("chunks/p/a1.tsv", "removed"),
        ("chunks/p/a2.tsv", "removed"),
    ]
    assert names(client, "") == ["chunks/p/b.tsv"]
    assert client.rows(f"RM @{STAGE}/nothing/") == []


def test_create_and_drop(client: Client) -> None:
    create = "CREATE STAGE IF NOT EXISTS OTHER ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE') COMMENT = 'for a test'"
    assert client.rows(create) == [("Stage area OTHER successfully created.",)]
    assert client.rows(create) == [("OTHER already exists, statement succeeded.",)]
    assert client.failure(create.replace("IF NOT EXISTS ", "")).errno == 2002
    (client.folder / "f").write_bytes(b"x")
    client.rows(f"PUT file://{client.folder}/f @OTHER AUTO_COMPRESS=FALSE")
    assert client.rows("LIST @OTHER")[0][0] == "other/f"
    client.rows("CREATE OR REPLACE STAGE OTHER")
    assert client.rows("LIST @OTHER") == []
    client.rows("DROP STAGE OTHER")
    assert client.failure("LIST @OTHER").errno == 2003
    assert client.failure("DROP STAGE OTHER").errno == 2003
    client.rows("DROP STAGE IF EXISTS OTHER")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("PUT file:///tmp/x @NO_STAGE", 2003),
        (f"PUT file:///tmp/x '@{STAGE}/../other'", 1003),
        (f"PUT file:///tmp/x '@{STAGE}/a' FOO=1", 1003),
        (f"PUT file:///tmp/x '@{STAGE}/a' SOURCE_COMPRESSION=FOO", 1481),
        ("LIST @~/x", 1003),
        (f"LIST '@{STAGE}/' PATTERN='.*'", 2),
        ("CREATE STAGE S3 URL='s3://bucket'", 2),
        ("CREATE TEMPORARY STAGE T", 2),
        ("CREATE STAGE NOWHERE.SFETL.S", 2003),
    ],
)
def test_refused(client: Client, statement: str, code: int) -> None:
    assert client.failure(statement).errno == code


def test_upload_needs_an_address_of_the_server(warehouse: RunningWarehouse) -> None:
    assert requests.put(f"{warehouse.address}/stage-upload/guess/f", data=b"x", timeout=20).status_code == 400


def test_broken_upload_leaves_nothing(client: Client, warehouse: RunningWarehouse, tmp_path: Path) -> None:
    files = warehouse.warehouse.files
    stage = ("DB", "SFETL", "CHUNKS")
    token = files.new_upload(stage, "broken/f.tsv")

    async def body():  # type: ignore[no-untyped-def]
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asyncio.run(files.receive(token, body()))
    assert files.files(stage, "broken") == []
    assert list((files._uploads).iterdir()) == []
