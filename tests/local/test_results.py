"""Rows of measurements go below the table that they belong to."""

from pathlib import Path

from benchmarks.results import append_rows

TABLE = "| MB/s |\n|---|\n"
OTHER = "\n## Other\n\n| s |\n|---|\n"


def test_rows_stay_with_their_table_whatever_comes_after_it(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text(f"# Results\n\n{TABLE}\n## Next\n\nText.\n", encoding="utf-8")
    for rows in (["| 1 |"], ["| 2 |", "| 3 |"]):
        append_rows(TABLE, rows, results)
    append_rows(OTHER, ["| 4 |"], results)
    assert results.read_text(encoding="utf-8") == (
        f"# Results\n\n{TABLE}| 1 |\n| 2 |\n| 3 |\n\n## Next\n\nText.\n{OTHER}| 4 |\n"
    )
