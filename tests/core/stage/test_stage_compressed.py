"""Staging of compressed source files: the same chunks as of the same text in a plain file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.errors import SourceFileError, UploadError
from sfetl_provider.core.events import Progress
from sfetl_provider.core.plan.names import stage_folder
from sfetl_provider.core.stage.layout import LONGEST_HEADER_BYTES
from sfetl_provider.core.stage.split import chunk_ranges
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.core.stage.stream import open_stream
from tests.core.fakes import InMemoryStage, plan, source_file
from tests.core.stage.staging_bench import BODY, CHUNKS, LINE, Bench
from tests.core.stage.test_split import RECORDS
from tests.core.tsv.test_compressed import PACKERS

HEADER = b"\xef\xbb\xbfid\tday\ttext\n"


class PackedBench(Bench):
    """A bench whose source is compressed; `content` is its text."""

    suffix = ".gz"

    def rewrite(self, content: bytes) -> None:
        self.source = source_file(self.folder / f"flights.tsv{self.suffix}", PACKERS[self.suffix](content))


def packed(folder: Path, suffix: str = ".gz", content: bytes = BODY, **more: Any) -> PackedBench:
    folder.mkdir(exist_ok=True)
    bench = PackedBench(folder, content, **more)
    bench.suffix = suffix
    bench.rewrite(content)
    return bench


def texts(bench: Bench) -> list[bytes]:
    """Each chunk's text, in order."""
    contents = (bench.stage.files[name] for name in sorted(bench.stage.files))
    return [zstandard.ZstdDecompressor().decompressobj().decompress(content) for content in contents]


def without_source(staged: StagedFile) -> dict[str, object]:
    own = {"file", "key", "fingerprint", "sha256", "compressed_bytes", "seconds"}
    return {name: value for name, value in staged.to_json().items() if name not in own}


@pytest.mark.parametrize("suffix", PACKERS)
def test_chunks_and_counts_are_those_of_the_plain_file(tmp_path: Path, suffix: str) -> None:
    content = HEADER + BODY + b"\n\r\n" + LINE[:-1] % 9
    plain = Bench(tmp_path, content, format={"header": True})
    bench = packed(tmp_path / "packed", suffix, content, format={"header": True})

    assert without_source(bench.run()) == without_source(plain.run())
    assert texts(bench) == texts(plain)
    assert bench.run().sha256 == hashlib.sha256(Path(bench.source.path).read_bytes()).hexdigest()
    assert bench.scratch_files == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(RECORDS, st.sampled_from([None, b'"']), st.integers(1, 40), st.booleans())
def test_boundaries_are_those_of_the_plain_file(
    tmp_path: Path, records: list[str], quote: bytes | None, chunk_bytes: int, has_last_newline: bool
) -> None:
    text = ("\n".join(records) + "\n" * has_last_newline).encode()
    plain, path = tmp_path / "a.tsv", tmp_path / "a.tsv.zst"
    plain.write_bytes(text)
    path.write_bytes(PACKERS[".zst"](text))
    with plain.open("rb") as file:
        expected = [
            text[part.start_byte : part.end_byte] for part in chunk_ranges(file, 0, chunk_bytes, quote)
        ]

    found = []
    with open_stream(path, quote) as stream:
        while not stream.is_at_end:
            target = (stream.position // chunk_bytes + 1) * chunk_bytes
            found.append(b"".join(stream.blocks(target)))

    assert found == expected


@pytest.mark.parametrize("failing", range(1, CHUNKS + 1))
def test_what_is_staged_is_read_past_and_not_uploaded_again(tmp_path: Path, failing: int) -> None:
    bench = packed(tmp_path, stage=InMemoryStage(fail_at=failing))
    with pytest.raises(UploadError, match=f"it resumes at chunk {failing}"):
        bench.run()
    bench.forget_uploads()

    staged = bench.run()

    assert bench.stage.uploads == [f"part-{number:05}.tsv.zst" for number in range(failing, CHUNKS + 1)]
    assert b"".join(texts(bench)) == BODY
    assert staged.chunks_reused == failing - 1


def test_a_chunk_in_the_middle_that_is_gone_is_made_again(tmp_path: Path) -> None:
    bench = packed(tmp_path)
    first = bench.run()
    del bench.stage.files[stage_folder(plan(), bench.source.key) + "part-00002.tsv.zst"]
    bench.forget_uploads()

    second = bench.run()

    assert bench.stage.uploads == ["part-00002.tsv.zst"]
    assert b"".join(texts(bench)) == BODY
    assert (second.chunk_records, second.size_bytes) == (first.chunk_records, len(BODY))


def test_progress_counts_the_compressed_file_to_its_end(tmp_path: Path) -> None:
    bench = packed(tmp_path, suffix=".zip")

    bench.run()

    for step in ("compress", "upload"):
        events = [event for event in bench.events if isinstance(event, Progress) and event.step == step]
        assert [event.done for event in events] == sorted({event.done for event in events})
        assert (events[0].done, events[-1].done) == (0, bench.source.size_bytes)
        assert {event.total for event in events} == {bench.source.size_bytes}


@pytest.mark.parametrize("content", [b"", HEADER])
def test_a_file_without_records_gives_no_chunk(tmp_path: Path, content: bytes) -> None:
    staged = packed(tmp_path, content=content, format={"header": True}).run()

    assert (staged.chunk_records, staged.size_bytes) == ((), len(content))


def test_a_header_without_end_is_named(tmp_path: Path) -> None:
    content = b'"' + b"x\n" * LONGEST_HEADER_BYTES

    with pytest.raises(SourceFileError, match=r"header of .* is longer than"):
        packed(tmp_path, content=content, format={"header": True, "quote": '"'}).run()


def test_a_file_that_is_cut_keeps_what_was_staged_before_the_cut(tmp_path: Path) -> None:
    bench = packed(tmp_path, suffix=".zst")
    path = Path(bench.source.path)
    path.write_bytes(path.read_bytes()[:-100])
    bench.source = source_file(path)

    with pytest.raises(SourceFileError, match="the file ends early"):
        bench.run()

    assert bench.scratch_files == []
