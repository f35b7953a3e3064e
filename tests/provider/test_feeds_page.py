"""The page of feeds, inside Airflow's own web application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI
from fastapi.testclient import TestClient

from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.ui.feeds_page import render_feeds

from .conftest import CONFIGS, SALES

PAGE = "/sfetl/feeds"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def web(airflow_app: FastAPI) -> TestClient:
    """Airflow's web application with our plugin in it; nobody is logged in."""
    return TestClient(airflow_app, base_url="http://localhost")


@pytest.fixture
def viewer(web: TestClient) -> dict[str, str]:
    """The headers of a user who may only look."""
    user = SimpleAuthManagerUser(username="vic", role="viewer")
    token = web.app.state.auth_manager.generate_jwt(user)  # type: ignore[attr-defined]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def broken() -> Iterator[None]:
    """A config whose fault quotes something that a browser would run."""
    path = CONFIGS / "broken.json"
    path.write_text(json.dumps({**SALES, SCRIPT: 1}))
    yield
    path.unlink()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}], ids=["nobody", "forged"])
def test_strangers_see_nothing(headers: dict[str, str], web: TestClient) -> None:
    answer = web.get(PAGE, headers=headers)

    assert answer.status_code in (401, 403)
    assert "sales" not in answer.text


def test_who_is_logged_in_sees_the_feeds(web: TestClient, viewer: dict[str, str]) -> None:
    answer = web.get(PAGE, headers=viewer)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<a href='/dags/load_sales' target=_top>sales</a>" in answer.text
    for cell in ("TESTS.PUBLIC.SALES", "sales_{month}*.tsv", "file", "3"):
        assert f"<td>{cell}</td>" in answer.text
    assert "Broken configs" not in answer.text


def test_a_broken_config_is_named_beside_the_others_and_cannot_run_a_script(
    broken: None, web: TestClient, viewer: dict[str, str]
) -> None:
    text = web.get(PAGE, headers=viewer).text

    assert "Broken configs" in text
    assert "broken.json" in text
    assert SCRIPT not in text
    assert "&lt;script&gt;" in text
    assert "TESTS.PUBLIC.SALES" in text


def test_cells_are_escaped(tmp_path: Path) -> None:
    files = {"patterns": [f"{SCRIPT}_{{month}}.tsv"]}
    (tmp_path / "sales.json").write_text(json.dumps({**SALES, "files": files}))

    loaded = load_feeds(tmp_path)

    assert loaded.feeds
    assert "<script>" not in render_feeds(loaded)


def test_without_feeds_the_page_says_so(tmp_path: Path) -> None:
    assert "No feed is configured." in render_feeds(load_feeds(tmp_path))
