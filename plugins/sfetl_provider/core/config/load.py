"""From a folder of JSON files to feed configurations: defaults, inheritance, and all faults at once.

`defaults.json` is merged below every feed. A feed may name a template with `"extends": "_daily_tsv"`, which is
the file `_daily_tsv.json` in the same folder and may extend another one. Objects merge field by field; lists and
single values replace. Files whose names begin with an underscore are templates, never feeds.
`qc.expectations` names a suite in the folder `expectations` beside the configs' folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.schema import OWN_KEYS
from sfetl_provider.core.errors import ConfigError

DEFAULTS = "defaults.json"
SCHEMA = "feed.schema.json"
EXPECTATIONS = "expectations"
_FEED_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class ConfigFault:
    """One fault: the file that holds it, the JSON pointer of the field, and what is wrong."""

    file: str
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.pointer or '/'}: {self.message}"


@dataclass(frozen=True)
class LoadedFeeds:
    """The feeds of a folder that are usable, and the faults of those that are not."""

    feeds: tuple[FeedConfig, ...]
    faults: tuple[ConfigFault, ...]

    def raise_if_faulty(self) -> None:
        """Raise one ConfigError that names every fault; nothing when there is none."""
        if self.faults:
            raise _error(list(self.faults))


class _FaultyError(Exception):
    """Carries faults up from a file that cannot be merged."""

    def __init__(self, faults: list[ConfigFault]) -> None:
        super().__init__(faults)
        self.faults = faults


def load_feeds(folder: Path) -> LoadedFeeds:
    """Read every feed of a folder; a broken one does not harm the others. Costs about 1 ms a feed."""
    feeds: list[FeedConfig] = []
    faults: list[ConfigFault] = []
    if not folder.is_dir():
        return LoadedFeeds(
            (), (ConfigFault(str(folder), "", "the folder of the feeds' configs does not exist"),)
        )
    for path in sorted(folder.glob("*.json")):
        if path.name in (DEFAULTS, SCHEMA) or path.name.startswith("_"):
            continue
        try:
            feeds.append(_load(path))
        except _FaultyError as faulty:
            faults.extend(faulty.faults)
    return LoadedFeeds(tuple(feeds), tuple(faults))


def load_feed(path: Path) -> FeedConfig:
    """Read one feed; raises ConfigError with all its faults."""
    try:
        return _load(path)
    except _FaultyError as faulty:
        raise _error(faulty.faults) from None


def find_feed(folder: Path, name: str) -> FeedConfig:
    """Read one feed of a folder by its name; raises ConfigError when there is none or it is broken."""
    path = folder / f"{name}.json"
    if not _FEED_NAME.fullmatch(name) or not path.is_file():
        known = sorted(
            file.stem for file in folder.glob("[a-z]*.json") if file.name not in (DEFAULTS, SCHEMA)
        )
        raise ConfigError(
            f"There is no feed {name!r} in {folder}.",
            safe="Nothing was done.",
            next_step=f"Choose one of: {', '.join(known) or 'none is configured'}.",
        )
    return load_feed(path)


def _error(faults: list[ConfigFault]) -> ConfigError:
    listing = "\n".join(f"  {fault}" for fault in faults)
    return ConfigError(
        f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the feeds' configs:\n{listing}\n",
        safe="Feeds whose files are not named keep their DAGs.",
        next_step="Correct the fields; feed.schema.json beside them describes each.",
    )


def _load(path: Path) -> FeedConfig:
    layers = list(_layers(path))
    merged: dict[str, Any] = {}
    for _, layer in layers:
        merged = _merge(merged, layer)
    if "feed" in merged:
        raise _FaultyError(
            [_fault(layers, ("feed",), "the file's name is the feed's name; remove the field")]
        )
    if "suite" in merged:
        raise _FaultyError([_fault(layers, ("suite",), "name a suite in qc.expectations; remove the field")])
    try:
        config = FeedConfig.model_validate({**merged, "feed": path.stem})
    except ValidationError as error:
        raise _FaultyError(
            [_fault(layers, location, message) for location, message in _innermost(error)]
        ) from None
    return config if config.qc.expectations is None else _with_suite(config, path, layers)


def _with_suite(config: FeedConfig, path: Path, layers: list[tuple[Path, dict[str, Any]]]) -> FeedConfig:
    # Imported late: a third of a second, which feeds without a suite do not need.
    from sfetl_provider.core.config.suite import SuiteError, masked_faults, read_suite
    from sfetl_provider.core.config.table_suite import require_in_table

    file = path.absolute().parent.with_name(EXPECTATIONS) / f"{config.qc.expectations}.json"
    if not file.exists():
        raise _FaultyError([_fault(layers, ("qc", "expectations"), f"there is no {file}")])
    content = _read(file)
    masked = [column.name for column in config.columns if column.is_masked("before_stage")]
    try:
        suite = read_suite(content, config.column_names)
        if config.qc.mode == "snowflake":
            require_in_table(suite)
        if told := list(masked_faults(suite, masked)):
            raise SuiteError(told)
    except SuiteError as error:
        name = f"{EXPECTATIONS}/{file.name}"
        raise _FaultyError(
            [ConfigFault(name, _pointer(location), text) for location, text in error.faults]
        ) from None
    return config.model_copy(update={"suite": content})


def _innermost(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    """Give location and message of each error, less those that only follow from one deeper inside."""
    found = [(item["loc"], item["msg"].removeprefix("Value error, ")) for item in error.errors()]
    return [
        (location, message)
        for location, message in found
        if not any(deeper[: len(location)] == location and deeper != location for deeper, _ in found)
    ]


def _layers(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give the files that make a feed, most general first."""
    defaults = path.with_name(DEFAULTS)
    if defaults.exists():
        yield defaults, _without_own_keys(_read(defaults))
    chain: list[tuple[Path, dict[str, Any]]] = []
    current: Path | None = path
    while current is not None:
        content = _read(current)
        chain.append((current, _without_own_keys(content)))
        current = _parent(current, content, [seen for seen, _ in chain])
    yield from reversed(chain)


def _parent(path: Path, content: dict[str, Any], seen: list[Path]) -> Path | None:
    name = content.get("extends")
    if name is None:
        return None
    if not isinstance(name, str) or not name.startswith("_") or "/" in name:
        raise _FaultyError(
            [ConfigFault(path.name, "/extends", "name a template of this folder, as _daily_tsv")]
        )
    parent = path.with_name(f"{name}.json")
    if parent in seen:
        raise _FaultyError([ConfigFault(path.name, "/extends", f"{parent.name} extends itself")])
    if not parent.exists():
        raise _FaultyError([ConfigFault(path.name, "/extends", f"there is no {parent.name} in this folder")])
    return parent


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_refuse_doubled_keys)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise _FaultyError([ConfigFault(path.name, "", message)]) from None
    except (OSError, UnicodeDecodeError, _DoubledKeyError) as error:
        raise _FaultyError([ConfigFault(path.name, "", str(error))]) from None
    if not isinstance(content, dict):
        raise _FaultyError([ConfigFault(path.name, "", "must hold one JSON object")])
    return content


class _DoubledKeyError(Exception):
    """A key stands twice in one object; json would keep the last in silence."""


def _refuse_doubled_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise _DoubledKeyError(f"the key {key!r} stands twice in one object")
        content[key] = value
    return content


def _without_own_keys(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key not in OWN_KEYS}


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _merge(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _fault(
    layers: list[tuple[Path, dict[str, Any]]], location: tuple[int | str, ...], message: str
) -> ConfigFault:
    path = next((path for path, layer in reversed(layers) if _holds(layer, location)), layers[-1][0])
    return ConfigFault(path.name, _pointer(location), message)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)


def _holds(layer: Any, location: tuple[int | str, ...]) -> bool:
    for part in location:
        is_item = isinstance(layer, list) and isinstance(part, int) and part < len(layer)
        if not is_item and not (isinstance(layer, dict) and part in layer):
            return False
        layer = layer[part]
    return True
