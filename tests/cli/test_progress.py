from __future__ import annotations

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
    listen(Notice("qc", "no progress"))

    assert stream.getvalue().splitlines() == [
        "qc f.tsv: 50 % (2,000 of 4,000 MB)",
        "qc f.tsv: 100 % (4,000 of 4,000 MB)",
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
        listen(Notice("qc", "no progress"))

    shown = stream.getvalue()
    assert "a[b].tsv" in shown
    assert "c.tsv" in shown
