"""Great Expectations' results and Data Docs of what QC found."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.report.data_docs import INDEX, month_results, write_data_docs
from tests.core.fakes import feed, source_file
from tests.core.qc.expectation_cases import CASES, COLUMNS, ROWS

PACKAGE = Path(__file__).parents[3] / "plugins" / "sfetl_provider"
MADE_AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
IN_SET = {
    "type": "expect_column_values_to_be_in_set",
    "kwargs": {"column": "shop", "value_set": ["north", "<b>"]},
    "severity": "warning",
}
UNIQUE = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "number"}}


def _feed(suite: list[dict[str, Any]]) -> FeedConfig:
    config = feed(columns=["day", "shop", "number"], date={"column": "day"}, qc={"expected_days": "any"})
    return config.model_copy(update={"suite": {"name": "shops", "expectations": suite}})


def _checked(folder: Path, config: FeedConfig, contents: Mapping[str, str]) -> list[QcReport]:
    files = [source_file(folder / name, content.encode()) for name, content in contents.items()]
    return [scan_file(file, config, Month(2013, 2), Places(folder / "scratch")) for file in files]


def _write(folder: Path, config: FeedConfig, contents: Mapping[str, str], month: str = "2013-02") -> Path:
    results = month_results(_checked(folder, config, contents), config, month, MADE_AT)
    assert results is not None
    return write_data_docs(folder / "docs", results)


def test_every_type_is_shown_without_loading_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    columns = [{"name": f'"{name}"'} for name in COLUMNS]
    config = feed(columns=columns, date={"column": '"day"'}, format={"null_markers": [r"\N"]})
    config = config.model_copy(update={"suite": {"name": "cases", "expectations": CASES}})

    page = _write(tmp_path, config, {"f.tsv": "".join("\t".join(row) + "\n" for row in ROWS)}).read_text()

    assert caplog.messages == []
    assert page.count("</i>") > len(CASES)
    assert "Rendering failed" not in page
    assert ">Ada, NULL<" in page
    assert re.findall(r"&amp;(?:lt|gt|quot|amp|#)|&lt;/?[a-z]+(?: |&gt;)", page) == []
    assert re.findall(r"<script|<img|<iframe|https?:", page) == []
    assert set(re.findall(r'(?:href|src)="([^"]*)"', page)) == {"index.html", "data:,"}


def test_results_are_those_of_gx_by_month_and_by_file(tmp_path: Path) -> None:
    contents = {"a.tsv": "2013-02-01\tnorth\t1\n", "b.tsv": "2013-02-02\t<i>\t1\n2013-02-03\t<b>\t1\n"}

    page = _write(tmp_path, _feed([IN_SET, UNIQUE]), contents).read_text()

    documents = {
        path.name.partition("-02.")[2]: json.loads(path.read_text())
        for path in (tmp_path / "docs").glob("*.json")
    }
    month, (of_a, of_b) = documents.pop("json"), (documents[name] for name in sorted(documents))
    assert (month["success"], month["statistics"]["evaluated_expectations"]) == (False, 1)
    (result,) = month["results"]
    assert (result["result"]["element_count"], result["result"]["unexpected_count"]) == (3, 1)
    assert result["meta"]["sfetl"]["samples"][0]["line"] == 1
    assert result["expectation_config"]["severity"] == "warning"
    assert (of_a["success"], of_b["success"]) == (True, False)
    assert of_b["meta"]["sfetl"] == {"feed": "flights", "month": "2013-02", "file": "b.tsv", "judged": "file"}
    assert "Not met: 1 CRITICAL, 1 WARNING." in page
    assert "File b.tsv" in page
    assert "&lt;i&gt;" in page
    assert not re.search(r"<i>|<b>", page.partition("<body>")[2])


def test_the_index_has_every_month_once_and_the_latest_result_of_each(tmp_path: Path) -> None:
    config, good = _feed([IN_SET, UNIQUE]), "2013-02-01\tnorth\t1\n"
    _write(tmp_path, config, {"a.tsv": good, "b.tsv": "2013-02-02\tsouth\t1\n"})
    _write(tmp_path, config, {"a.tsv": good}, month="2013-03")
    before = (tmp_path / "docs" / INDEX).read_text()
    _write(tmp_path, config, {"a.tsv": good})
    after = (tmp_path / "docs" / INDEX).read_text()

    assert re.findall(r'href="(2013-\d\d\.html)"', before) == ["2013-03.html", "2013-02.html"]
    assert before.count(" not met") == 1
    assert "1 WARNING" in before
    assert re.findall(r'href="(2013-\d\d\.html)"', after) == ["2013-03.html", "2013-02.html"]
    assert " not met" not in after
    assert sorted(path.name for path in (tmp_path / "docs").iterdir()) == [
        *("2013-02.html", "2013-02.json", "2013-03.html", "2013-03.json", "index.html")
    ]


def test_what_could_not_be_judged_has_no_page(tmp_path: Path) -> None:
    config = _feed([IN_SET])
    reports = _checked(tmp_path, config, {"a.tsv": ""})

    assert month_results(reports, config, "2013-02", MADE_AT) is None
    assert month_results(reports, config.model_copy(update={"suite": None}), "2013-02", MADE_AT) is None


def test_great_expectations_is_imported_in_two_places_and_these_late() -> None:
    sources = {str(path.relative_to(PACKAGE)): path.read_text() for path in PACKAGE.rglob("*.py")}
    importing = re.compile(r"^\s*(?:import|from) great_expectations", re.M)
    early = re.compile(r"^from sfetl_provider\.\S*(?:\.| import )(?:data_docs|gx_engine)\b", re.M)

    assert sorted(name for name, text in sources.items() if importing.search(text)) == [
        "adapters/gx_engine.py",
        "core/report/data_docs.py",
    ]
    assert [name for name, text in sources.items() if early.search(text)] == []
