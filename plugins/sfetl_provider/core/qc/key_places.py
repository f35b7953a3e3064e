"""Where the records stand whose key is quoted: asked only once there are duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.qc.key_report import KeyPlace
from sfetl_provider.core.qc.key_scan import FoundKey, KeyScan, KeySource
from sfetl_provider.core.qc.record_block import record_blocks
from sfetl_provider.core.qc.rule_samples import Place, quote_records
from sfetl_provider.core.qc.scan import shape_of
from sfetl_provider.core.qc.structure import Structure
from sfetl_provider.core.tsv.text_file import open_text_file

PLACES = 3


def find_places(
    keys: Sequence[FoundKey], files: Sequence[tuple[KeySource, int]], scan: KeyScan, config: FeedConfig
) -> list[tuple[KeyPlace, ...]]:
    """Give the first places of each key, in the order of files and lines, at most three.

    `files` come with their number of records as DuckDB counts them. Reads each file that is needed three times: in
    order by DuckDB, its bytes for the structure, and its bytes up to the last place.
    """
    places: list[list[KeyPlace]] = [[] for _ in keys]
    for number, (file, records) in enumerate(files):
        wanted = [
            index
            for index, key in enumerate(keys)
            if len(places[index]) < PLACES and number in dict(key.files)
        ]
        if wanted:
            found = _places_in(file, records, [keys[index] for index in wanted], scan, config)
            for index, of_key in zip(wanted, found, strict=True):
                places[index] += of_key
    return [tuple(of_key[:PLACES]) for of_key in places]


def _places_in(
    file: KeySource, records: int, keys: Sequence[FoundKey], scan: KeyScan, config: FeedConfig
) -> list[list[KeyPlace]]:
    name = file.source.name
    if not _has_known_lines(file, records, config):
        return [[KeyPlace(file=name)] for _ in keys]
    numbers = scan.first_numbers(file, keys, PLACES)
    beginning, without_bad = file.beginning, file.source.left_out is not None
    place = Place(Path(file.source.path), beginning.start, beginning.header_lines, without_bad)
    quoted = quote_records(place, shape_of(config), {number for some in numbers for number in some})
    return [
        [
            KeyPlace(file=name, line=quoted[number].line, byte_offset=quoted[number].byte_offset)
            for number in some
        ]
        for some in numbers
    ]


def _has_known_lines(file: KeySource, records: int, config: FeedConfig) -> bool:
    """Tell whether the bytes hold the same records that DuckDB counts, so that a number finds a line."""
    structure = Structure(shape_of(config), 0, lines=file.beginning.header_lines)
    if structure.shape.columns == 1:
        return False
    with open_text_file(Path(file.source.path)) as text:
        for block in record_blocks(text, file.beginning.start, structure.shape):
            structure.add(block)
    good = structure.records - structure.empty_records - structure.bad_records
    return (file.source.left_out is not None or not structure.bad_records) and good == records
