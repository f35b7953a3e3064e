"""Columns hidden while a file is split: what they become, what stays, and that no value is left."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConnectionMissingError, SfetlError, SourceFileError
from sfetl_provider.core.events import Event, Notice
from sfetl_provider.core.stage.checkpoints import StagingCheckpoints
from sfetl_provider.core.stage.masking import Masking, open_masking
from sfetl_provider.core.stage.run import StagePorts, stage_file
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.spans import Span
from tests.core.fakes import InMemoryCheckpoints, InMemoryStage, SteppingClock, feed, plan, source_file
from tests.core.tsv.test_left_out import written

KEY = b"a key of thirty-two characters.."
HASH = {"method": "hash", "where": "before_stage", "pattern": ".*"}


def hashed(value: bytes, key: bytes = KEY) -> bytes:
    return hmac.new(key, value, "sha256").hexdigest().encode()


def masked_feed(*masks: dict[str, Any] | None, **sections: Any) -> FeedConfig:
    """A feed of `day` and one column a mask."""
    columns = [{"name": f"c{at}", "mask": mask} for at, mask in enumerate(masks, 1)]
    return feed(columns=["day", *columns], mask_conn_id="masks", **sections)


def masked(config: FeedConfig, text: bytes, block_bytes: int = 1 << 20) -> bytes:
    masking = open_masking(config, KEY)
    return in_blocks(masking, text, block_bytes)


def in_blocks(masking: Masking | None, text: bytes, block_bytes: int) -> bytes:
    assert masking is not None
    blocks = (text[at : at + block_bytes] for at in range(0, len(text), block_bytes))
    return b"".join(masking.masked(blocks, 0))


def test_values_are_hashed_with_the_key_and_all_else_keeps_its_bytes() -> None:
    config = masked_feed(HASH, None, HASH, format={"null_markers": ["", "NA"]})

    text = b"d\tx\t\xff\tB\xc3\xbcro\r\n\n\r\nd\t\ty\tNA\nd\tx\ty\t1"

    assert masked(config, text) == (
        b"d\t%s\t\xff\t%s\r\n\n\r\nd\t\ty\tNA\nd\t%s\ty\t%s"
        % (hashed(b"x"), hashed("Büro".encode()), hashed(b"x"), hashed(b"1"))
    )


def test_another_encoding_is_kept_and_a_text_has_the_same_hash_in_each() -> None:
    partial = {"method": "partial", "pattern": ".*", "keep_first": 2, "character": "…"}
    form = {"encoding": "WINDOWS1252", "null_markers": ["–", "Ł"]}

    text = "d\tKöln €\tÜßxyz\nd\t–\t?\n".encode("cp1252").replace(b"y", b"\x81")

    expected = f"d\t{hashed('Köln €'.encode()).decode()}\tÜß………\nd\t–\t…\n"
    assert masked(masked_feed(HASH, partial, format=form), text) == expected.encode("cp1252")


def test_quoted_values_are_hashed_without_their_quotes_and_keep_them() -> None:
    config = masked_feed(HASH, None, format={"quote": '"', "delimiter": ",", "null_markers": ["NA"]})

    text = b'd,"a ""b"",\nc","x,\n"\nd,"NA",\nd,plain,""\n'

    assert masked(config, text) == b'd,"%s","x,\n"\nd,"NA",\nd,%s,""\n' % (
        hashed(b'a "b",\nc'),
        hashed(b"plain"),
    )


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ({"method": "fixed"}, b"***"),
        ({"method": "fixed", "value": "hidden"}, b"hidden"),
        ({"method": "partial"}, b"*********"),
        ({"method": "partial", "keep_last": 4}, "*****traß".encode()),
        ({"method": "partial", "keep_first": 2, "keep_last": 1, "character": "ø"}, "Müøøøøøøß".encode()),
        ({"method": "partial", "keep_first": 5, "keep_last": 4}, b"*********"),
    ],
)
def test_a_fixed_text_and_the_last_characters(mask: dict[str, Any], expected: bytes) -> None:
    config = masked_feed({"where": "before_stage", "pattern": ".*", **mask})

    assert masked(config, "d\tMüllstraß\n".encode()) == b"d\t" + expected + b"\n"


QUOTED = open_masking(
    masked_feed(HASH, None, format={"quote": '"', "delimiter": ",", "null_markers": ["NA", ""]}), KEY
)
FIELD = st.one_of(st.sampled_from(["", "NA", '"', '""']), st.text('ab",\né', max_size=4))


@given(st.lists(st.tuples(FIELD, FIELD), max_size=12), st.integers(1, 40), st.booleans())
def test_any_quoted_file_in_any_blocks(rows: list[tuple[str, str]], block_bytes: int, is_ended: bool) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    def written(values: list[tuple[str, str]]) -> bytes:
        text = "\n".join(f"d,{quoted(one)},{quoted(two)}" for one, two in values)
        return (text + ("\n" if is_ended and values else "")).encode()

    hidden = [(one if one in ("NA", "") else hashed(one.encode()).decode(), two) for one, two in rows]

    assert in_blocks(QUOTED, written(rows), block_bytes) == written(hidden)


def test_one_column_of_many_lines() -> None:
    config = feed(columns=["day", {"name": "c", "mask": HASH}], mask_conn_id="masks")
    lines = [b"d\t%d" % number for number in range(5000)]

    expected = b"\n".join(b"d\t" + hashed(line[2:]) for line in lines)

    assert masked(config, b"\n".join(lines), 1000) == expected


@pytest.mark.parametrize(
    ("text", "quote", "what"),
    [
        (b"d\tx\nd\tx\ty\n", None, "byte 4 of the file's text has 3 fields instead of 2"),
        (b"d\tx\nd\n", None, "byte 4 of the file's text has 1 fields instead of 2"),
        (b'd\ta"b"\n', '"', "a quote in the middle"),
        (b'd\t"a"b\n', '"', "a quote in the middle"),
        (b'd\t"a""\n', '"', "a quote in the middle"),
    ],
)
def test_a_record_that_cannot_be_divided_is_refused_and_not_shown(
    text: bytes, quote: str | None, what: str
) -> None:
    with pytest.raises(SourceFileError, match=what) as caught:
        masked(masked_feed(HASH, format={"quote": quote}), text)

    assert '"b' not in str(caught.value)


class MaskBench:
    """A file whose second column is hashed, over several tries."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder, masked_feed(HASH, None, stage={"chunk_mib": 1})
        rows = (b"2013-01-01\tsecret-%d\t%s\n" % (number, b"x" * 1000) for number in range(3600))
        self.text = b"".join(rows)
        self.source = source_file(folder / "flights.tsv", self.text)
        self.stage, self.checkpoints = InMemoryStage(), InMemoryCheckpoints()
        self.events: list[Event] = []

    def run(self, key: bytes = KEY) -> StagedFile:
        uploader = self.stage.uploader()
        ports = StagePorts(
            self.stage, uploader, self.checkpoints, SteppingClock(), self.folder / "scratch", key
        )
        assert key.decode() not in repr(ports)
        return stage_file(self.source, plan(), self.config, ports, self.events.append)

    def expected(self, key: bytes = KEY) -> bytes:
        rows = [line.split(b"\t") for line in self.text.splitlines()]
        return b"".join(b"\t".join([day, hashed(value, key), rest]) + b"\n" for day, value, rest in rows)


def test_chunks_hold_no_value_and_a_second_try_with_the_same_key_keeps_them(tmp_path: Path) -> None:
    bench = MaskBench(tmp_path)
    bench.stage.fail_at = 3
    with pytest.raises(SfetlError):
        bench.run()

    staged = bench.run()

    unpacked = bench_text(bench.stage)
    assert (unpacked, b"secret" in unpacked) == (bench.expected(), False)
    assert staged.chunks_reused >= 2
    assert (staged.records, sum(staged.chunk_records)) == (3600, 3600)
    kept = str(bench.checkpoints.texts) + str(staged.to_json())
    assert KEY.decode() not in kept
    assert staged.mask in kept


def test_what_qc_leaves_out_is_cut_before_its_columns_are_looked_for(tmp_path: Path) -> None:
    bench = MaskBench(tmp_path)
    lines = bench.text.splitlines(keepends=True)
    lines[1] = b"2013-01-01\tsecret-1\ttoo\tmany\n"
    bench.source = source_file(tmp_path / "flights.tsv", b"".join(lines))
    spans = [Span(len(lines[0]), len(lines[1]), 2, 1)]
    about = {"fingerprint": fingerprint(bench.source.path), "file_records": len(lines)}
    left_out = written(tmp_path / "left-out.tsv", spans).model_copy(update=about)
    bench.source = bench.source.model_copy(update={"left_out": left_out})

    staged = bench.run()

    expected = bench.expected().splitlines(keepends=True)
    assert bench_text(bench.stage) == b"".join([expected[0], *expected[2:]])
    assert (staged.staged_records, staged.rejected_records) == (3599, 1)


@pytest.mark.parametrize("header", [b"day\tc2\tc1\n", b"day\tc1\n"])
def test_a_header_with_columns_in_other_places_stops_before_anything_leaves(
    tmp_path: Path, header: bytes
) -> None:
    bench = MaskBench(tmp_path)
    bench.config = masked_feed(HASH, None, format={"header": True})
    bench.source = source_file(tmp_path / "flights.tsv", b"\xef\xbb\xbf" + header + bench.text)

    with pytest.raises(SourceFileError, match="does not name the feed's columns in their order"):
        bench.run()

    assert bench.stage.files == {}
    bench.source = source_file(tmp_path / "flights.tsv", b"\xef\xbb\xbfDay\tC1\tc2\n" + bench.text)
    bench.run()
    assert bench_text(bench.stage) == bench.expected()


def test_a_file_without_a_header_whose_columns_changed_places_stops_before_anything_leaves(
    tmp_path: Path,
) -> None:
    bench = MaskBench(tmp_path)
    pattern = {**HASH, "pattern": "secret-[0-9]+"}
    bench.config = masked_feed(pattern, None, stage={"chunk_mib": 1})
    bench.run()
    assert bench_text(bench.stage) == bench.expected()
    rows = [row.split(b"\t") for row in bench.text.splitlines()]
    swapped = b"".join(b"\t".join([day, rest, value]) + b"\n" for day, value, rest in rows)
    bench.source = source_file(tmp_path / "flights.tsv", swapped)
    bench.stage = InMemoryStage()

    with pytest.raises(SourceFileError, match="column 2, which is masked, is not what the pattern") as caught:
        bench.run()

    assert (bench.stage.files, "secret" in str(caught.value)) == ({}, False)


def test_a_mask_before_staging_of_files_without_a_header_needs_a_pattern() -> None:
    mask = {"method": "fixed"}

    with pytest.raises(ValidationError, match=r"files without a header .* say in pattern"):
        masked_feed(mask)

    masked_feed(mask, format={"header": True})


def test_columns_that_only_the_file_has_do_not_move_the_masked_one(tmp_path: Path) -> None:
    bench = MaskBench(tmp_path)
    bench.config = masked_feed(HASH, None, format={"header": True})
    text = b"".join(b"\t".join([b"n", row]) for row in bench.text.splitlines(keepends=True))
    source = source_file(tmp_path / "flights.tsv", b"new\tday\tc1\tc2\n" + text)
    bench.source = source.model_copy(update={"header": ("NEW", "DAY", "C1", "C2")})

    bench.run()

    rows = bench.expected().splitlines(keepends=True)
    assert bench_text(bench.stage) == b"".join(b"n\t" + row for row in rows)


def test_another_key_starts_afresh(tmp_path: Path) -> None:
    bench = MaskBench(tmp_path)
    first, other = bench.run(), b"another key of some characters.."

    second = bench.run(other)

    assert (second.chunks_reused, bench_text(bench.stage)) == (0, bench.expected(other))
    assert first.mask != second.mask
    assert first.mask.partition(":")[0] == second.mask.partition(":")[0]
    assert "mask" in " ".join(event.message for event in bench.events if isinstance(event, Notice))
    assert len(StagingCheckpoints(bench.checkpoints).chunks()) == second.chunk_count


def bench_text(stage: InMemoryStage) -> bytes:

    contents = [stage.files[name] for name in sorted(stage.files)]
    return b"".join(zstandard.ZstdDecompressor().decompressobj().decompress(content) for content in contents)


@pytest.mark.parametrize("key", [b"", b"too short"])
def test_a_missing_or_short_key_is_refused(tmp_path: Path, key: bytes) -> None:
    with pytest.raises(ConnectionMissingError, match="masks"):
        open_masking(masked_feed(HASH), key)


@pytest.mark.parametrize(
    ("sections", "mask", "fault"),
    [
        ({"qc": {"key": ["c"]}}, {"method": "fixed", "where": "before_stage"}, "can only be hashed"),
        ({"format": {"delimiter": "a"}}, HASH, "would write the delimiter"),
        ({"format": {"null_markers": ["***"]}}, {"method": "fixed", "where": "before_stage"}, "null_markers"),
        ({"stage": {"as_is_mib": 1}}, HASH, "cannot be staged as it is"),
        (
            {"format": {"encoding": "ISO88591"}},
            {"method": "fixed", "where": "before_stage", "value": "€"},
            "what ISO88591 does not hold",
        ),
    ],
)
def test_what_cannot_be_masked_is_a_fault_of_the_config(
    sections: dict[str, Any], mask: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        feed(columns=["day", {"name": "c", "mask": mask}], **{"mask_conn_id": "masks", **sections})
