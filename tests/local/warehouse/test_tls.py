"""Over TLS: whom clients trust, and uploads with an access token."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import certifi
import pytest
import snowflake.connector
from warehouse_client import Client

from local.warehouse.serving.certificates import given_certificates, make_certificates, trusting
from local.warehouse.serving.server import RunningWarehouse, running_warehouse


def test_a_login_and_an_upload(local_warehouse_tls: RunningWarehouse, tmp_path: Path) -> None:
    parameters = local_warehouse_tls.connection_parameters()
    with snowflake.connector.connect(**parameters) as connection:
        client = Client(connection, tmp_path)
        client.rows("CREATE DATABASE TLS")
        client.rows("CREATE STAGE CHUNKS ENCRYPTION=(TYPE='SNOWFLAKE_SSE')")
        (tmp_path / "o'brien.tsv").write_bytes(b"x")
        put = f"PUT 'file://{tmp_path}/o''brien.tsv' @CHUNKS AUTO_COMPRESS=FALSE"
        assert [client.rows(put)[0][6] for _ in range(2)] == ["UPLOADED", "SKIPPED"]
        assert client.rows("LIST @CHUNKS")[0][0] == "chunks/o'brien.tsv"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_its_certificate_is_for_the_names_of_this_machine(
    local_warehouse_tls: RunningWarehouse, host: str
) -> None:
    parameters = local_warehouse_tls.connection_parameters() | {"host": host}
    snowflake.connector.connect(**parameters).close()


def test_nobody_else_trusts_it(local_warehouse_tls: RunningWarehouse) -> None:
    parameters = local_warehouse_tls.connection_parameters() | {"login_timeout": 2}
    with trusting(Path(certifi.where())), pytest.raises(snowflake.connector.errors.Error) as caught:
        snowflake.connector.connect(**parameters)
    assert "certificate verify failed" in str(caught.value)


def test_the_bundle_holds_what_certifi_trusts_and_the_key_is_private(tmp_path: Path) -> None:
    files = make_certificates(tmp_path / "tls", ("warehouse.test",))
    assert files.ca_bundle.read_text().startswith(Path(certifi.where()).read_text()[:500])
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    again = make_certificates(tmp_path / "tls")
    assert again == files


def test_a_certificate_of_ones_own(tmp_path: Path) -> None:
    made = make_certificates(tmp_path / "made")
    shutil.copy(made.certificate, tmp_path / "mine.pem")
    given = given_certificates(tmp_path / "given", tmp_path / "mine.pem", made.key)
    assert (tmp_path / "mine.pem").read_text() in given.ca_bundle.read_text()
    with pytest.raises(ValueError, match="PEM"):
        given_certificates(tmp_path / "given", made.key, made.key)


def test_its_health_is_asked_over_tls_too(tmp_path: Path) -> None:
    with running_warehouse(tmp_path / "kept", tls=True) as running:
        assert running.address.startswith("https://")
        assert running.ca_bundle == tmp_path / "kept" / "tls" / "ca-bundle.pem"
