"""The demo's files: known counts, real gaps, and no rewriting."""

from pathlib import Path

import pytest

from local.demo.evidence import count_lines
from local.input.demo_data import FLIGHTS_BY_MONTH, write_demo_data


@pytest.fixture(scope="module")
def incoming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incoming")
    write_demo_data(folder)
    return folder


def test_flights_have_the_known_number_of_records(incoming: Path) -> None:
    files = sorted((incoming / "flights").iterdir())
    assert [file.name for file in files[:2]] == [
        "flights_20130101-20130131.tsv",
        "flights_20130201-20130228.tsv",
    ]
    counts = [count_lines(file) for file in files]
    assert counts[:3] == list(FLIGHTS_BY_MONTH.values())
    assert (len(counts), sum(counts)) == (12, 336_776)


def test_values_are_those_of_the_source_with_empty_fields_for_null(incoming: Path) -> None:
    text = (incoming / "flights" / "flights_20130101-20130131.tsv").read_text(encoding="utf-8")
    first = (
        "2013-01-01 2013 1 1 517 515 2 830 819 11 UA 1545 N14228 EWR IAH 227 1400 5 15 2013-01-01T10:00:00Z"
    )
    assert text.splitlines()[0] == first.replace(" ", "\t")
    fields = [field for line in text.splitlines() for field in line.split("\t")]
    assert "NA" not in fields
    assert "" in fields


def test_weather_has_a_header_and_only_days_of_its_month(incoming: Path) -> None:
    header, *lines = (incoming / "weather" / "weather_2013-01.tsv").read_text(encoding="utf-8").splitlines()
    assert header.split("\t")[:3] == ["weather_date", "origin", "year"]
    assert len({line.split("\t")[0] for line in lines}) == 31
    assert {line[:7] for line in lines} == {"2013-01"}


def test_equal_files_stay_and_damaged_ones_are_replaced(incoming: Path) -> None:
    kept = incoming / "weather" / "weather_2013-02.tsv"
    damaged = incoming / "weather" / "weather_2013-03.tsv"
    before, content = kept.stat().st_ino, damaged.read_bytes()
    damaged.write_bytes(content[:100])
    write_demo_data(incoming)
    assert kept.stat().st_ino == before
    assert damaged.read_bytes() == content
    assert not list(incoming.rglob("*.part"))
