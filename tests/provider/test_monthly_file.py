"""Waiting for a month's files: the trigger on a real folder, and what the sensor makes of its event."""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from sfetl_provider.core.errors import FilesMissingError
from sfetl_provider.core.plan.delivery import DeliveredFiles
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.sensors.monthly_file import MAX_FILES, MonthlyFileSensor
from sfetl_provider.triggers import monthly_file
from sfetl_provider.triggers.monthly_file import MonthlyFileTrigger
from tests.core.fakes import source_file
from tests.core.load_samples import sample_config, sample_plan

FOREVER = time.time() + 1e6


def trigger_on(folder: Path, kind: type[MonthlyFileTrigger] = MonthlyFileTrigger, **changes: Any) -> Any:
    settings = {
        "base_path": str(folder),
        "patterns": ["sales_*.tsv"],
        "explicit": [],
        "poll_seconds": 0.01,
        "still_seconds": 0.0,
        "deadline": FOREVER,
    }
    return kind(**{**settings, **changes})


async def events_of(trigger: MonthlyFileTrigger) -> list[Any]:
    return [event.payload async for event in trigger.run()]


class _GrowingFolder(MonthlyFileTrigger):
    """Watches a file that has grown at each of the first looks, and then rests."""

    looks = 0

    async def _look(self) -> DeliveredFiles:
        self.looks += 1
        if self.looks <= 3:
            with (Path(self.base_path) / "sales_1.tsv").open("a") as file:
                file.write("line\n")
        return await super()._look()


def test_files_that_are_still_are_found(tmp_path: Path) -> None:
    (tmp_path / "sales_1.tsv").write_text("a\n")
    (tmp_path / "sales_2.tsv").write_text("bc\n")

    (event,) = asyncio.run(events_of(trigger_on(tmp_path, still_seconds=0.05)))

    assert event["status"] == "found"
    assert [(file["name"], file["size_bytes"]) for file in event["files"]] == [
        ("sales_1.tsv", 2),
        ("sales_2.tsv", 3),
    ]
    json.dumps(event)


def test_a_file_that_grows_is_waited_for_until_it_rests(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, _GrowingFolder, still_seconds=0.15)

    (event,) = asyncio.run(events_of(trigger))

    assert event["status"] == "found"
    assert event["files"][0]["size_bytes"] == 3 * len("line\n")
    assert trigger.looks > 3


def test_no_file_until_the_deadline_is_a_timeout(tmp_path: Path) -> None:
    (tmp_path / "other.tsv").write_text("a\n")

    assert asyncio.run(events_of(trigger_on(tmp_path, deadline=0))) == [{"status": "timeout", "missing": ""}]


def test_a_file_still_growing_at_the_deadline_is_a_timeout(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, _GrowingFolder, still_seconds=60, deadline=0)

    assert asyncio.run(events_of(trigger)) == [{"status": "timeout", "missing": ""}]


def test_it_comes_back_from_the_triggerers_database_as_it_was(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, explicit=["a.tsv"], still_seconds=7.5)

    path, arguments = trigger.serialize()
    module, _, name = path.rpartition(".")
    again = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(arguments)))

    assert type(again) is MonthlyFileTrigger
    assert again.serialize() == trigger.serialize()


def test_a_folder_that_hangs_does_not_hold_up_other_triggers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sales_1.tsv").write_text("a\n")
    another_trigger_ran = threading.Event()
    find = monthly_file.find_delivery

    def find_slowly(*arguments: Any) -> DeliveredFiles:
        assert another_trigger_ran.wait(30), "the event loop stood still"
        return find(*arguments)

    monkeypatch.setattr(monthly_file, "find_delivery", find_slowly)

    async def both() -> list[Any]:
        waiting = asyncio.create_task(events_of(trigger_on(tmp_path)))
        await asyncio.sleep(0)
        another_trigger_ran.set()
        return await waiting

    assert asyncio.run(both())[0]["status"] == "found"


def sensor_for(folder: Path, still_seconds: float = 30, **plan: Any) -> MonthlyFileSensor:
    files = {"patterns": ["sales_{month}*.tsv"], "timeout_seconds": 3600, "still_seconds": still_seconds}
    return MonthlyFileSensor(
        task_id="wait_for_files",
        feed=sample_config(files=files),
        plan=sample_plan(base_path=str(folder), **plan).to_json(),
    )


def test_the_sensor_hands_over_at_once_what_must_be_watched_for_long(tmp_path: Path) -> None:
    (tmp_path / "sales_2013-01.tsv").write_text("a\n")

    with pytest.raises(TaskDeferred) as deferred:
        sensor_for(tmp_path).execute({})

    trigger = deferred.value.trigger
    assert isinstance(trigger, MonthlyFileTrigger)
    assert (trigger.base_path, trigger.patterns, trigger.explicit) == (
        str(tmp_path),
        ["sales_2013-01*.tsv"],
        [],
    )
    assert deferred.value.method_name == "execute_complete"


def test_files_that_are_there_are_watched_for_a_moment_without_the_triggerer(tmp_path: Path) -> None:
    sensor = sensor_for(tmp_path, still_seconds=0.05)
    with pytest.raises(TaskDeferred):
        sensor.execute({})
    (tmp_path / "sales_2013-01.tsv").write_text("a\n")

    (file,) = sensor.execute({})

    assert SourceFile.from_json(file).name == "sales_2013-01.tsv"


def test_a_file_that_does_not_rest_soon_is_left_to_the_triggerer(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, _GrowingFolder, still_seconds=0.15)
    (tmp_path / "sales_1.tsv").write_text("a\n")

    assert asyncio.run(trigger.glance(0.2)) is None


def test_explicit_files_go_to_the_trigger(tmp_path: Path) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor_for(tmp_path, explicit_files=("a.tsv", "b.tsv")).execute({})

    assert deferred.value.trigger.explicit == ["a.tsv", "b.tsv"]  # type: ignore[attr-defined]


def test_the_sensor_returns_what_the_trigger_found(tmp_path: Path) -> None:
    (tmp_path / "sales_1.tsv").write_text("a\n")
    (event,) = asyncio.run(events_of(trigger_on(tmp_path)))

    files = sensor_for(tmp_path).execute_complete({}, event)

    assert [SourceFile.from_json(file).path for file in files] == [str(tmp_path / "sales_1.tsv")]


def test_after_a_timeout_the_sensor_names_what_it_looked_for_and_saw(tmp_path: Path) -> None:
    (tmp_path / "sales_2013-1.tsv").write_text("a\n")

    with pytest.raises(FilesMissingError) as caught:
        sensor_for(tmp_path).execute_complete({}, {"status": "timeout"})

    assert "within 3600 s: looked for sales_2013-01*.tsv" in caught.value.what
    assert "The nearest names there: sales_2013-1.tsv." in caught.value.what


def test_more_files_than_airflow_can_map_over_are_refused(tmp_path: Path) -> None:
    file = source_file(tmp_path / "a", b"a").to_json()

    with pytest.raises(FilesMissingError, match=f"{MAX_FILES + 1} files match"):
        sensor_for(tmp_path).execute_complete({}, {"status": "found", "files": [file] * (MAX_FILES + 1)})
    assert (
        len(sensor_for(tmp_path).execute_complete({}, {"status": "found", "files": [file] * MAX_FILES}))
        == 1000
    )


def test_a_delivery_that_is_not_complete_is_told_with_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "sales_1.tsv").write_text("a\n")
    trigger = trigger_on(tmp_path, deadline=0, delivery={"expected": 2})
    (event,) = asyncio.run(events_of(trigger))

    with pytest.raises(FilesMissingError, match=r"1 of 2 files are there \(sales_1.tsv\)"):
        sensor_for(tmp_path).execute_complete({}, event)


def test_more_files_than_the_delivery_has_are_refused_at_once(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"sales_{number}.tsv").write_text("a\n")
    (event,) = asyncio.run(events_of(trigger_on(tmp_path, delivery={"expected": 1})))

    with pytest.raises(FilesMissingError, match=r"2 files are there instead of 1: sales_1.tsv, sales_2.tsv"):
        sensor_for(tmp_path).execute_complete({}, event)
