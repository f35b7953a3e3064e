"""What is the stand-in's own about stages: uploads over HTTP, what it refuses, what lies on its disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import requests
from warehouse_client import STAGE, Client

from local.warehouse.serving.server import RunningWarehouse
from local.warehouse.stages.stage_grants import Grant

CHUNKS = ("DB", "SFETL", "CHUNKS")


@pytest.fixture(autouse=True)
def _empty(client: Client) -> None:
    client.rows(f"REMOVE '@{STAGE}/'")


def names(client: Client, path: str) -> list[str]:
    return [row[0] for row in client.rows(f"LIST '@{STAGE}/{path}'")]


def test_put_keeps_the_bytes_and_their_facts(client: Client, warehouse: RunningWarehouse) -> None:
    content = bytes(range(256)) * 5000
    row = client.stage("put/some path/part-00001.tsv.zst", content)
    assert row[:2] == ("part-00001.tsv.zst", "part-00001.tsv.zst")
    assert row[6] == "UPLOADED"
    ((_, size, _, modified),) = client.rows(f"LIST '@{STAGE}/put/'")
    assert size == len(content)
    assert modified.endswith("GMT")
    staged = warehouse.warehouse.files.find(CHUNKS, "put/some path/part-00001.tsv.zst")
    assert staged is not None
    assert staged.file.read_bytes() == content


def test_over_plain_http_a_file_is_never_skipped(client: Client) -> None:
    for _ in range(2):
        assert client.stage("again/f.tsv", b"one", "OVERWRITE=FALSE")[6] == "UPLOADED"


def test_over_plain_http_a_path_with_an_apostrophe_is_refused(client: Client) -> None:
    (client.folder / "o'brien.tsv").write_bytes(b"x")
    error = client.failure(f"PUT 'file://{client.folder}/o''brien.tsv' '@{STAGE}'")
    assert (error.errno, "--tls" in str(error)) == (2, True)


def test_over_plain_http_a_matched_name_with_an_apostrophe_is_never_sent_to_a_cloud(client: Client) -> None:
    (client.folder / "o'hara.tsv").write_bytes(b"x")
    error = client.failure(f"PUT 'file://{client.folder}/o*.tsv' '@{STAGE}'")
    assert "googleapis" not in str(error)
    assert "127.0.0.1" in str(error)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"PUT file:///tmp/x '@{STAGE}/../other'", 1003),
        (f"PUT file:///tmp/x '@{STAGE}/a//b'", 1003),
        (f"PUT file:///tmp/x '@{STAGE}/a' SOURCE_COMPRESSION=FOO", 1481),
        (f"PUT file:///tmp/x '@{STAGE}/a' OVERWRITE=MAYBE", 1481),
        ("PUT /tmp/x @CHUNKS", 1003),
        ("LIST @%T/x", 2),
        ('LIST @"DB"."SFETL".%T', 2),
        (f"LIST '@{STAGE}/' PATTERN='('", 100048),
        ("CREATE STAGE S3 URL='s3://bucket'", 2),
        ("CREATE TEMPORARY STAGE T", 2),
        ("CREATE OR REPLACE STAGE IF NOT EXISTS CHUNKS", 1003),
        ("CREATE STAGE S FILE_FORMAT=(TYPE=CSV)", 2),
        ("ALTER STAGE CHUNKS RENAME TO OTHER", 2),
        ("GET @CHUNKS file:///tmp/", None),
    ],
)
def test_refused(client: Client, statement: str, code: int | None) -> None:
    assert client.failure(statement).errno == code or code is None


def test_stages_with_names_of_dots_stay_apart(client: Client) -> None:
    for name in ("..", "."):
        client.rows(f'CREATE STAGE "{name}"')
        assert client.rows(f"LIST '@\"{name}\"'") == []
        client.rows(f'DROP STAGE "{name}"')
    client.stage("still/there.tsv", b"x")
    assert names(client, "") == ["chunks/still/there.tsv"]


def test_upload_needs_an_address_of_the_server(warehouse: RunningWarehouse) -> None:
    assert requests.put(f"{warehouse.address}/stage-upload/guess/f", data=b"x", timeout=20).status_code == 400


@pytest.mark.parametrize(
    ("secret", "path", "status"),
    [
        ("granted", "folder/f", 200),
        ("granted", "elsewhere/f", 401),
        ("granted", "folder/deeper/f", 401),
        ("granted", "folder/%2e%2e", 403),
        ("guess", "folder/f", 401),
    ],
)
def test_a_token_opens_its_folder_only(
    warehouse: RunningWarehouse, secret: str, path: str, status: int
) -> None:
    grant = Grant(CHUNKS, "folder", "f")
    token = warehouse.warehouse.grants.add(grant) if secret == "granted" else secret
    address = f"{warehouse.address}/stage-storage/{grant.bucket}/{path}"
    answer = requests.put(address, data=b"x", headers={"Authorization": f"Bearer {token}"}, timeout=20)
    assert answer.status_code == status


def test_a_token_does_not_open_another_stage(warehouse: RunningWarehouse) -> None:
    token = warehouse.warehouse.grants.add(Grant(CHUNKS, "", "f"))
    other = Grant(("DB", "SFETL", "OTHER"), "", "f").bucket
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{warehouse.address}/stage-storage/{other}/f"
    assert requests.put(address, data=b"x", headers=headers, timeout=20).status_code == 401
    assert requests.head(address, headers=headers, timeout=20).status_code == 401


def test_broken_upload_leaves_nothing(warehouse: RunningWarehouse) -> None:
    files = warehouse.warehouse.files

    async def body():  # type: ignore[no-untyped-def]
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asyncio.run(files.receive(CHUNKS, "broken/f.tsv", body()))
    assert files.files(CHUNKS, "broken") == []
    assert list(files._uploads.iterdir()) == []


def test_an_upload_that_another_key_encrypted_is_refused(warehouse: RunningWarehouse) -> None:
    token = warehouse.warehouse.grants.add(Grant(CHUNKS, "", "f"))
    data = '{"WrappedContentKey": {"EncryptedKey": "AAAA"}, "ContentEncryptionIV": "AAAA"}'
    answer = requests.put(
        f"{warehouse.address}/stage-upload/{token}/f",
        data=b"x",
        headers={"x-goog-meta-encryptiondata": data},
        timeout=20,
    )
    assert (answer.status_code, "cannot be decrypted" in answer.text) == (403, True)
    assert warehouse.warehouse.files.find(CHUNKS, "f") is None


def test_facts_of_another_content_are_not_believed(client: Client, warehouse: RunningWarehouse) -> None:
    """As after a kill between the facts' rename and the file's."""
    client.stage("k/f.tsv", b"first")
    (before,) = client.rows(f"LIST '@{STAGE}/k/'")
    staged = warehouse.warehouse.files.find(CHUNKS, "k/f.tsv")
    assert staged is not None
    old = staged.file.with_name("aside")
    staged.file.rename(old)
    client.stage("k/f.tsv", b"second, longer")
    old.rename(staged.file)
    assert client.rows(f"LIST '@{STAGE}/k/'")[0][:3] == before[:3]


def test_awkward_paths_lie_below_their_stage(client: Client, warehouse: RunningWarehouse) -> None:
    client.stage("50%2F/a%25/f.tsv", b"x")
    assert names(client, "50%2F/a%25/") == ["chunks/50%2F/a%25/f.tsv"]
    staged = warehouse.warehouse.files.find(CHUNKS, "50%2F/a%25/f.tsv")
    assert staged is not None
    assert Path(warehouse.warehouse.root) in staged.file.parents
