from __future__ import annotations

import pytest

from sfetl_provider.core.qc.header import header_remarks
from tests.core.fakes import feed

PLAIN = ("ID", "DAY", "TEXT")


@pytest.mark.parametrize("header", [b"id\tday\ttext\n", b"ID\tDAY\tTEXT\r\n"])
def test_a_header_all_in_lower_or_upper_case_is_spelled_as_the_columns(header: bytes) -> None:
    assert header_remarks(header, PLAIN, feed().format) == ()


def test_other_case_and_blanks_are_told_with_their_number() -> None:
    assert header_remarks(b"Id\t DAY\ttext \n", PLAIN, feed().format) == (
        "2 of 3 names with blanks around them: DAY, TEXT",
        "2 of 3 names in other case: Id for ID, text for TEXT",
    )


def test_a_name_that_is_kept_in_quotes_differs_by_its_case() -> None:
    assert header_remarks(b"id\tday\ttext\n", ("Id", "DAY", "TEXT"), feed().format) == (
        "1 of 3 names in other case: id for Id",
    )
