from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.qc.golden_cases import FOLDER, expected, file_of, found, names


@pytest.mark.parametrize("name", names())
def test_qc_says_what_is_written_beside_the_file(name: str, tmp_path: Path) -> None:
    case = expected(name)

    assert found(name, case, tmp_path) == case
    assert list(tmp_path.iterdir()) == []


def test_each_file_has_its_expectation() -> None:
    files = [path.name for path in FOLDER.glob("[!.]*") if path.suffix != ".json"]

    assert sorted(file_of(name, expected(name)) for name in names()) == sorted(files)
