"""Broken little files beside what QC must say about them.

Each case is `golden/<name>.tsv` with `golden/<name>.json`: `month`, `feed` (columns and sections that differ from
the tests' feed) and `file` (where its name ends otherwise) are written by hand, the others are regenerated, to be
read before they are committed, by

    python -m tests.core.qc.golden_cases
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.days import day_lines
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide
from tests.core.fakes import NOON, feed, source_file

FOLDER = Path(__file__).parent / "golden"
# A fingerprint holds the modification time, which a checkout sets.
VOLATILE = ("seconds", "fingerprint")
# What most feeds and files do not have is left out where it is empty.
OPTIONAL = ("profile", "text_bytes", "other_delimiter")


def names() -> list[str]:
    """Give the names of all cases."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def expected(name: str) -> dict[str, Any]:
    """Read what is expected of a case."""
    case: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return case


def file_of(name: str, case: dict[str, Any]) -> str:
    """Give the name of a case's file."""
    return str(case.get("file", f"{name}.tsv"))


def found(name: str, case: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """Check a case's file and give what QC says, without the seconds it took."""
    month = Month.parse(case.get("month", "2013-02"), NOON.date())
    qc = {"profile": "off", **case["feed"].get("qc", {"expected_days": "any"})}
    config = feed(**{**case["feed"], "qc": qc})
    report = scan_file(source_file(FOLDER / file_of(name, case)), config, month, Places(scratch))
    verdict = decide([report], config, month, "file")
    return {
        "month": str(month),
        **({"file": case["file"]} if "file" in case else {}),
        "feed": case["feed"],
        "report": {
            key: value
            for key, value in report.to_json().items()
            if key not in VOLATILE and (value or key not in OPTIONAL)
        },
        "findings": [f"{finding.severity} {finding.code}: {finding.message}" for finding in verdict.findings],
        "days": day_lines(verdict.days),
    }


def write_expected() -> None:
    """Write anew what QC says about each case now."""
    with TemporaryDirectory() as scratch:
        for name in names():
            case = found(name, expected(name), Path(scratch))
            text = json.dumps(case, indent=2, ensure_ascii=False) + "\n"
            (FOLDER / f"{name}.json").write_text(text)


if __name__ == "__main__":
    write_expected()
