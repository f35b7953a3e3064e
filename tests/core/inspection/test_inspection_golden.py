from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.inspection.inspection_cases import FILES, FOLDER, shown


@pytest.mark.parametrize("name", FILES)
def test_an_inspection_tells_what_is_written_beside(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(FILES[name])

    assert shown(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_no_golden_text_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.txt" for name in FILES}
