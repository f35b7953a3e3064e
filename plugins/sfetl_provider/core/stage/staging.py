"""Which way a source goes to the stage."""

from __future__ import annotations

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.events import Listener, ignore_events
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.stage.as_is import stage_as_is
from sfetl_provider.core.stage.run import StagePorts, stage_file, stage_range
from sfetl_provider.core.stage.set_upload import stage_carried
from sfetl_provider.core.stage.staged_file import StagedFile, StagedRange


def stage_source(
    source: SourceFile,
    plan: MonthPlan,
    config: FeedConfig,
    ports: StagePorts,
    listener: Listener = ignore_events,
) -> StagedFile | StagedRange:
    """Stage what one task got: the chunks of a carried set, a byte range, or a whole file."""
    if plan.chunk_set:
        return stage_carried(source, plan, config, ports, listener)
    if source.byte_range:
        return stage_range(source, plan, config, ports, listener)
    return stage_whole(source, plan, config, ports, listener)


def stage_whole(
    source: SourceFile,
    plan: MonthPlan,
    config: FeedConfig,
    ports: StagePorts,
    listener: Listener = ignore_events,
) -> StagedFile:
    """Stage a whole file: as it is, where the config wants that and the file is fit for it, else as chunks."""
    staged = stage_as_is(source, plan, config, ports, listener)
    return staged or stage_file(source, plan, config, ports, listener)
