"""docs/connections.md says what the code does."""

from __future__ import annotations

import json
import re

import pytest

from sfetl_provider.get_provider_info import get_provider_info
from sfetl_provider.hooks.snowflake import PASSED_OPTIONS, PROXY_FIELD

from .conftest import PROJECT

PAGE = (PROJECT / "docs" / "connections.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", [*PASSED_OPTIONS, PROXY_FIELD])
def test_every_field_that_is_passed_is_explained(option: str) -> None:
    assert re.search(rf"^\|[^|]*`{option}`[^|]*\|", PAGE, re.MULTILINE)


def test_every_field_of_the_proxys_form_is_explained() -> None:
    (form,) = get_provider_info()["connection-types"]
    labels = [*form["ui-field-behaviour"]["relabeling"].values()]
    labels += [field["label"] for field in form["conn-fields"].values()]

    assert all(f"| {label} |" in PAGE for label in labels)


def test_the_examples_extras_are_json() -> None:
    extras = re.findall(r"--conn-extra '([^']*)'", PAGE)

    assert [sorted(json.loads(extra))[0] for extra in extras] == ["account", "authentication"]
