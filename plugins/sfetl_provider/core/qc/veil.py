"""What QC may tell of a feed with masked columns: counts and places, no text of records and no masked value.

Reports travel: to Airflow's database, into reports and Data Docs, and profiles to Snowflake.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.qc.key_report import KeySample
from sfetl_provider.core.qc.report import BadLine, ExpectationCount, QcReport, RuleCount, TargetCount
from sfetl_provider.core.qc.structure import Sink

Counted = TypeVar("Counted", RuleCount, TargetCount, ExpectationCount)
VEIL = "(not shown: the feed has masked columns)"


def veiled(report: QcReport, config: FeedConfig) -> QcReport:
    """Give the report as it may leave the machine; unchanged when the feed masks no column.

    Its profile holds no values of masked columns from the beginning.
    """
    masked = config.masked_columns
    if not masked:
        return report
    changes: dict[str, Any] = {
        "bad_lines": tuple(_without_text(line) for line in report.bad_lines),
        "header_faults": (f"it is not that of the feed {VEIL}",) if report.header_faults else (),
        "rules": tuple(map(_veiled_samples, report.rules)),
        "target": tuple(_veiled_target(counted, masked) for counted in report.target),
        "expectations": tuple(map(_veiled_expectation, report.expectations)),
    }
    return report.model_copy(update=changes)


def veiled_sink(sink: Sink | None, config: FeedConfig) -> Sink | None:
    """Give what lists bad lines, without their text when the feed masks columns."""
    return partial(_add_without_text, sink) if sink and config.masked_columns else sink


def veiled_keys(samples: Sequence[KeySample], config: FeedConfig) -> tuple[KeySample, ...]:
    """Give samples of keys without the values of masked columns."""
    shown = [name not in config.masked_columns for name in config.qc.key]
    return tuple(
        sample.model_copy(
            update={
                "values": tuple(
                    value if is_shown else "…" for value, is_shown in zip(sample.values, shown, strict=True)
                )
            }
        )
        for sample in samples
    )


def _add_without_text(sink: Sink, bad: BadLine, _line: bytes) -> bool:
    return sink(bad, VEIL.encode())


def _without_text(line: BadLine) -> BadLine:
    return line.model_copy(update={"sample": VEIL})


def _veiled_target(counted: TargetCount, masked: Sequence[str]) -> TargetCount:
    """Of another column the reason, which is the value, is kept."""
    if counted.column in masked:
        return _veiled_samples(counted)
    return counted.model_copy(update={"samples": tuple(_without_text(line) for line in counted.samples)})


def _veiled_samples(counted: Counted) -> Counted:
    """The reason may hold a value."""
    samples = tuple(line.model_copy(update={"sample": VEIL, "reason": VEIL}) for line in counted.samples)
    return counted.model_copy(update={"samples": samples})


def _veiled_expectation(counted: ExpectationCount) -> ExpectationCount:
    """What a suite may ask of masked columns gives no values but those that it shows."""
    facts = {name: [] if name == "values" else fact for name, fact in counted.facts.items()}
    return _veiled_samples(counted.model_copy(update={"facts": facts}))
