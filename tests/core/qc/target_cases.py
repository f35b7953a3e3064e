"""Texts and what the check says of them, by type; `tests/integration/test_target_values.py` asks COPY the same."""

from __future__ import annotations

from typing import Any

from sfetl_provider.core.qc.report import TargetFault

Faults = dict[str, TargetFault | None]

FORMAT: dict[str, Any] = {
    "null_markers": ["", "NA"],
    "date_format": "DD.MM.YYYY",
    "timestamp_format": "YYYY-MM-DD HH24:MI:SS.FF",
}
"""The section `format` of the feed for which the texts are."""

CASES: dict[str, Faults] = {
    "NUMBER(5,2)": {
        "0": None,
        "-0": None,
        "999.99": None,
        "-999.99": None,
        "+5": None,
        " 5 ": None,
        ".5": None,
        "5.": None,
        "1.500": None,
        "00012.30": None,
        "1e2": None,
        "1.5E+2": None,
        "125e-2": None,
        "": None,
        "NA": None,
        "1.005": "digits_lost",
        "-0.001": "digits_lost",
        "125e-3": "digits_lost",
        "1.25e-1": "digits_lost",
        "1000": "too_large",
        "-1000": "too_large",
        "999.995": "too_large",
        "1e3": "too_large",
        "99999999999999999999999999999999999999999999": "too_large",
        "na": "unreadable",
        "1,5": "unreadable",
        "1 000": "unreadable",
        "1_0": "unreadable",
        "0x10": "unreadable",
        "0b1": "unreadable",
        "1e": "unreadable",
        "--1": "unreadable",
        "+-1": "unreadable",
        ".": "unreadable",
        "-": "unreadable",
        "1.2.3": "unreadable",
        "NaN": "unreadable",
        "true": "unreadable",
        "$5": "unreadable",
        "٣": "unreadable",
    },
    "NUMBER(2,2)": {
        ".12": None,
        "0.12": None,
        "-0.99": None,
        "0": None,
        "1": "too_large",
        ".123": "digits_lost",
    },
    "NUMBER(4,0)": {
        "9999": None,
        "0009999": None,
        "1.0": None,
        "1e3": None,
        "1.5": "digits_lost",
        "15e-1": "digits_lost",
        "10000": "too_large",
        "9999.5": "too_large",
    },
    "INTEGER": {
        "9223372036854775807": None,
        "-1": None,
        "1.0": None,
        "1.5": "digits_lost",
        "x": "unreadable",
    },
    "NUMBER(38,10)": {
        "1234567890123456789012345678.0123456789": None,
        "1e-10": None,
        "1e-11": "digits_lost",
        "0.01234567891": "digits_lost",
        "12345678901234567890123456789": "too_large",
    },
    "FLOAT": {
        "1.5": None,
        "-1e300": None,
        "NaN": None,
        "inf": None,
        " 2 ": None,
        "NA": None,
        "1,5": "unreadable",
        "abc": "unreadable",
    },
    "BOOLEAN": {
        **dict.fromkeys(
            ("true", "T", "Yes", "y", "ON", "1", "false", "f", "NO", "n", "off", "0", "NA"), None
        ),
        **dict.fromkeys(("2", "maybe", "01", " true", "ja"), "unreadable"),
    },
    "DATE": {
        "28.02.2013": None,
        "29.02.2024": None,
        "31.12.9999": None,
        "NA": None,
        "29.02.2013": "unreadable",
        "2013-02-28": "unreadable",
        "28.02.2013 10:00": "unreadable",
        "28/02/2013": "unreadable",
    },
    "TIME": {"23:59:59": None, "24:00:00": "unreadable", "10:00": "unreadable", "noon": "unreadable"},
    "TIMESTAMP_NTZ(9)": {
        "2013-02-28 23:59:59.123": None,
        "2013-02-28 23:59:59.123456789": None,
        "2013-02-30 00:00:00.0": "unreadable",
        "2013-02-28": "unreadable",
        "2013-02-28T23:59:59.1": "unreadable",
    },
    "VARCHAR(5)": {
        "abcde": None,
        "äöüßé": None,
        "日本語日本": None,
        "NA": None,
        " abc ": None,
        "abcdef": "too_large",
        "abcde ": "too_large",
        "äöüßéß": "too_large",
    },
    "BINARY": {"00fF": None, "NA": None, "0g": "unreadable", "abc": "unreadable"},
}

DEVIATIONS: dict[str, Faults] = {
    "NUMBER(38,0)": {"9" * 38: None, "9" * 39: "too_large"},
    "TIMESTAMP_NTZ": {"9999-12-31 00:00:00.000": None, "9999-12-31 00:00:00.123456789": None},
    "BINARY(2)": {"0102": None, "010203": "too_large"},
    "DECFLOAT": {"1e5000": None, "x": "unreadable"},
}
"""What Snowflake does by its documentation, and the local warehouse does otherwise."""
