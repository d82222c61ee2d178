"""On what models run: the execution providers of the installed ONNX Runtime, and the one chosen on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hitl_desktop.errors import ModelError
from hitl_desktop.settings import CPU, PROVIDER, Settings
from hitl_desktop.translation import tr

VARIABLE: Final = "HITL_PROVIDER"
"""Overrides the setting, for one run."""
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        CPU: "CPUExecutionProvider",
        "CUDA": "CUDAExecutionProvider",
        "TensorRT": "TensorrtExecutionProvider",
        "DirectML": "DmlExecutionProvider",
        "CoreML": "CoreMLExecutionProvider",
        "OpenVINO": "OpenVINOExecutionProvider",
        "ROCm": "ROCMExecutionProvider",
        "MIGraphX": "MIGraphXExecutionProvider",
    }
)


def available() -> list[str]:
    """The providers that the installed ONNX Runtime offers, by the names of this program."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at import: it would call home, and this works offline
    import onnxruntime as ort  # noqa: PLC0415 - heavy: imported in the first job that needs it

    offered = set(ort.get_available_providers())
    return [name for name, its in _NAMES.items() if its in offered]


def chosen() -> str:
    """The provider that models are to run on."""
    return os.environ.get(VARIABLE) or Settings().text(PROVIDER)


def for_session(name: str) -> list[str]:
    """The providers of a session: the chosen one, and the CPU for operators that it lacks.

    Raises:
        ModelError: the installed ONNX Runtime does not offer it.
    """
    offered = available()
    if name not in offered:
        raise ModelError(
            tr(
                "Models cannot run on {name} here; there is: {offered}.",
                name=name,
                offered=", ".join(offered),
            ),
            hint=tr(
                "Choose another one in Model > Detectors, or install the ONNX Runtime for {name}.", name=name
            ),
        )
    return list(dict.fromkeys([_NAMES[name], _NAMES[CPU]]))


def check_runs(name: str, running: list[str]) -> None:
    """Refuse to go on where the runtime fell back to the CPU without a word.

    Raises:
        ModelError: a session does not run on the provider that was chosen.
    """
    if running[:1] != [_NAMES[name]]:
        raise ModelError(
            tr("The model does not run on {name}: ONNX Runtime fell back to the CPU.", name=name),
            hint=tr("Check its drivers, or choose the CPU in Model > Detectors."),
        )
