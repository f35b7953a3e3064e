"""The reference of all config keys as Markdown, made from the model so that it cannot go stale."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sfetl_provider.core.config.schema import OWN_KEYS, feed_schema

_HEAD = """# Reference of a feed's config

Made by `python -m sfetl_provider reference`; do not edit. Every file of include/configs is checked against the
same model, and `feed.schema.json` beside them gives editors completion and these texts.

| key | default | meaning |
|---|---|---|
"""


def reference_text() -> str:
    """Give the content of docs/configuration-reference.md; a test keeps the file equal to it."""
    schema = feed_schema()
    return _HEAD + "".join(f"{row}\n" for row in _rows(schema, schema["$defs"], ""))


def _rows(section: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, field in section["properties"].items():
        key = f"{prefix}{name}"
        inner = _section_of(field, definitions)
        if inner is None:
            yield f"| `{key}` | {_default(name, field)} | {_text(field)} |"
        else:
            yield f"| **`{key}`** | | {_text(field)} |"
            yield from _rows(inner, definitions, f"{key}[]." if field.get("type") == "array" else f"{key}.")


def _section_of(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any] | None:
    """Give the section that a field holds, once or in a list; None for a plain value."""
    text = json.dumps(field)
    for name, definition in definitions.items():
        if f'"#/$defs/{name}"' in text:
            found: dict[str, Any] = definition
            return found
    return None


def _default(name: str, field: dict[str, Any]) -> str:
    if "default" not in field:
        return "" if name in OWN_KEYS else "required"
    return f"`{json.dumps(field['default'], ensure_ascii=False)}`"


def _text(field: dict[str, Any]) -> str:
    values = field.get("enum")
    choice = f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""
    return " ".join(str(field.get("description", "")).split()).replace("|", "\\|") + choice
