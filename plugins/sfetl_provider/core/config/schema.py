"""The JSON Schema of a feed's file, for editors and for the reader."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema

from sfetl_provider.core.config.model import FeedConfig

OWN_KEYS = ("$schema", "extends")


def feed_schema() -> dict[str, Any]:
    """Give the schema of one file of include/configs.

    No field is required, because defaults and templates may bring it; `feed` and `suite` are absent, because the
    file's name is the feed's name, and a suite is a file of its own.
    """
    schema = FeedConfig.model_json_schema(mode="validation", schema_generator=_Described)
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


class _Described(GenerateJsonSchema):
    """Describes fields by the texts below them.

    Pydantic can do so as well, but for each class when it is imported: a tenth of a second in each process.
    """

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        fields = schema["cls"].model_fields
        for cls in reversed(schema["cls"].__mro__):
            for name, text in _described_fields(cls):
                made["properties"][fields[name].alias or name]["description"] = text
        return made


def _described_fields(cls: type) -> Iterator[tuple[str, str]]:
    if "__pydantic_fields__" not in vars(cls) or not getattr(cls, "model_fields", None):
        return
    (definition,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101
    for field, text in pairwise(definition.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, inspect.cleandoc(words)


def schema_text() -> str:
    """Give the content of feed.schema.json; a test keeps the file equal to it."""
    return json.dumps(feed_schema(), indent=2, ensure_ascii=False) + "\n"
