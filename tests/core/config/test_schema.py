"""The published JSON Schema describes what the model takes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from sfetl_provider.core.config.schema import feed_schema, schema_text

CONFIGS = Path(__file__).parents[3] / "include" / "configs"
FEED_FILES = [path for path in sorted(CONFIGS.glob("*.json")) if path.name != "feed.schema.json"]


def test_the_file_beside_the_configs_is_up_to_date() -> None:
    assert (CONFIGS / "feed.schema.json").read_text() == schema_text(), "run: airflow sfetl schema"


@pytest.mark.parametrize("path", FEED_FILES, ids=lambda path: path.name)
def test_the_projects_configs_fit_it(path: Path) -> None:
    jsonschema.validate(json.loads(path.read_text()), feed_schema())


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate({"colour": "red"}, feed_schema())


def test_every_field_is_described() -> None:
    schema = feed_schema()
    sections = [schema, *schema["$defs"].values()]
    undescribed = [
        (section.get("title", "feed"), name)
        for section in sections
        for name, field in section["properties"].items()
        if not field.get("description")
    ]
    assert undescribed == []
