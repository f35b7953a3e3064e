"""The workbook, read back from its XML."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from sfetl_provider.core.qc.column_profile import ColumnProfile, TopValue
from sfetl_provider.core.qc.report import BadLine, RuleCount
from sfetl_provider.core.report.qc_workbook import write_workbook
from sfetl_provider.core.report.workbook import CELL_CHARACTERS
from tests.core.report.check_samples import sample_check, sample_report

_NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
FORMULA = "=cmd|' /C calc'!A1"


def read_sheets(path: Path) -> dict[str, list[list[str | float]]]:
    """Give each sheet's rows; numbers and dates as floats. Fails on a formula."""
    with ZipFile(path) as archive:
        texts = _parsed(archive, "xl/sharedStrings.xml")
        shared = ["".join(item.itertext()) for item in texts.iterfind("m:si", _NAMES)]
        book = _parsed(archive, "xl/workbook.xml")
        names = [sheet.attrib["name"] for sheet in book.iterfind("m:sheets/m:sheet", _NAMES)]
        return {
            name: _rows(_parsed(archive, f"xl/worksheets/sheet{at}.xml"), shared)
            for at, name in enumerate(names, start=1)
        }


def _parsed(archive: ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(name))  # noqa: S314  written by the code under test


def _rows(sheet: ElementTree.Element, shared: list[str]) -> list[list[str | float]]:
    assert sheet.find(".//m:f", _NAMES) is None
    assert sheet.find(".//m:pane[@state='frozen']", _NAMES) is not None
    return [
        [_value(cell, shared) for cell in row.iterfind("m:c", _NAMES)]
        for row in sheet.iterfind("m:sheetData/m:row", _NAMES)
    ]


def _value(cell: ElementTree.Element, shared: list[str]) -> str | float:
    value = cell.findtext("m:v", None, _NAMES)
    if value is None:
        return ""
    return shared[int(value)] if cell.get("t") == "s" else float(value)


def test_every_fact_has_its_sheet_and_kind(tmp_path: Path) -> None:
    write_workbook(tmp_path / "qc.xlsx", sample_check())
    sheets = read_sheets(tmp_path / "qc.xlsx")

    assert list(sheets) == ["Verdict", "Findings", "Days", "Files", "Bad lines"]
    assert ["verdict", "REJECTED"] in sheets["Verdict"]
    assert ["good records", 2_469_128] in sheets["Verdict"]
    assert ["quality, of 100", 64] in sheets["Verdict"]
    assert [row[0] for row in sheets["Findings"]] == ["severity", "CRITICAL", "WARNING", "INFO"]
    assert sheets["Findings"][1][2] == 'sales_a.tsv: 3 bad records, as "<script>"\nand one more line'
    # Excel counts days from the end of 1899.
    assert sheets["Days"][1] == [45323, "Thu", 2_000, "NORMAL"]
    assert len(sheets["Days"]) == 30
    assert sheets["Files"][1][:3] == ["sales_a.tsv", 12_345_678, 1_234_570]
    assert sheets["Bad lines"][1:] == [
        ["sales_a.tsv", 7, "", 99, "columns: 1 instead of 3", "<script>\\x1b[31m</script>"],
        ["sales_a.tsv", 1_000, 2, 12_000, "is not UTF-8 text", "a\\tb\\xff"],
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["qc.xlsx"]


def test_text_is_never_a_formula_a_link_or_too_long(tmp_path: Path) -> None:
    texts = (FORMULA, "+1", "-1", "@SUM(A1)", "https://example.org", "{=1}", "x" * 40_000, "\x00\x1b")
    bad = tuple(BadLine(line=1, byte_offset=0, reason=text, sample=text) for text in texts)
    check = sample_check(("CRITICAL", "=1", FORMULA)).model_copy(
        update={"reports": (sample_report(file="=a.tsv", bad_lines=bad),)}
    )
    write_workbook(tmp_path / "qc.xlsx", check)

    rows = read_sheets(tmp_path / "qc.xlsx")["Bad lines"][1:]
    assert [row[5] for row in rows] == [*texts[:6], "x" * CELL_CHARACTERS, "\\x00\\x1b"]
    with ZipFile(tmp_path / "qc.xlsx") as archive:
        assert not any("externalLink" in name or "_rels/sheet5" in name for name in archive.namelist())


def test_rules_have_a_row_per_sample(tmp_path: Path) -> None:
    quoted = BadLine(line=5, byte_offset=80, reason="", sample="2024-02-01\tshop\t-1")
    rules = (
        RuleCount(name="positive", violations=3, unreadable=1, parts=(), samples=(quoted, quoted)),
        RuleCount(name="few", violations=0, unreadable=0, parts=((Decimal(1),),), samples=()),
    )
    check = sample_check().model_copy(update={"reports": (sample_report(rules=rules, bad_lines=()),)})
    write_workbook(tmp_path / "qc.xlsx", check)

    sheets = read_sheets(tmp_path / "qc.xlsx")
    assert "Bad lines" not in sheets
    assert sheets["Rules"][1:] == [
        ["sales_a.tsv", "positive", 3, 1, 5, "2024-02-01\\tshop\\t-1"],
        ["sales_a.tsv", "positive", 3, 1, 5, "2024-02-01\\tshop\\t-1"],
        ["sales_a.tsv", "few", 0, 0, "", ""],
    ]


def test_columns_have_their_profile(tmp_path: Path) -> None:
    amount = ColumnProfile(
        name="amount",
        kind="number",
        values=3,
        nulls=1,
        least=0,
        greatest=7.5,
        shortest=1,
        longest=3,
        characters=6,
        distinct=2,
        is_distinct_exact=True,
        sampled=3,
        top=(TopValue(value=FORMULA, share=2 / 3),),
    )
    check = sample_check()
    verdict = check.verdict.model_copy(update={"profile": (amount,)})
    write_workbook(tmp_path / "qc.xlsx", check.model_copy(update={"verdict": verdict}))

    row = read_sheets(tmp_path / "qc.xlsx")["Columns"][1]
    assert row == ["amount", "number", 3, 1, 25, 0, 7.5, 1, 3, 2, 2, "", "exact", f"{FORMULA} (66.67 %)"]
