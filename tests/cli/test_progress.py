from __future__ import annotations

import re
from io import StringIO

from sfetl_provider.cli.progress import line_listener, shown_progress
from sfetl_provider.core.events import Notice, Progress


class Terminal(StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_a_line_comes_every_ten_seconds() -> None:
    stream, seconds = StringIO(), iter((0.0, 1.0, 10.0, 11.0, 25.0))
    listen = line_listener(stream, lambda: next(seconds))

    for done in (1, 2, 3, 4):
        listen(Progress("qc", "f.tsv", done * 10**9, 4 * 10**9, "bytes"))
    listen(Notice("qc", "f.tsv: something happened."))

    assert stream.getvalue().splitlines() == [
        "f.tsv: qc 50 % of 4.0 GB, 111.1 MB/s, 18 s left",
        "f.tsv: qc 100 % of 4.0 GB, 125.0 MB/s",
        "f.tsv: something happened.",
    ]


def test_a_short_check_is_silent() -> None:
    stream = StringIO()
    with shown_progress(stream) as listen:
        listen(Progress("qc", "f.tsv", 1, 1, "bytes"))

    assert stream.getvalue() == ""


def test_a_terminal_shows_a_bar_per_file_and_is_left_clean() -> None:
    stream = Terminal()
    with shown_progress(stream) as listen:
        for name in ("a[b].tsv", "c.tsv"):
            listen(Progress("qc", name, 5 * 10**6, 10**7, "bytes"))
            listen(Progress("qc", name, 10**7, 10**7, "bytes"))
        listen(Notice("qc", "c.tsv: something [odd] happened."))

    shown = stream.getvalue()
    assert "a[b].tsv" in shown
    assert "c.tsv: something [odd] happened." in shown


def test_each_step_of_a_file_has_a_bar_with_percent_and_rate() -> None:
    stream = Terminal()
    with shown_progress(stream) as listen:
        listen(Progress("compress", "a.tsv", 75, 100, "bytes"))
        listen(Progress("upload", "a.tsv", 25, 100, "bytes"))

    shown = stream.getvalue()
    assert re.search(r"compress a\.tsv .*75%.*75/100 bytes", shown)
    assert re.search(r"upload   a\.tsv .*25%.*25/100 bytes", shown)
