"""The feed under a path: both readers get all of the text, and nobody waits for ever for one who does not come."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.qc.text_feed import BLOCK_BYTES, TextFeed
from sfetl_provider.core.text_encoding import to_utf8
from sfetl_provider.core.tsv.compressed import DamagedSourceError
from tests.core.tsv.test_compressed import PACKERS

TEXT = bytes(range(256)) * (3 * BLOCK_BYTES // 256) + b"end"


@pytest.fixture(params=["f[1]*.tsv", "f[1]*.tsv.gz"])
def feed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TextFeed]:
    path = tmp_path / request.param
    path.write_bytes(PACKERS[".gz"](TEXT) if path.suffix == ".gz" else TEXT)
    (tmp_path / "scratch").mkdir()
    threads = threading.active_count()
    with closing(TextFeed(path, tmp_path / "scratch")) as opened:
        yield opened
    assert threading.active_count() == threads


def test_it_can_be_read_again_and_again_under_a_path_without_wildcards(feed: TextFeed) -> None:
    for _ in range(2):
        with feed.readable() as path:
            assert not set("[]*") & set(path.name)
            assert path.read_bytes() == TEXT


def test_another_encoding_is_utf8_for_one_reader_and_as_it_is_for_the_other(tmp_path: Path) -> None:
    (tmp_path / "f.tsv").write_bytes(TEXT)
    with (
        closing(TextFeed(tmp_path / "f.tsv", tmp_path, "WINDOWS1252")) as feed,
        ThreadPoolExecutor(1) as executor,
    ):

        def read() -> bytes:
            with feed.readable() as path:
                return path.read_bytes()

        with feed.shared() as text:
            other = executor.submit(read)
            assert b"".join(iter(lambda: text.read(1_000_000), b"")) == TEXT
            assert other.result() == read() == to_utf8(TEXT, "WINDOWS1252")


def test_two_readers_share_one_pass(feed: TextFeed) -> None:
    def read() -> bytes:
        with feed.readable() as path:
            return path.read_bytes()

    with ThreadPoolExecutor(1) as executor, feed.shared() as text:
        other = executor.submit(read)
        text.seek(5)
        assert b"".join(iter(lambda: text.read(1_000_000), b"")) == TEXT[5:]
        assert other.result() == TEXT


def test_one_who_reads_alone_says_so(feed: TextFeed) -> None:
    with feed.shared() as text:
        feed.give_up()
        assert b"".join(iter(lambda: text.read(1_000_000), b"")) == TEXT


def test_a_second_try_gets_all_of_it_and_the_other_reader_too(feed: TextFeed) -> None:
    with feed.shared() as text:
        with feed.readable() as path, path.open("rb") as file:
            file.read(1)
        with feed.readable() as path:
            assert path.read_bytes() == TEXT
        assert b"".join(iter(lambda: text.read(1_000_000), b"")) == TEXT


def test_what_is_not_read_is_not_waited_for(feed: TextFeed) -> None:
    with feed.shared() as text:
        text.read(1)
    with feed.readable() as path, path.open("rb") as file:
        file.read(1)
    with feed.readable():
        pass


def test_a_damaged_text_is_told_after_what_could_be_read(tmp_path: Path) -> None:
    packed = bytearray(PACKERS[".gz"](TEXT))
    packed[-8] ^= 1
    (tmp_path / "f.gz").write_bytes(packed)

    with (
        closing(TextFeed(tmp_path / "f.gz", tmp_path)) as feed,
        pytest.raises(DamagedSourceError, match="CRC"),
        feed.readable() as path,
    ):
        assert len(path.read_bytes()) >= BLOCK_BYTES


def test_after_close_a_reader_meets_the_end(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(PACKERS[".gz"](TEXT))
    feed = TextFeed(tmp_path / "f.gz", tmp_path)

    with feed.shared() as text, feed.readable() as path, path.open("rb") as file:
        feed.close()
        assert len(file.read()) < len(TEXT)
        assert text.read(1) == b""
        assert not path.exists()


def test_a_folder_without_room_for_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScratchSpaceError, match="none cannot be used"):
        TextFeed(tmp_path / "f.gz", tmp_path / "none")
