"""Models run on what was chosen, or say why they do not."""

from __future__ import annotations

import pytest

from hitl_desktop.errors import ModelError
from hitl_desktop.inference import providers
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card
from hitl_desktop.inference.session import Session
from hitl_desktop.settings import CPU, PROVIDER, Settings


def test_the_processor_is_there_and_the_default() -> None:
    assert CPU in providers.available()
    assert providers.chosen() == CPU


def test_a_choice_is_kept_for_this_machine_and_overridden_for_one_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Settings().set(PROVIDER, "CUDA")
    assert providers.chosen() == "CUDA"
    monkeypatch.setenv(providers.VARIABLE, CPU)
    assert providers.chosen() == CPU


def test_what_is_not_there_is_no_reason_to_run_on_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(providers.VARIABLE, "TensorRT")
    with pytest.raises(ModelError, match="cannot run on TensorRT here; there is: CPU"):
        Session(find_card(DEFAULT_DETECTOR).file)


def test_a_fall_back_is_no_secret() -> None:
    providers.check_runs(CPU, ["CPUExecutionProvider"])
    with pytest.raises(ModelError, match="fell back to the CPU"):
        providers.check_runs("CUDA", ["CPUExecutionProvider"])
