"""One ONNX Runtime session, with its errors in words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.errors import ModelError

FloatArray = NDArray[np.float32]

PROVIDER = "CPU"
"""The execution provider that really runs."""


class Session:
    """A loaded graph on the CPU; computing releases the interpreter, so other threads go on."""

    def __init__(self, file: Path, *, threads: int | None = None, graph: bytes | None = None) -> None:
        """Load a file, or the `graph` that was made from it.

        `threads` defaults to one less than there are processors, so that the window keeps one.

        Raises:
            ModelError: it is missing, damaged, or no ONNX file.
        """
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at import: its wheels would call home, and this works offline
        import onnxruntime as ort  # noqa: PLC0415 - heavy: imported in the first job that needs it

        if not file.is_file():
            raise ModelError(f"There is no model file {file}.", hint="Check the name, or choose another model.")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or max(1, (os.cpu_count() or 2) - 1)
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session: Any = ort.InferenceSession(
                graph or str(file), options, providers=[f"{PROVIDER}ExecutionProvider"]
            )
        except Exception as error:  # whatever a foreign file provokes is translated, never dropped
            raise ModelError(
                f"{file.name} is not an ONNX model that can be loaded ({_first_line(error)}).",
                hint="Choose another file, or export the model again.",
            ) from error
        self.name = file.name
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.input_name: str = self._session.get_inputs()[0].name
        self.input_shape: list[int | str] = list(self._session.get_inputs()[0].shape)
        self.output_shapes: dict[str, list[int | str]] = {o.name: list(o.shape) for o in self._session.get_outputs()}
        self.output_names = list(self.output_shapes)

    def run(self, outputs: Sequence[str], batch: FloatArray | NDArray[np.uint8]) -> list[FloatArray]:
        """The named outputs for one input batch.

        Raises:
            ModelError: the model failed on it.
        """
        try:
            return self._session.run(list(outputs), {self.input_name: batch})
        except Exception as error:  # whatever a foreign graph provokes is translated, never dropped
            raise ModelError(
                f"{self.name} failed while running ({_first_line(error)}).", hint="Check the input size in its card."
            ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
