"""A few of the broken files of `python -m tests.core.qc.mutated_files`, and whether it sees a QC that errs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.core.qc.mutated_files import Answer, Case, disagreement, judge, make_case, run
from tests.core.qc.strict_reader import Form

CASES = 60


def test_qc_passes_nothing_that_would_not_arrive(tmp_path: Path) -> None:
    kinds, faults = run(2013, range(CASES), tmp_path)

    assert faults == []
    assert kinds["error"] == 0
    assert kinds["with records left out"] > CASES // 10
    assert min(kinds["passed"], kinds["refused"]) > CASES // 10


def test_a_case_is_made_again_by_its_numbers() -> None:
    assert make_case(1, 17) == make_case(1, 17) != make_case(1, 18)


def test_a_wrong_answer_is_told(tmp_path: Path) -> None:
    text = b"2013-01-01\ta\n2013-01-01\tb\n"
    sound = Case("f.tsv", text, text, Form(("day", "name")))
    broken = replace(sound, content=text + b"x\n", text=text + b"x\n")
    right = judge(sound, tmp_path)

    assert disagreement(sound, right) == ""
    assert disagreement(broken, right) == "QC passes what would not arrive"
    assert disagreement(sound, judge(broken, tmp_path)).startswith("good, bad, empty: QC (2, 1, 0)")
    assert disagreement(sound, Answer(None, False, "Error: x")) == "QC fails: Error: x"
