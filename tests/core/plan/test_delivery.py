"""A delivery is complete by count, marker and manifest, or it is said what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfetl_provider.adapters.local_files import find_delivery
from sfetl_provider.core.plan.delivery import DeliveredFiles, Delivery, delivery_of, read_manifest
from sfetl_provider.core.plan.month import Month
from tests.core.load_samples import sample_config

HASH = "ab" * 32
MANIFEST = Delivery(manifest="in/list*.txt")


def found(folder: Path, delivery: Delivery, **files: str) -> DeliveredFiles:
    for name, content in files.items():
        path = folder / "in" / name.replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return find_delivery(folder, ["in/*.tsv"], (), delivery)


def test_patterns_are_filled_with_the_month() -> None:
    files = {"patterns": ["a"], "expected": 2, "marker": "{yyyymm}.done", "manifest": "{month}/m"}
    filled = delivery_of(sample_config(files=files).files, Month(2013, 1))
    assert filled == Delivery(expected=2, marker="201301.done", manifest="2013-01/m")


@pytest.mark.parametrize(
    ("line", "name", "size_bytes", "sha256"),
    [
        ("a b.tsv", "in/a b.tsv", None, ""),
        ("a.tsv\t12", "in/a.tsv", 12, ""),
        (f"a.tsv\t12\t{HASH.upper()}", "in/a.tsv", 12, HASH),
        (f"a.tsv\t\t{HASH}", "in/a.tsv", None, HASH),
        (f"{HASH}  ./a.tsv", "in/a.tsv", None, HASH),
        (f"{HASH} *a.tsv", "in/a.tsv", None, HASH),
    ],
)
def test_a_line_of_a_manifest(line: str, name: str, size_bytes: int | None, sha256: str) -> None:
    (listed,) = read_manifest(f"# files\n\n{line}\n", "in/list.txt")
    assert (listed.name, listed.size_bytes, listed.sha256) == (name, size_bytes, sha256)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\tmany", "its line 1 is not name, size in bytes and SHA-256"),
        ("a\t1\tshort", "its line 1 is not"),
        (f"a\t1\t{HASH}\tmore", "its line 1 is not"),
        ("a\n../b", "its line 2 names no file below its folder"),
        ("/a", "names no file below"),
        ("a\n./a", "it lists a twice"),
        ("# nothing", "it lists no file"),
    ],
)
def test_a_manifest_that_is_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_manifest(text, "list.txt")


def test_a_marker_is_waited_for_and_is_no_file_of_the_month(tmp_path: Path) -> None:
    delivery = Delivery(marker="in/done.tsv")
    assert found(tmp_path, delivery, a_dot_tsv="x").missing == "the marker in/done.tsv is missing"
    complete = found(tmp_path, delivery, done_dot_tsv="")
    assert complete.is_complete
    assert [file.name for file in complete.files] == ["in/a.tsv"]


def test_a_manifest_says_which_files_are_the_month(tmp_path: Path) -> None:
    assert found(tmp_path, MANIFEST, a_dot_tsv="x").missing == "the manifest in/list*.txt: it is missing"
    waiting = found(tmp_path, MANIFEST, list1_dot_txt=f"a.tsv\t2\nb.csv\t1\t{HASH}\n")
    assert waiting.missing == (
        "in/b.csv of the manifest is missing; in/a.tsv has 1 bytes, the manifest says 2"
    )
    complete = found(tmp_path, MANIFEST, a_dot_tsv="xy", b_dot_csv="y")
    assert (complete.is_complete, complete.surplus) == (True, "")
    assert [(file.name, file.sha256) for file in complete.files] == [("in/a.tsv", ""), ("in/b.csv", HASH)]
    assert found(tmp_path, MANIFEST, c_dot_tsv="").surplus == "the manifest does not list in/c.tsv"
    assert "2 files match it" in found(tmp_path, MANIFEST, list2_dot_txt="a.tsv").missing


def test_named_files_are_asked_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x")
    assert find_delivery(tmp_path, [], ["a.tsv"], Delivery(expected=5)).is_complete
