"""A feed's config made from an inspected file: a beginning for a person to complete."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.inspection.report import PLAIN, ColumnGuess, Inspection
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.patterns import fill_pattern
from sfetl_provider.core.text_encoding import encoding_of

_UNQUOTED = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_MONTH_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20|21)\d\d)-?(0[1-9]|1[0-2])|(?<!\d)(0[1-9]|1[0-2])((?:19|20|21)\d\d)(?!\d)"
)
_DAY = re.compile(r"(\{yyyymm\}|\{month\}-)(?:0[1-9]|[12]\d|3[01])(?!\d)")
_PLACEHOLDERS = ("{date_range}", "{month}", "{yyyymm}", "{mmyyyy}")
_TABLE_PARTS = 3


def feed_config(found: Inspection, name: str, table: str) -> FeedConfig:
    """Make the config of a feed; `table` is DATABASE.SCHEMA.NAME.

    Raises ConfigError when the file does not tell enough: no date column, no text, a delimiter that is unsure.
    """
    try:
        return FeedConfig.model_validate({"feed": name, **config_sections(found, table)})
    except ValidationError as error:
        faults = "; ".join(
            f"/{'/'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise _impossible(found, faults) from None


def config_text(found: Inspection, name: str, table: str) -> str:
    """Give the content of include/configs/<name>.json; raises ConfigError as `feed_config`."""
    feed_config(found, name, table)
    return (
        json.dumps(
            {"$schema": "feed.schema.json", **config_sections(found, table)}, indent=2, ensure_ascii=False
        )
        + "\n"
    )


def config_sections(found: Inspection, table: str) -> dict[str, Any]:
    """Give the sections of the config, unchecked; raises ConfigError when there is no date column."""
    is_readable = found.has_fitting_name if found.packing else found.kind == PLAIN
    if not (is_readable and found.is_text and encoding_of(found.codec)):
        wanted = "a feed reads UTF-8 or one byte a character, plain or compressed under a name that says so"
        raise _impossible(found, f"it is {found.kind}, {found.encoding}; {wanted}")
    parts = table.split(".")
    if len(parts) != _TABLE_PARTS:
        raise _impossible(found, f"{table!r} is not DATABASE.SCHEMA.NAME")
    dated = _date_column(found)
    names = column_names(found.columns)
    return {
        "table": dict(zip(("database", "schema", "name"), parts, strict=True)),
        "files": {
            "base_path": str(Path(found.path).parent.absolute()),
            "patterns": [pattern_of(Path(found.path).name)],
        },
        "format": _format(found, dated),
        "date": {
            "column": names[found.columns.index(dated)],
            **({"type": "timestamp"} if dated.kind == "timestamp" else {}),
        },
        "columns": [
            {"name": name, "nullable": False} if column is dated else name
            for name, column in zip(names, found.columns, strict=True)
        ],
    }


def column_names(columns: Sequence[ColumnGuess]) -> list[str]:
    """Give each column's name as SQL writes it: in double quotes unless it is a plain one."""
    return [
        column.name if _UNQUOTED.fullmatch(column.name) else '"' + column.name.replace('"', '""') + '"'
        for column in columns
    ]


def pattern_of(file_name: str) -> str:
    """Give the pattern of a file's name: the month in it becomes a placeholder, a day after it `??`."""
    kept = _braces_kept(file_name)
    found = _MONTH_IN_NAME.search(file_name)
    if found is None:
        return kept
    month = Month(int(found[1] or found[4]), int(found[2] or found[3]))
    texts = {placeholder: fill_pattern(placeholder, month) for placeholder in _PLACEHOLDERS}
    placeholder = next(placeholder for placeholder, text in texts.items() if text in file_name)
    return _DAY.sub(r"\1??", kept.replace(texts[placeholder], placeholder, 1))


def _braces_kept(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _date_column(found: Inspection) -> ColumnGuess:
    dated = [
        column for column in found.columns if column.kind in ("date", "timestamp") and not column.misfits
    ]
    if not dated:
        raise _impossible(found, "no column holds dates or timestamps only")
    return next((column for column in dated if column.kind == "date"), dated[0])


def _format(found: Inspection, dated: ColumnGuess) -> dict[str, Any]:
    dialect = found.dialect
    sections: dict[str, Any] = {
        "delimiter": dialect.delimiter or "\t" if dialect else "\t",
        "header": found.has_header,
    }
    encoding = encoding_of(found.codec)
    if encoding != "UTF8":
        sections["encoding"] = encoding
    if dialect and dialect.quote:
        sections["quote"] = dialect.quote
    if markers := set(found.null_markers) - {""}:
        sections["null_markers"] = ["", *sorted(markers)]
    for kind in ("date", "time", "timestamp"):
        formats = [dated.format] if dated.kind == kind else []
        formats += [column.format for column in found.columns if column.kind == kind]
        if formats:
            sections[f"{kind}_format"] = formats[0]
    return sections


def _impossible(found: Inspection, reason: str) -> ConfigError:
    return ConfigError(
        f"No config can be made from {found.path}: {reason}.",
        next_step="Write it by hand; docs/configuration.md describes every key.",
    )
