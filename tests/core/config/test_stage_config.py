from __future__ import annotations

import pytest
from pydantic import ValidationError

from sfetl_provider.core.config.stage_model import StageConfig


def test_sizes_are_given_in_mib_and_used_in_bytes() -> None:
    config = StageConfig(chunk_mib=2, upload_timeout_mib_per_second=0.5)

    assert StageConfig(range_mib=3).range_bytes == 3 * 1024 * 1024
    assert StageConfig(range_mib=None).range_bytes is None
    assert (config.chunk_bytes, config.upload_timeout_bytes_per_second) == (2 * 1024 * 1024, 512 * 1024)


@pytest.mark.parametrize("level", ["auto", 1, 19])
def test_a_level_is_a_number_or_auto(level: int | str) -> None:
    assert StageConfig.model_validate({"zstd_level": level}).zstd_level == level


@pytest.mark.parametrize("level", [0, 20, 1.5, True, "fast", None])
def test_other_levels_are_refused(level: object) -> None:
    with pytest.raises(ValidationError, match="a whole number from 1 to 19") as caught:
        StageConfig.model_validate({"zstd_level": level})

    assert [error["loc"] for error in caught.value.errors()] == [("zstd_level",)]
