"""How COPY tells what is wrong with a file, and where."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Run
from tests.contracts.warehouse.copying import (
    COPY,
    FIRST_ERROR,
    QUOTED,
    TSV,
    TUTORIAL,
    copy_sql,
    file,
    refuses,
)

TWO = "A VARCHAR, B VARCHAR"
FORGIVING = "ON_ERROR=CONTINUE"


def _count(found: int, expected: int) -> str:
    return f"Number of columns in file ({found}) does not match that of the corresponding table ({expected})"


def _tells(name: str, columns: str, content: bytes, error: Error, form: str = TSV, page: str = COPY) -> Case:
    return refuses(name, columns, content, error, form, page)


def _first_error(name: str, columns: str, content: bytes, first: tuple[object, ...], form: str) -> Case:
    """What COPY reports of the first error of a file when it goes on."""
    return Case(
        f"COPY reports: {name}",
        TUTORIAL,
        (
            Run(f"CREATE TABLE T ({columns})"),
            file(content),
            Run(copy_sql(form, FORGIVING), columns=FIRST_ERROR, rows=[first]),
        ),
    )


NOT_A_NUMBER = "Numeric value 'x' is not recognized"
MISMATCH = "use file format option error_on_column_count_mismatch=false to ignore this error"

ABORTING = (
    _tells(
        "a bad value, told with its place",
        "A VARCHAR, N NUMBER(3,0)",
        b"abc\t1\nabc\tx\n",
        Error(
            100038,
            (NOT_A_NUMBER, "File 'load/f.csv', line 2, character 5", 'Row 2, column "T"["N":2]', "ON_ERROR"),
        ),
    ),
    _tells(
        "a bad value after blank lines",
        "A VARCHAR, N NUMBER(5,2)",
        b"a\t1\n\nb\tx\n",
        Error(100038, (NOT_A_NUMBER, "line 3, character 3")),
    ),
    _tells(
        "too few fields in the first record",
        TWO,
        b"a\nb\tc\n",
        Error(100080, (_count(1, 2), MISMATCH)),
        page=TUTORIAL,
    ),
    _tells(
        "too many fields in the first record",
        TWO,
        b"a\tb\tc\nb\tc\n",
        Error(100080, (_count(3, 2), "line 2, character 1", "Row 1 starts at line 1", '"T"[3]')),
        page=TUTORIAL,
    ),
    _tells(
        "too few fields in a later record",
        TWO,
        b"a\tb\nc\n",
        Error(100068, ('End of record reached while expected to parse column \'"T"["B":2]\'', "line 2")),
    ),
    _tells(
        "too many fields in a later record",
        TWO,
        b"a|b\nc|d|e\n",
        Error(
            100016,
            ("Field delimiter '|' found while expecting record delimiter '\\n'", "line 2, character 4"),
        ),
        "TYPE=CSV FIELD_DELIMITER='|'",
        TUTORIAL,
    ),
    _tells(
        "a blank line that is not skipped",
        TWO,
        b"a\tb\n\nc\td\n",
        Error(100068, ("End of record reached", "line 2, character 1")),
        TSV.replace("BLANK_LINES=TRUE", "BLANK_LINES=FALSE"),
    ),
    _tells(
        "the first fault counts: value before structure",
        "A VARCHAR(1), B VARCHAR",
        b"aa\tb\nc\n",
        Error(100078, ("limit (1)",), is_documented=False),
    ),
    _tells(
        "the first fault counts: structure before value",
        "A VARCHAR(1), B VARCHAR",
        b"c\naa\tb\n",
        Error(100080, (_count(1, 2),)),
    ),
    _tells(
        "the line of a value after an enclosed new line",
        "A VARCHAR, N NUMBER(3,0)",
        b'"x\ny"\t1\n"z"\tx\n',
        Error(100038, (NOT_A_NUMBER, "line 3, character 5", "Row 2, ")),
        QUOTED,
    ),
    _tells(
        "a record of two lines starts before its fault",
        "A VARCHAR, N NUMBER(3,0)",
        b'"x\ny"\tx\n',
        Error(100038, (NOT_A_NUMBER, "line 2, character 4", "Row 1 starts at line 1, ")),
        QUOTED,
    ),
    _tells(
        "something after the end of an enclosed field",
        TWO,
        b'"a"x,b\n',
        Error(100065, ("Found character 'x' instead of field delimiter ','",), is_documented=False),
        "TYPE=CSV FIELD_OPTIONALLY_ENCLOSED_BY='\"'",
    ),
    _tells(
        "an enclosed field without an end",
        TWO,
        b'a,b\n"c,d\n',
        Error(100068, ("End of record reached",), is_documented=False),
        "TYPE=CSV FIELD_OPTIONALLY_ENCLOSED_BY='\"'",
    ),
    _tells(
        "a field that the default escape has swallowed",
        TWO,
        b"a,b\nc\\,d\n",
        Error(100068, ('End of record reached while expected to parse column \'"T"["B":2]\'',)),
        "TYPE=CSV",
    ),
)

REPORTING = (
    _first_error(
        "a bad value",
        "A NUMBER, B VARCHAR",
        b"1,x\nx,y\n3,z\n",
        (NOT_A_NUMBER, 2, 1, '"T"["A":1]'),
        "TYPE=CSV",
    ),
    _first_error(
        "a first record that is too long, just behind it",
        TWO,
        b"id|name\n1|a|more\n2|b\n",
        (f"{_count(3, 2)}, {MISMATCH}", 3, 1, '"T"[3]'),
        "TYPE=CSV FIELD_DELIMITER='|' SKIP_HEADER=1",
    ),
    _first_error(
        "a first record that is too short, by the column that it reached",
        TWO,
        b"1\n2,b\n",
        (f"{_count(1, 2)}, {MISMATCH}", 2, 1, '"T"["A":1]'),
        "TYPE=CSV",
    ),
    _first_error(
        "a later record that is too long, at its delimiter",
        TWO,
        b"1,a\n2,b,more\n",
        ("Field delimiter ',' found while expecting record delimiter '\\n'", 2, 4, '"T"["B":2]'),
        "TYPE=CSV",
    ),
    _first_error(
        "a later record that is too short, at its end",
        TWO,
        b"1,a\n2\n",
        ('End of record reached while expected to parse column \'"T"["B":2]\'', 2, 2, '"T"["B":2]'),
        "TYPE=CSV",
    ),
    _first_error(
        "characters are counted as they stand, quotes among them",
        "A NUMBER, B VARCHAR, C NUMBER",
        b'2,"\xc3\xa4,b",x\n1,a,1\n',
        (NOT_A_NUMBER, 1, 9, '"T"["C":3]'),
        "TYPE=CSV FIELD_OPTIONALLY_ENCLOSED_BY='\"'",
    ),
)

CASES = (*ABORTING, *REPORTING)
