"""Guessing delimiter and quote character from sampled text.

Each candidate cuts the sample into fields; the one that gives every record the same number of them is it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sfetl_provider.core.inspection.report import Dialect, Sureness

# In the order of preference where several fit: a colon stands in every time of day, a blank in every text.
STRONG = ("\t", "|", ";", ",", "\x01", "\x1f", "^", "~")
WEAK = (":", " ")
QUOTES = ('"', "'")
SAMPLE_RECORDS = 500
FITS, SURE = 0.9, 0.99
FEW_RECORDS = 3

Rows = list[list[str]]


@dataclass(frozen=True)
class _Trial:
    """How a delimiter and a quote character cut the sample."""

    delimiter: str
    quote: str
    columns: int
    records: int
    share: float


def guess_dialect(text: str) -> Dialect:
    """Guess from whole lines of text; a file in which no delimiter fits has one column."""
    trials = [trial for delimiter in (*STRONG, *WEAK) if (trial := _trial(text, delimiter))]
    fitting = [trial for trial in trials if trial.share >= FITS]
    doubtful = [trial for trial in trials if trial.share > 1 - FITS and trial.delimiter in STRONG]
    if not fitting and not doubtful:
        return _one_column(text)
    best = fitting[0] if fitting else max(doubtful, key=lambda trial: trial.share)
    rivals = [trial for trial in fitting if trial is not best and trial.delimiter in STRONG]
    return Dialect(
        delimiter=best.delimiter,
        quote=best.quote,
        columns=best.columns,
        sampled_records=best.records,
        share=round(best.share, 4),
        sureness=_sureness(best, bool(rivals)),
    )


def rows_of(text: str, dialect: Dialect, limit: int) -> Rows:
    """Cut text into at most `limit` records of fields; empty lines are left out."""
    return _rows(text, dialect.delimiter, dialect.quote, limit)


def _sureness(trial: _Trial, has_rivals: bool) -> Sureness:
    if trial.share >= SURE and not has_rivals and trial.records >= FEW_RECORDS and trial.delimiter in STRONG:
        return "sure"
    return "likely" if trial.share >= FITS else "unsure"


def _one_column(text: str) -> Dialect:
    rows = _rows(text, "", "", SAMPLE_RECORDS)
    return Dialect(delimiter="", quote="", columns=1, sampled_records=len(rows), share=1.0, sureness="likely")


def _trial(text: str, delimiter: str) -> _Trial | None:
    if delimiter not in text:
        return None
    trials = [_cut(text, delimiter, quote) for quote in _quotes_seen(text, delimiter)]
    plain = _cut(text, delimiter, "")
    best = max([*trials, plain], key=lambda trial: (trial.share, trial.quote != ""))
    return best if best.columns > 1 else None


def _cut(text: str, delimiter: str, quote: str) -> _Trial:
    rows = _rows(text, delimiter, quote, SAMPLE_RECORDS)
    ((columns, count),) = Counter(map(len, rows)).most_common(1) or [(1, 0)]
    return _Trial(delimiter, quote, columns, len(rows), count / len(rows) if rows else 0.0)


def _quotes_seen(text: str, delimiter: str) -> list[str]:
    """Give the quote characters that stand around a whole field somewhere."""
    edge = re.escape(delimiter)
    return [
        quote
        for quote in QUOTES
        if quote in text
        and re.search(rf"(?:^|{edge}){quote}(?:[^{quote}]|{quote}{quote})*{quote}(?:{edge}|\r?$)", text, re.M)
    ]


def _rows(text: str, delimiter: str, quote: str, limit: int) -> Rows:
    return [row for row, _ in zip(_records(text, delimiter, quote), range(limit), strict=False)]


def _records(text: str, delimiter: str, quote: str) -> Iterator[list[str]]:
    if not quote:
        for line in text.split("\n"):
            if content := line.removesuffix("\r"):
                yield content.split(delimiter) if delimiter else [content]
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    try:
        yield from filter(None, reader)
    except csv.Error:
        # A field beyond csv's limit: what was cut before it is sample enough.
        return
