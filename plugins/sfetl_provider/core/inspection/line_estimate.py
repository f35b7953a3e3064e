"""Estimating a file's lines from blocks of it, with the error's bounds."""

from __future__ import annotations

import math
from statistics import fmean, variance

from sfetl_provider.core.inspection.report import LineEstimate
from sfetl_provider.core.inspection.sampling import Scatter


def estimate_lines(size_bytes: int, sample: Scatter) -> LineEstimate:
    """Give the lines of a file and the bounds of a 99 % confidence interval.

    The mean number of line ends a byte, with Student's t. One block of each equal part of the file makes the
    bounds wider than they need be, never narrower (stratified sampling: Cochran, Sampling Techniques, ch. 5).
    """
    rates = [lines / count for lines, count in zip(sample.lines, sample.bytes_read, strict=True) if count]
    seen_share = min(1.0, sum(sample.bytes_read) / size_bytes)
    mean = fmean(rates)
    error = _t(len(rates) - 1) * math.sqrt(variance(rates) / len(rates) * (1 - seen_share))
    lines, margin = size_bytes * mean, size_bytes * error
    return LineEstimate(
        lines=round(lines),
        low=max(sum(sample.lines), math.floor(lines - margin)),
        high=math.ceil(lines + margin),
        sampled_bytes=sum(sample.bytes_read),
    )


def _t(freedom: int) -> float:
    """Give the 99.5 % point of Student's distribution, from 15 degrees of freedom on right to three digits."""
    return 2.576 + 4.93 / freedom + 9.5 / freedom**2
