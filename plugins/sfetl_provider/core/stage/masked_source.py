"""What hides the columns of a source, once it is sure that they stand where the config says."""

from __future__ import annotations

from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.qc.header import header_faults
from sfetl_provider.core.stage.layout import Layout
from sfetl_provider.core.stage.masking import Masking, open_masking
from sfetl_provider.core.tsv.text_file import open_text_file


def mask_source(path: Path, layout: Layout, config: FeedConfig, key: bytes) -> Masking | None:
    """Give what hides the feed's columns in a file, None when it masks none; errors also as `open_masking`.

    `layout` is that of the whole file. QC may still read it, so that two columns that changed places could be told
    when one of them has left in the clear: a header that does not name the feed's columns in their order raises
    SourceFileError here. In a file without a header the values tell, by the patterns that the config then has.
    """
    masking = open_masking(config, key)
    if masking is not None and layout.header_records:
        with open_text_file(path) as text:
            text.seek(layout.mark_bytes)
            header = text.read(layout.body_start - layout.mark_bytes)
        if header_faults(header, config.column_names, config.format):
            raise SourceFileError(
                f"The header of {path} does not name the feed's columns in their order: values could be masked in"
                " the wrong column.",
                safe="Nothing of it was uploaded.",
                next_step="QC says where it differs; correct the file or the feed's columns.",
            )
    return masking
