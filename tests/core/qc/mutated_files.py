"""Files broken by chance, judged by QC and by a reader of its own: QC must never pass what would not arrive.

With a reject limit, what is staged and what the clean file holds must be what that reader finds good.

    python -m tests.core.qc.mutated_files --seed 1 --cases 20000

Texts are excerpts of the demo's flights and weather, and made ones with quotes. A case is its seed and number, so
one that fails is made again by `--only NUMBER`.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import random
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import zstandard

from local.input.demo_data import flights_file, weather_file, write_demo_data
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SfetlError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.scan import Places, scan_file
from sfetl_provider.core.qc.verdict import decide
from tests.core.fakes import feed, source_file
from tests.core.qc.left_out_files import REFUSED_WHOLE, check_with_limit
from tests.core.qc.strict_reader import MARK, Form, Reading, read_strictly

MONTH = Month(2013, 1)
INTERESTING = [
    *(b"\0", b"\r", b"\n", b"\r\n", b"\t", b'"', b"'", b",", b"|", b";", b" ", b"\\", b"\x1a"),
    *(
        b"\x80",
        b"\xff",
        b"\xc3",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        "é€😀".encode(),
        MARK,
        b'""',
    ),
]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda text: gzip.compress(text, 1),
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Case:
    """A file as it is delivered, with its text (None: it cannot be unpacked) and how that should be written."""

    name: str
    content: bytes
    text: bytes | None
    form: Form


@dataclass(frozen=True)
class Answer:
    """What QC said: a report and whether it passes, or its error."""

    report: QcReport | None
    is_passed: bool
    error: str = ""


@cache
def real_files() -> tuple[tuple[str, tuple[str, ...], list[str]], ...]:
    """Give names of columns and lines of January's flights and weather."""
    with TemporaryDirectory() as folder:
        write_demo_data(Path(folder))
        flights = (Path(folder) / "flights" / flights_file("2013-01")).read_text().splitlines()
        weather = (Path(folder) / "weather" / weather_file("2013-01")).read_text().splitlines()
    columns = weather[0].split("\t")
    numbered = [f"column_{number}" for number in range(2, len(flights[0].split("\t")) + 1)]
    return (
        ("flights", ("flight_date", *numbered), flights),
        ("weather", tuple(columns), weather[1:]),
    )


def make_case(seed: int, number: int) -> Case:
    """Make a case; the same numbers make the same one."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated
    columns, rows = _rows(chance)
    form = Form(
        columns,
        delimiter=chance.choice([b"\t", b"\t", b",", b"|", b";"]),
        quote=chance.choice([None, None, b'"', b'"', b"'"]),
        has_header=chance.random() < 0.3,
    )
    text = _written(chance, form, rows)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3, 5])):
        text = _mutated(chance, text)
    if chance.random() < 0.8:
        return Case("f.tsv", text, text, form)
    return _packed(chance, text, form)


def _rows(chance: random.Random) -> tuple[tuple[str, ...], list[list[str]]]:
    if chance.random() < 0.5:
        _, columns, lines = chance.choice(real_files())
        first = chance.randrange(len(lines) - 30)
        return columns, [line.split("\t") for line in lines[first : first + chance.randint(1, 30)]]
    columns = ("day", *(f"c{number}" for number in range(1, chance.randint(1, 5))))
    return columns, [
        [_day(chance), *(_value(chance) for _ in columns[1:])] for _ in range(chance.randint(1, 20))
    ]


def _day(chance: random.Random) -> str:
    return f"2013-01-{chance.randint(1, 31):02}"


def _value(chance: random.Random) -> str:
    pieces = [
        "",
        "a",
        "17",
        "é",
        '"',
        "'",
        "\t",
        ",",
        "|",
        ";",
        "\n",
        "\r\n",
        "\r",
        " ",
        "x" * 40,
        "\\",
        "NULL",
    ]
    return "".join(chance.choice(pieces) for _ in range(chance.randint(0, 4)))


def _written(chance: random.Random, form: Form, rows: list[list[str]]) -> bytes:
    end = chance.choice([b"\n", b"\n", b"\r\n"])
    records = [list(form.columns), *rows] if form.has_header else rows
    text = b"".join(
        form.delimiter.join(_field(chance, value, form) for value in row) + end for row in records
    )
    return MARK + text if chance.random() < 0.1 else text


def _field(chance: random.Random, value: str, form: Form) -> bytes:
    content = value.encode()
    special = (form.delimiter, b"\n", b"\r", form.quote or b"\n")
    if form.quote is None:
        for mark in special:
            content = content.replace(mark, b"_")
        return content
    if any(mark in content for mark in special) or chance.random() < 0.1:
        return form.quote + content.replace(form.quote, form.quote * 2) + form.quote
    return content


def _mutated(chance: random.Random, text: bytes) -> bytes:
    at = chance.randrange(len(text) + 1)
    span = min(len(text) - at, chance.choice([1, 1, 2, 5, 40]))
    piece = text[at : at + span]
    changed: list[Callable[[], bytes]] = [
        lambda: text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1 :] if piece else text,
        lambda: text[:at] + chance.choice(INTERESTING) + text[at:],
        lambda: text[:at] + chance.choice(INTERESTING) + text[at + 1 :],
        lambda: text[:at] + text[at + span :],
        lambda: text[:at] + piece + text[at:],
        lambda: text[:at],
        lambda: text[at:],
        lambda: text.rstrip(b"\r\n") + chance.choice([b"", b"\r", b"\n\r", b"\r\n\r", b"\n\n", b"\r\r\n"]),
        lambda: text.replace(b"\n", b"\r\n", chance.choice([1, 2, -1])),
        lambda: text.replace(b"\r\n", chance.choice([b"\n", b"\r"]), chance.choice([1, -1])),
        lambda: text + chance.choice([text, MARK + text, text.split(b"\n")[0]]),
        lambda: text.replace(
            *chance.sample([b"\t", b",", b"|", b";", b'"', b"'"], 2), chance.choice([1, -1])
        ),
        lambda: text.decode("utf-8", "replace").encode(
            chance.choice(["latin-1", "utf-16", "utf-16-le"]), "replace"
        ),
    ]
    return chance.choice(changed)()


def _packed(chance: random.Random, text: bytes, form: Form) -> Case:
    suffix = chance.choice(list(PACKERS))
    content = PACKERS[suffix](text)
    if chance.random() < 0.1:
        content += PACKERS[suffix](text)
    if chance.random() < 0.5:
        content = _mutated(chance, content)
    return Case(f"f.tsv{suffix}", content, _unpacked(suffix, content), form)


def _unpacked(suffix: str, content: bytes) -> bytes | None:
    if not content:
        return b""
    try:
        if suffix == ".gz":
            return gzip.decompress(content)
        if suffix == ".bz2":
            return _all_of(content, bz2.BZ2Decompressor)
        return _all_of(content, lambda: zstandard.ZstdDecompressor().decompressobj())
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        return None


def _all_of(content: bytes, make: Callable[[], Any]) -> bytes:
    text = b""
    while content:
        one = make()
        text += one.decompress(content)
        if not one.eof:
            raise EOFError
        content = one.unused_data
    return text


def config_of(case: Case) -> FeedConfig:
    """Give the feed of a case's file."""
    return feed(
        columns=case.form.columns,
        date={"column": case.form.columns[0]},
        format={
            "delimiter": case.form.delimiter.decode(),
            "quote": case.form.quote.decode() if case.form.quote else None,
            "header": case.form.has_header,
        },
        qc={"expected_days": "any"},
    )


def judge(case: Case, folder: Path) -> Answer:
    """Let QC check a case's file."""
    config = config_of(case)
    try:
        report = scan_file(
            source_file(folder / case.name, case.content), config, MONTH, Places(folder / "scratch")
        )
    except SfetlError as error:
        return Answer(None, False, f"{type(error).__name__}: {error}")
    return Answer(report, decide([report], config, MONTH, "file").is_passed)


def disagreement(case: Case, answer: Answer) -> str:
    """Say where QC and the strict reader disagree; nothing when they do not."""
    reading = None if case.text is None else read_strictly(case.text, case.form)
    report = answer.report
    if answer.is_passed and (reading is None or not reading.is_sound):
        return "QC passes what would not arrive"
    if report is None:
        return f"QC fails: {answer.error}"
    if reading is None or _is_refused_whole(report):
        return ""
    found = (report.good_records, report.bad_records, report.empty_records)
    if found != (len(reading.rows), reading.bad, reading.empty):
        return f"good, bad, empty: QC {found}, strictly {(len(reading.rows), reading.bad, reading.empty)}"
    if bool(report.header_faults) == reading.is_header_sound:
        return f"header: QC {report.header_faults}, strictly {'sound' if reading.is_header_sound else 'none'}"
    return _dates_disagreement(report, reading)


def _is_refused_whole(report: QcReport) -> bool:
    return any(bad.reason.startswith(REFUSED_WHOLE) for bad in report.bad_lines)


def _dates_disagreement(report: QcReport, reading: Reading) -> str:
    """Compare the days of sound files whose dates need no interpretation."""
    days = Counter(row[0] for row in reading.rows)
    if not reading.is_sound or not all(_DATE.fullmatch(day) and day.startswith("2013-01-") for day in days):
        return ""
    found = {str(day): rows for day, rows in report.dates.inside.items()}
    wanted = {day: rows for day, rows in days.items() if 1 <= int(day[-2:]) <= 31}
    return "" if found == wanted else f"days: QC {found}, strictly {wanted}"


def smallest(case: Case, folder: Path) -> Case:
    """Cut pieces out of a case that disagrees for as long as it still does, so that it can be read."""
    if case.text is None or case.name != "f.tsv":
        return case
    size = len(case.content) // 2
    while size:
        at = 0
        while at < len(case.content):
            text = case.content[:at] + case.content[at + size :]
            smaller = replace(case, content=text, text=text)
            if disagreement(smaller, judge(smaller, folder)) or _limited_fault(smaller, folder):
                case = smaller
            else:
                at += size
        size //= 2
    return case


def _limited_fault(case: Case, folder: Path) -> str:
    source = source_file(folder / case.name, case.content)
    return check_with_limit(case, source, config_of(case), MONTH).fault


def run(seed: int, numbers: range, folder: Path) -> tuple[Counter[str], list[str]]:
    """Judge cases; gives how many there were of each kind, and a text for each that disagrees."""
    kinds: Counter[str] = Counter()
    faults = []
    for number in numbers:
        case = make_case(seed, number)
        answer = judge(case, folder)
        kinds["passed" if answer.is_passed else "refused" if answer.report else "error"] += 1
        limited = check_with_limit(case, source_file(folder / case.name), config_of(case), MONTH)
        kinds["with records left out"] += limited.rejected > 0
        if fault := disagreement(case, answer) or limited.fault:
            kinds["disagreeing"] += 1
            less = smallest(case, folder)
            faults.append(f"case {number}: {fault}\n  {less.form}\n  {less.name}: {less.content!r}")
    return kinds, faults


def main() -> int:
    """Run from the command line; 1 when QC and the strict reader disagree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--only", type=int, help="the number of one case")
    arguments = parser.parse_args()
    numbers = range(arguments.cases) if arguments.only is None else range(arguments.only, arguments.only + 1)
    with TemporaryDirectory() as folder:
        kinds, faults = run(arguments.seed, numbers, Path(folder))
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(f"{len(numbers)} cases of seed {arguments.seed}: {dict(kinds)}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
