"""The JSON Schema of a feed's file, for editors and for the reader."""

from __future__ import annotations

import json
from typing import Any

from sfetl_provider.core.config.model import FeedConfig

OWN_KEYS = ("$schema", "extends")


def feed_schema() -> dict[str, Any]:
    """Give the schema of one file of include/configs.

    No field is required, because defaults and templates may bring it; `feed` and `suite` are absent, because the
    file's name is the feed's name, and a suite is a file of its own.
    """
    schema = FeedConfig.model_json_schema(mode="validation")
    del schema["properties"]["feed"], schema["properties"]["suite"]
    for section in (schema, *schema["$defs"].values()):
        section.pop("required", None)
    own = {
        "$schema": {"type": "string", "description": "This schema; editors read it."},
        "extends": {
            "type": "string",
            "pattern": "^_",
            "description": "Template of this folder, as _daily_tsv.",
        },
    }
    schema["properties"] = {**own, **schema["properties"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """Give the content of feed.schema.json; a test keeps the file equal to it."""
    return json.dumps(feed_schema(), indent=2, ensure_ascii=False) + "\n"
