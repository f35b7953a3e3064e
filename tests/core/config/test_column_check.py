from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.core.load_samples import sample_config


def faults(**changes: Any) -> dict[str, str]:
    """Give the faults of a feed by the field that each names."""
    with pytest.raises(ValidationError) as caught:
        sample_config(**changes)
    return {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}


def test_all_faults_of_the_way_into_the_table_come_together() -> None:
    found = faults(
        table={
            "database": "demo",
            "schema": "public",
            "name": "t",
            "create": True,
            "cluster_by": ["nowhere"],
        },
        columns=[
            {"name": "flight_date", "type": "DATE", "mask": {"method": "fixed", "pattern": "x"}},
            {"name": "carrier", "type": "VARCHAR(20)", "mask": {"method": "hash", "where": "publish"}},
            {"name": "distance", "target": "carrier"},
        ],
        publish={
            "columns": [
                {"name": "flight_date", "value": "load_time()", "type": "DATE"},
                {"name": "origin", "value": "upper(carrier)", "type": "VARCHAR"},
                {"name": "origin", "value": "sum(distance)", "type": "VARCHAR"},
            ]
        },
    )

    assert {place: text.split(":")[0] for place, text in found.items()} == {
        "columns.0.mask": "a masked value is a text, and the column's type is DATE",
        "columns.1.mask": "a hash has 64 characters, and the column's type is VARCHAR(20)",
        "columns.2.target": "another column goes into CARRIER of the table already",
        "columns.2.type": "table.create needs the type of each column",
        "publish.columns.0.name": "FLIGHT_DATE is masked",
        "publish.columns.1.value": "it would publish CARRIER unmasked; with mask.where before_stage it reads the "
        "masked value",
        "publish.columns.2.name": "ORIGIN stands twice",
        "publish.columns.2.value": "sum() looks at all records",
        "table.cluster_by.0": "NOWHERE is not one of the table's columns",
    }


def test_a_hash_before_staging_needs_the_connection_that_holds_its_key() -> None:
    columns = ["flight_date", {"name": "carrier", "mask": {"method": "hash", "pattern": "[A-Z0-9]{2}"}}]

    assert "mask_conn_id" in faults(columns=columns)["columns.1.mask"]
    assert sample_config(columns=columns, mask_conn_id="keys").columns[1].is_masked("before_stage")


@pytest.mark.parametrize("patterns", [["flights_*.tsv"], ["a.tsv", "b.tsv"]])
def test_a_file_name_needs_a_month_of_one_file(patterns: list[str]) -> None:
    publish = {"columns": [{"name": "source", "value": "file_name()"}]}

    assert "one file" in faults(files={"patterns": patterns}, publish=publish)["publish.columns.0.value"]
    assert sample_config(publish=publish).target_names[-1] == "SOURCE"


def test_a_rule_knows_nothing_of_the_load() -> None:
    rules = [{"name": "late", "condition": "flight_date < load_time()"}]

    assert "no such function" in faults(qc={"rules": rules})["qc.rules.0.condition"]
