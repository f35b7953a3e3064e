"""Guessing what a column holds from sampled values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sfetl_provider.core.inspection.moment_format import MomentFormat, formats_of
from sfetl_provider.core.inspection.report import ColumnGuess, ColumnKind

NULLS = frozenset(("", "\\N", "NULL", "null", "NA", "N/A", "NaN", "nan", "None"))
# What stands for no value in a column of texts too; NA may be one there.
_TEXT_NULLS = frozenset(("", "\\N"))
_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d*)")
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?")
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:[.]\d{3})+|\d+),\d+")
_TRUTHS = (frozenset(("true", "false")), frozenset(("yes", "no")), frozenset("yn"), frozenset("tf"))
_SINGLE_TRUTHS = frozenset(("true", "false"))
LEAST_SHARE = 0.95
FIRST_TEXTS = 30
_EPOCHS = {10: ("seconds", 10**9), 13: ("milliseconds", 10**12)}


@dataclass(frozen=True)
class _Match:
    """A kind that most values are of: those that are not, and what else is known."""

    kind: ColumnKind
    fits: Callable[[str], bool]
    formats: tuple[MomentFormat, ...] = ()


def guess_column(name: str, values: Sequence[str]) -> ColumnGuess:
    """Guess a column's kind; up to one value in twenty may be something else, and is then told."""
    counts = Counter(values)
    nulls = {text: count for text, count in counts.items() if text in NULLS}
    present = {text: count for text, count in counts.items() if text not in NULLS}
    if not present:
        return ColumnGuess(name=name, kind="empty", values=len(values), nulls=sum(nulls.values()))
    match = _match(present)
    if match is None:
        return _text(name, counts)
    misfits = {text: count for text, count in present.items() if not match.fits(text)}
    fitting = [text for text in present if text not in misfits]
    guess = ColumnGuess(
        name=name,
        kind=match.kind,
        values=len(values),
        nulls=sum(nulls.values()),
        misfits=sum(misfits.values()),
        misfit=next(iter(misfits), ""),
        longest=max(map(len, present)),
    )
    return guess.model_copy(update=_details(match, fitting))


def _match(present: dict[str, int]) -> _Match | None:
    total = sum(present.values())
    for match in _candidates(present):
        if sum(count for text, count in present.items() if match.fits(text)) >= LEAST_SHARE * total:
            return match
    return None


def _candidates(present: dict[str, int]) -> Iterable[_Match]:
    if truth := _truth(present):
        yield _Match("boolean", lambda text: text.lower() in truth)
    usual = [text for text, _ in Counter(present).most_common(FIRST_TEXTS)]
    # A single wrong value must not hide the format, so it is looked for in what the usual values share.
    formats = formats_of(usual) or formats_of(usual[: FIRST_TEXTS // 3]) or formats_of(usual[:1])
    fitting = tuple(form for form in formats if all(form.read(text) for text in present))
    for chosen in (fitting, tuple(formats)):
        if chosen:
            yield _Match(chosen[0].kind, chosen[0].fits, chosen)
    yield _Match("integer", lambda text: _INTEGER.fullmatch(text) is not None)
    if not _have_leading_zeros(present):
        yield _Match("number", lambda text: _NUMBER.fullmatch(text) is not None)


def _truth(present: dict[str, int]) -> frozenset[str] | None:
    seen = {text.lower() for text in present}
    return next((pair for pair in _TRUTHS if seen == pair or seen <= pair & _SINGLE_TRUTHS), None)


def _have_leading_zeros(present: Iterable[str]) -> bool:
    return any(len(text) > 1 and text[0] == "0" and _DIGITS.fullmatch(text) for text in present)


def _text(name: str, counts: Counter[str]) -> ColumnGuess:
    present = [text for text in counts if text not in _TEXT_NULLS]
    remark = ""
    if all(_DIGITS.fullmatch(text) for text in present):
        remark = "digits with leading zeros"
    elif all(_DECIMAL_COMMA.fullmatch(text) or _INTEGER.fullmatch(text) for text in present):
        remark = "numbers with a decimal comma"
    return ColumnGuess(
        name=name,
        kind="text",
        values=counts.total(),
        nulls=sum(counts[text] for text in _TEXT_NULLS),
        longest=max(map(len, present)),
        remark=remark,
    )


def _details(match: _Match, fitting: Sequence[str]) -> dict[str, object]:
    match match.kind:
        case "date" | "timestamp" | "time":
            return _moments(match, fitting)
        case "integer" | "number":
            return _numbers(match.kind, fitting)
    return {}


def _moments(match: _Match, fitting: Sequence[str]) -> dict[str, object]:
    first, *others = match.formats
    read = sorted(moment for text in fitting if (moment := first.read(text)))
    shown = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%d %H:%M:%S", "time": "%H:%M:%S"}[first.kind]
    return {
        "format": first.text,
        "other_formats": tuple(other.text for other in others if other.kind == first.kind),
        "low": f"{read[0]:{shown}}",
        "high": f"{read[-1]:{shown}}",
    }


def _numbers(kind: ColumnKind, fitting: Sequence[str]) -> dict[str, object]:
    numbers = sorted(((Decimal(text), text) for text in fitting), key=lambda pair: pair[0])
    plain = [format(number, "f").lstrip("+-").partition(".") for number, _ in numbers]
    return {
        "low": numbers[0][1],
        "high": numbers[-1][1],
        "whole_digits": max(len(whole.lstrip("0")) for whole, _, _ in plain),
        "decimals": max(len(rest) for _, _, rest in plain),
        "remark": _epoch(numbers[0][1], numbers[-1][1]) if kind == "integer" else "",
    }


def _epoch(low: str, high: str) -> str:
    unit, least = _EPOCHS.get(len(high), ("", 0))
    is_epoch = unit and len(low) == len(high) and int(low) >= least
    return f"perhaps {unit} since 1970" if is_epoch else ""
