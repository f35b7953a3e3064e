from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import run

ROWS = "".join(f"{day}\t2024-02-{day:02}\tshop\n" for day in range(1, 30))


def test_a_file_is_told_as_text_and_as_json(tmp_path: Path) -> None:
    (tmp_path / "sales.tsv").write_text(ROWS)

    text = run("inspect", "sales.tsv", "--count", folder=tmp_path)
    document = run("inspect", "sales.tsv", "--json", "--count", "--estimate", folder=tmp_path)

    assert (text.code, text.complained) == (0, "")
    assert "delimiter   tab (sure: 100 % of 29 sampled records have 3 fields)" in text.said
    assert "lines       29 (counted in" in text.said
    assert (document.code, document.complained) == (0, "")
    parts = json.loads(document.said)
    assert parts["inspection"]["dialect"]["columns"] == parts["inspection"]["dialect"]["sampled_records"] - 26
    assert parts["count"]["lines"] == 29
    assert parts["times"]["measured_bytes"] == len(ROWS)


def test_a_config_is_printed_that_checks_out(tmp_path: Path) -> None:
    (tmp_path / "sales_2024-02.tsv").write_text(ROWS)
    (tmp_path / "configs").mkdir()

    made = run("inspect", "sales_2024-02.tsv", "--config", "sales", "--table", "D.P.SALES", folder=tmp_path)
    (tmp_path / "configs" / "sales.json").write_text(made.said)
    checked = run("check-configs", "configs", folder=tmp_path)

    assert made.code == 0
    assert (checked.code, checked.said) == (0, "sales: ok, 3 columns into SALES\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "kind        empty: 0 bytes"),
        (bytes(range(256)) * 10, "kind        binary data"),
        (b"PAR1", "Parquet"),
    ],
)
def test_what_is_no_text_ends_with_1(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "file").write_bytes(content)

    ended = run("inspect", "file", "--count", "--estimate", folder=tmp_path)

    assert (ended.code, ended.complained) == (1, "")
    assert said in ended.said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["absent"], "absent cannot be read: No such file or directory."),
        (["."], ". cannot be read: Is a directory."),
        (
            ["words", "--estimate"],
            "No config can be made from words: no column holds dates or timestamps only.",
        ),
        (["words", "--config", "x"], "No config can be made from words"),
        ([], "required: file"),
    ],
)
def test_what_cannot_be_done_ends_with_2(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    (tmp_path / "words").write_text("a word\n")

    ended = run("inspect", *arguments, folder=tmp_path)

    assert (ended.code, ended.said) == (2, "")
    assert complaint in ended.complained
