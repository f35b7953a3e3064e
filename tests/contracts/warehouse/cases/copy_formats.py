"""How COPY cuts a CSV file into records and fields: delimiters, enclosing, escaping, NULL."""

from __future__ import annotations

from tests.contracts.warehouse.case import Case, Error, Run
from tests.contracts.warehouse.copying import (
    COPY,
    CSV,
    QUOTED,
    TSV,
    content_of,
    copy_sql,
    file,
    loads,
    refuses,
)

TWO = "A VARCHAR, B VARCHAR"
ENCLOSED = "TYPE=CSV FIELD_OPTIONALLY_ENCLOSED_BY='\"'"

DELIMITERS = (
    loads("without FILE_FORMAT it is commas", TWO, b"a,b\nc,d\n", [("a", "b"), ("c", "d")], "", COPY),
    loads("a type alone takes the defaults", TWO, b"a,b\n", [("a", "b")]),
    loads("a tab", TWO, b"a\tb\n", [("a", "b")], r"TYPE=CSV FIELD_DELIMITER='\t'"),
    loads("a pipe", TWO, b"a,|b\n", [("a,", "b")], "TYPE=CSV FIELD_DELIMITER='|'"),
    loads("a delimiter of two characters", TWO, b"a|b||c\n", [("a|b", "c")], "TYPE=CSV FIELD_DELIMITER='||'"),
    loads("a delimiter in hexadecimal", TWO, b"a\x01b\n", [("a", "b")], r"TYPE=CSV FIELD_DELIMITER='\x01'"),
    loads("a delimiter beyond ASCII", TWO, "a¢b\n".encode(), [("a", "b")], "TYPE=CSV FIELD_DELIMITER='¢'"),
    loads("no field delimiter", "A VARCHAR", b"a,b\n", [("a,b",)], "TYPE=CSV FIELD_DELIMITER=NONE"),
    loads(
        "another record delimiter",
        TWO,
        b"a,b;c\n,d;",
        [("a", "b"), ("c\n", "d")],
        "TYPE=CSV RECORD_DELIMITER=';'",
    ),
    loads(
        "a record delimiter of two characters",
        TWO,
        b"a,b#|c,d#|",
        [("a", "b"), ("c", "d")],
        "TYPE=CSV RECORD_DELIMITER='#|'",
    ),
    loads("a new line is logical", TWO, b"a,b\r\nc,d\r\n", [("a", "b"), ("c", "d")]),
    loads("a new line is logical when stated", TWO, b"a\tb\r\nc\td\r\n", [("a", "b"), ("c", "d")], TSV),
    loads("no newline at the end", TWO, b"a,b\nc,d", [("a", "b"), ("c", "d")]),
    loads("an empty file", TWO, b"", []),
    loads("a carriage return that ends no line is data", TWO, b"a\rx\tb\n", [("a\rx", "b")], TSV),
)

HEADERS = (
    loads("a header is skipped", TWO, b"x,y\na,b\n", [("a", "b")], "TYPE=CSV SKIP_HEADER=1"),
    loads("two header lines", TWO, b"x\ny,z,w\na,b\n", [("a", "b")], "TYPE=CSV SKIP_HEADER=2"),
    loads("a file of a header only", TWO, b"x,y\n", [], "TYPE=CSV SKIP_HEADER=1"),
    loads(
        "header lines are lines, not records",
        TWO,
        b'"x\ny",z\na,b\n',
        [('y"', "z"), ("a", "b")],
        "TYPE=CSV SKIP_HEADER=1",
    ),
    loads(
        "blank lines are skipped",
        TWO,
        b"\na,b\n\n\nc,d\n\n",
        [("a", "b"), ("c", "d")],
        "TYPE=CSV SKIP_BLANK_LINES=TRUE",
    ),
    loads("blank lines of one column are skipped", "A VARCHAR", b"a\n\nb\n", [("a",), ("b",)], TSV),
    loads("a blank line of one column is a NULL", "A VARCHAR", b"a\n\nb\n", [("a",), (None,), ("b",)]),
)

ENCLOSING = (
    loads("quotes are text unless stated", TWO, b'"a,b"\n', [('"a', 'b"')]),
    loads("double quotes", TWO, b'"a,b","c"\n', [("a,b", "c")], ENCLOSED),
    loads(
        "single quotes",
        TWO,
        b"'a,b',\"c\"\n",
        [("a,b", '"c"')],
        "TYPE=CSV FIELD_OPTIONALLY_ENCLOSED_BY='\\''",
    ),
    loads(
        "single quotes in hexadecimal",
        TWO,
        b"'a,b',c\n",
        [("a,b", "c")],
        r"TYPE=CSV FIELD_OPTIONALLY_ENCLOSED_BY='\x27'",
    ),
    loads("a doubled quote is one", TWO, b'"say ""x""",b\n', [('say "x"', "b")], ENCLOSED),
    loads("a quote inside an open field is text", TWO, b'a"b,c\n', [('a"b', "c")], ENCLOSED),
    loads("an enclosed new line", TWO, b'"l1\nl2",b\n', [("l1\nl2", "b")], ENCLOSED),
    loads(
        "an enclosed tab, blank lines skipped",
        TWO,
        b'"a\tb"\t"c"\n\nd\t"l1\nl2"\n',
        [("a\tb", "c"), ("d", "l1\nl2")],
        QUOTED,
    ),
    loads("a space before the quote makes it text", TWO, b' "a",b\n', [(' "a"', "b")], ENCLOSED),
    loads(
        "TRIM_SPACE takes spaces around quotes",
        TWO,
        b' "a" , b \n',
        [("a", "b")],
        f"{ENCLOSED} TRIM_SPACE=TRUE",
    ),
    loads("spaces within quotes stay", TWO, b' " a " ,b\n', [(" a ", "b")], f"{ENCLOSED} TRIM_SPACE=TRUE"),
    loads("TRIM_SPACE without quotes", TWO, b"  a ,\tb c \n", [("a", "b c")], "TYPE=CSV TRIM_SPACE=TRUE"),
    loads("spaces stay without TRIM_SPACE", TWO, b"  a ,b\n", [("  a ", "b")]),
    loads(
        "a field of spaces is empty after TRIM_SPACE",
        TWO,
        b"  ,b\n",
        [(None, "b")],
        "TYPE=CSV TRIM_SPACE=TRUE",
    ),
)

ESCAPING = (
    loads("by default a backslash takes a delimiter in", TWO, b"a\\,b,c\n", [("a,b", "c")]),
    loads("by default a backslash takes a new line in", TWO, b"a\\\nb,c\n", [("a\nb", "c")]),
    loads("by default a backslash escapes itself", TWO, b"a\\\\,b\n", [("a\\", "b")]),
    loads("by default a backslash and N mean NULL", TWO, b"\\N,b\n", [(None, "b")]),
    loads(
        "a backslash is text with NONE",
        TWO,
        b"a\\,b\\x\n",
        [("a\\", "b\\x")],
        "TYPE=CSV ESCAPE_UNENCLOSED_FIELD=NONE",
    ),
    loads(
        "a backslash and N mean NULL without escaping too",
        TWO,
        b"\\N,b\n",
        [(None, "b")],
        "TYPE=CSV ESCAPE_UNENCLOSED_FIELD=NONE",
    ),
    loads(
        "another escape character",
        TWO,
        b"a^,b,c\\\n",
        [("a,b", "c\\")],
        "TYPE=CSV ESCAPE_UNENCLOSED_FIELD='^'",
    ),
    loads(
        "ESCAPE_UNENCLOSED_FIELD leaves enclosed fields alone", TWO, b'"a\\",b\n', [("a\\", "b")], ENCLOSED
    ),
    loads(
        "ESCAPE in an enclosed field",
        TWO,
        rb'"a\"b","c\\"' + b"\n",
        [('a"b', "c\\")],
        ENCLOSED + r" ESCAPE='\\'",
    ),
    loads(
        "ESCAPE holds for open fields too",
        TWO,
        b"a^,b,c\n",
        [("a,b", "c")],
        f"{ENCLOSED} ESCAPE='^' ESCAPE_UNENCLOSED_FIELD=NONE",
    ),
)

NULLS = (
    loads("an empty field is NULL", TWO, b",b\n", [(None, "b")]),
    loads(
        "an empty field is a text with FALSE", TWO, b",b\n", [("", "b")], "TYPE=CSV EMPTY_FIELD_AS_NULL=FALSE"
    ),
    loads("an enclosed empty field is a text", TWO, b'"",\n', [("", None)], ENCLOSED),
    loads(
        "NULL_IF of several texts",
        TWO,
        b"NA,-\nn/a,b\n",
        [(None, None), ("n/a", "b")],
        "TYPE=CSV NULL_IF=('NA','-')",
    ),
    loads(
        "NULL_IF holds for every type", "N NUMBER, D DATE", b"x,x\n", [(None, None)], "TYPE=CSV NULL_IF=('x')"
    ),
    loads("NULL_IF of one text", TWO, b"NULL,b\n", [(None, "b")], "TYPE=CSV NULL_IF='NULL'"),
    loads("no NULL_IF", TWO, b"\\\\N,\n", [("\\N", None)], "TYPE=CSV NULL_IF=()"),
    loads(
        "NULL_IF of the empty text goes before EMPTY_FIELD_AS_NULL",
        TWO,
        b",b\n",
        [(None, "b")],
        "TYPE=CSV NULL_IF=('') EMPTY_FIELD_AS_NULL=FALSE",
    ),
)

COUNTS_OF_COLUMNS = (
    loads(
        "too few fields leave NULL",
        "A VARCHAR, B VARCHAR, C NUMBER",
        b"a\nb,c,1\n",
        [("a", None, None), ("b", "c", 1)],
        "TYPE=CSV ERROR_ON_COLUMN_COUNT_MISMATCH=FALSE",
    ),
    loads(
        "too many fields are left out",
        TWO,
        b"a,b,c,d\ne,f\n",
        [("a", "b"), ("e", "f")],
        "TYPE=CSV ERROR_ON_COLUMN_COUNT_MISMATCH=FALSE",
    ),
)

REFUSED = (
    refuses(
        "an unknown compression",
        "A VARCHAR",
        b"a\n",
        Error(1003, ("COMPRESSION",), is_documented=False),
        "TYPE=CSV COMPRESSION=ARJ",
        CSV,
    ),
    refuses(
        "an enclosing character other than a quote",
        "A VARCHAR",
        b"a\n",
        Error(1003, ("FIELD_OPTIONALLY_ENCLOSED_BY",), is_documented=False),
        "TYPE=CSV FIELD_OPTIONALLY_ENCLOSED_BY='#'",
        CSV,
    ),
    refuses(
        "an unknown encoding",
        "A VARCHAR",
        b"a\n",
        Error(1003, ("ENCODING",), is_documented=False),
        "TYPE=CSV ENCODING='KLINGON'",
        CSV,
    ),
)

ONLY_HERE = (
    Case(
        "COPY: options that the stand-in does not know are refused",
        CSV,
        (
            Run("CREATE TABLE T (A VARCHAR)"),
            file(b"a\n"),
            Run(copy_sql("TYPE=JSON"), error=Error(2, ("TYPE=JSON",))),
            Run(copy_sql("TYPE=CSV MULTI_LINE=FALSE"), error=Error(2, ("MULTI_LINE",))),
            Run(copy_sql("TYPE=CSV COMPRESSION=BROTLI"), error=Error(2, ("BROTLI",))),
            Run(copy_sql("FORMAT_NAME='X'"), error=Error(2, ("FORMAT_NAME",))),
            Run(copy_sql(options="VALIDATION_MODE=RETURN_ERRORS"), error=Error(2, ("VALIDATION_MODE",))),
            Run(copy_sql(options="PATTERN='.*'"), error=Error(2, ("PATTERN",))),
            content_of(),
        ),
        only_here="it pins what the stand-in does not do",
    ),
)

CASES = (*DELIMITERS, *HEADERS, *ENCLOSING, *ESCAPING, *NULLS, *COUNTS_OF_COLUMNS, *REFUSED, *ONLY_HERE)
