"""How many threads are fastest here is measured once for a machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hitl_desktop.settings import THREADS, Settings
from hitl_desktop.workflows.detection import threads


def test_it_is_measured_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "settings.json")
    found = threads.best_threads(settings)
    assert 1 <= found <= (os.cpu_count() or 1)
    assert Settings(tmp_path / "settings.json").number(THREADS) == found
    monkeypatch.setattr(threads, "load_detector", None)  # it would fail
    assert threads.best_threads(Settings(tmp_path / "settings.json")) == found


def test_a_measurement_of_a_machine_with_more_processors_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set(THREADS, 4000)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert threads.best_threads(settings) == 1


@pytest.mark.parametrize(
    ("processors", "tried"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (16, [1, 2, 4, 8, 16])]
)
def test_a_few_numbers_are_tried(processors: int, tried: list[int]) -> None:
    assert threads._counts(processors) == tried
