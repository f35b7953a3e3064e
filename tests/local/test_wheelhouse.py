"""A wheelhouse that is not what was made is refused before anything is installed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from local.stack.folders import PROJECT

LOCK = "requirements-cli.txt"  # any of the project's


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Path:
    """What make-wheelhouse.sh writes, but for the wheels."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    contents = {"requirements.txt": (PROJECT / LOCK).read_bytes(), "a-1-py3-none-any.whl": b"a wheel"}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items())
    (folder / "SHA256SUMS").write_text("".join(sums))
    return folder


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a-1-py3-none-any.whl", b"another wheel", "is damaged or was altered"),
        ("a-1-py3-none-any.whl", None, "is damaged or was altered"),
        ("SHA256SUMS", None, "is no wheelhouse"),
        ("SHA256SUMS", b"no sums\n", "is damaged or was altered"),
    ],
)
def test_what_is_not_whole_is_refused(wheelhouse: Path, name: str, content: bytes | None, told: str) -> None:
    if content is None:
        (wheelhouse / name).unlink()
    else:
        (wheelhouse / name).write_bytes(content)

    assert told in refusal(wheelhouse, LOCK)


def test_one_for_another_lock_is_refused(wheelhouse: Path) -> None:
    assert "was made for another requirements-dev.txt" in refusal(wheelhouse, "requirements-dev.txt")


def refusal(wheelhouse: Path, lock: str) -> str:
    """Install from it, which fails and leaves nothing; give what was said."""
    environment = wheelhouse.parent / "venv"
    done = subprocess.run(
        [PROJECT / "local" / "setup" / "make-environment.sh", environment, lock, "alone"],
        cwd=PROJECT,
        env={**os.environ, "OFFLINE": str(wheelhouse), "UV_VERSION": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert not environment.exists()
    return done.stderr
