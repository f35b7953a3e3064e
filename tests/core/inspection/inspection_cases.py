"""Small files of many makes beside what an inspection tells about them.

The files are made here, the texts are golden/<name>.txt, written anew, to be read before they are committed, by

    python -m tests.core.inspection.inspection_cases
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import chdir
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import zstandard

from sfetl_provider.core.inspection.look import inspect_file
from sfetl_provider.core.inspection.text import render_inspection

FOLDER = Path(__file__).parent / "golden"

_DAYS = [f"2024-02-{day:02}" for day in range(1, 30)]
_TSV = "".join(f"{at}\t{day}\t{at * 3.25}\tshop {at % 3}\t\n" for at, day in enumerate(_DAYS, 98))
_GERMAN = "Kunde;Datum;Betrag;Ort;Aktiv\r\n" + "".join(
    f"{at:05};{at:02}.02.2024;{at * 37},{at:02};Köln {at % 4};{'true' if at % 2 else 'false'}\r\n"
    for at in range(1, 30)
)
_QUOTED = "id,day,at,note\n" + "".join(
    f'{at},{day.replace("-", "")},{day} 1{at % 10}:00:00,"a ""quoted"", text\nof {at}"\n'
    for at, day in enumerate(_DAYS)
)


def _archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("folder/"), "")
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), _QUOTED)
    return content.getvalue()


FILES: dict[str, bytes] = {
    "tabs.tsv": _TSV.encode(),
    "german.csv": _GERMAN.encode("latin-1"),
    "euro.csv": _GERMAN.replace("Köln", "€uro").encode("cp1252"),
    "mark.csv": _GERMAN.encode("utf-8-sig"),
    "utf16.csv": _GERMAN.encode("utf-16"),
    "utf16_be.csv": _GERMAN.encode("utf-16-be"),
    "utf32.csv": b"\xff\xfe\0\0" + _GERMAN.encode("utf-32-le"),
    "quoted.csv": _QUOTED.encode(),
    "quoted.csv.gz": gzip.compress(_QUOTED.encode(), mtime=0),
    "quoted.csv.bz2": bz2.compress(_QUOTED.encode()),
    "quoted.csv.xz": lzma.compress(_QUOTED.encode()),
    "quoted.csv.zst": zstandard.ZstdCompressor().compress(_QUOTED.encode()) * 2,
    "one.zip": _archive("quoted.csv"),
    "two.zip": _archive("quoted.csv", "other.csv"),
    "folder.zip": _archive(),
    "book.xlsx": _archive("[Content_Types].xml"),
    "pipes.txt": b"name|born\nAda|10/12/1815\nBob|01/02/2003\n",
    "mixed.tsv": _TSV.replace("\n", "\r\n", 5).encode() + b"12\t2024-02-30\tx\0\tshop\t\n",
    "returns.csv": b"a,b\r1,2\r3,4\r",
    "ragged.txt": b"a,b,c\n1,2\n1\n\n1,2,3,4\n",
    "words.txt": b"a word\nno table\nat all, this\n",
    "no_newline.txt": b"12345",
    "empty_lines.txt": b"\n\n\n",
    "empty.txt": b"",
    "empty.gz": gzip.compress(b"", mtime=0),
    "binary": bytes(range(256)) * 40,
    "binary.gz": gzip.compress(bytes(range(256)) * 40, mtime=0),
    "table.parquet": b"PAR1" + bytes(100),
}


def ticking() -> Iterator[float]:
    """Give moments that are always the same."""
    return (tick / 1000 for tick in count())


def shown(name: str) -> str:
    """Inspect a file that lies in the current folder."""
    ticks = ticking()
    return render_inspection(inspect_file(Path(name), lambda: next(ticks))) + "\n"


def write_expected() -> None:
    """Write the golden texts anew."""
    for path in FOLDER.glob("*.txt"):
        path.unlink()
    with TemporaryDirectory() as folder, chdir(folder):
        for name, content in FILES.items():
            Path(name).write_bytes(content)
            (FOLDER / f"{name}.txt").write_text(shown(name), encoding="utf-8")


if __name__ == "__main__":
    write_expected()
