from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from sfetl_provider.cli.command import Command
from sfetl_provider.cli.folders import Folders, folders_from_environment
from sfetl_provider.core.errors import MonthError

FOLDERS = Folders(Path(), Path(), Path())


def interrupted(arguments: Namespace, folders: Folders) -> int:
    # As Ctrl-C does; a signal itself is ignored where a shell runs the tests in the background.
    raise KeyboardInterrupt


def impossible(arguments: Namespace, folders: Folders) -> int:
    raise MonthError("No month.", next_step="Name one.")


def full(arguments: Namespace, folders: Folders) -> int:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("function", "code", "complaint"),
    [
        ("interrupted", 130, "Interrupted.\n"),
        ("impossible", 2, "No month. Name one.\n"),
        ("full", 2, "Output: No space left on device.\n"),
    ],
)
def test_a_command_that_fails_says_why_in_a_line(
    function: str, code: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = Command("name", "summary", (), f"{__name__}:{function}")

    assert command.run(Namespace(), FOLDERS) == code
    assert capsys.readouterr().err == complaint


def test_folders_have_defaults_for_a_projects_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIGS_DIR", "BASE_PATH", "SCRATCH_DIR"):
        monkeypatch.delenv(f"AIRFLOW__SFETL__{name}", raising=False)
    monkeypatch.setenv("AIRFLOW__SFETL__BASE_PATH", "/data")

    folders = folders_from_environment()

    assert (folders.configs_dir, folders.base_path) == (Path("include/configs"), Path("/data"))
    assert folders.scratch_dir.name == "sfetl"
