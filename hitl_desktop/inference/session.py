"""One ONNX Runtime session, with its errors in words."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.errors import ModelError
from hitl_desktop.inference import providers
from hitl_desktop.inference.model_file import check_is_model, not_loadable, reason
from hitl_desktop.translation import tr

FloatArray = NDArray[np.float32]


_INPUT_TYPES: dict[str, np.dtype[Any]] = {
    f"tensor({name})": np.dtype(numpy_name)
    for name, numpy_name in (
        ("float", "float32"), ("float16", "float16"), ("double", "float64"), ("uint8", "uint8"), ("int8", "int8"),
        ("uint16", "uint16"), ("int16", "int16"), ("uint32", "uint32"), ("int32", "int32"), ("uint64", "uint64"),
        ("int64", "int64"), ("bool", "bool"),
    )
}  # fmt: skip


_COLOURS = 3
_OF_MASKS = (3, 4)
"""Axes of a mask of pixels: [1, h, w] or [1, 1, h, w]."""


def _beside_image(declared: Any) -> tuple[str, np.dtype[Any]] | None:
    """What an input beside the image is for: its size ("wh" or "hw") or "scale" where it is [1, 2], or the "mask"
    of its pixels; None for others."""
    shape = list(declared.shape)
    if len(shape) in _OF_MASKS and "mask" in declared.name.lower() and declared.type in _INPUT_TYPES:
        return "mask", _INPUT_TYPES[declared.type]
    if len(shape) != 2 or shape[1] != 2 or declared.type not in _INPUT_TYPES:
        return None
    name, dtype = declared.name.lower(), _INPUT_TYPES[declared.type]
    if "scale" in name:
        return "scale", dtype
    return ("hw" if "shape" in name else "wh"), dtype


@lru_cache(maxsize=1)
def _share_arena() -> None:
    """Let all sessions take their memory from one arena, which grows by what is asked for, not to powers of two."""
    import onnxruntime as ort  # noqa: PLC0415 - heavy: imported in the first job that needs it

    cpu = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    by_request = 1
    arena = ort.OrtArenaCfg({"arena_extend_strategy": by_request, "max_dead_bytes_per_chunk": 1024**2})
    ort.create_and_register_allocator(cpu, arena)


class Session:
    """A loaded graph; computing releases the interpreter, so other threads go on."""

    def __init__(self, file: Path, *, threads: int | None = None, graph: Path | bytes | None = None) -> None:
        """Load a file, or the `graph` that was made from it.

        `threads` defaults to one less than there are processors, so that the window keeps one.

        Raises:
            ModelError: it is missing, damaged, no ONNX file, or takes something else than one image.
        """
        os.environ["ORT_DISABLE_TELEMETRY"] = (
            "1"  # read at import: its wheels would call home, and this works offline
        )
        import onnxruntime as ort  # noqa: PLC0415 - heavy: imported in the first job that needs it

        check_is_model(file)
        wanted = providers.chosen()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or max(1, (os.cpu_count() or 2) - 1)
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_mem_pattern = False  # a plan for each input size, each with its own memory
        _share_arena()
        options.add_session_config_entry("session.use_env_allocators", "1")
        try:
            self._session: Any = ort.InferenceSession(
                graph if isinstance(graph, bytes) else str(graph or file),
                options,
                providers=providers.for_session(wanted),
                enable_fallback=0,  # to the same provider once more, with a notice on standard output
            )
        except ModelError:
            raise
        except Exception as error:  # whatever a foreign file provokes is translated, never dropped
            raise not_loadable(file, error) from error
        providers.check_runs(wanted, self._session.get_providers())
        self.name = file.name
        self._new_options: Callable[[], Any] = ort.RunOptions
        self._running: dict[int, Any] = {}
        self._waiting: dict[int, float] = {}
        self._waited: dict[int, float] = {}
        self._turn = threading.Lock()  # one image at a time: others get ready meanwhile
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)
        self.output_shapes: dict[str, list[int | str]] = {
            o.name: list(o.shape) for o in self._session.get_outputs()
        }
        self._take_input(self._session.get_inputs())
        self._output_types: dict[str, str] = {o.name: o.type for o in self._session.get_outputs()}
        self.output_names = list(self.output_shapes)

    def _take_input(self, every: Sequence[Any]) -> None:
        self._beside = {each.name: kind for each in every if (kind := _beside_image(each))}
        self._mask_sides = {
            each.name: tuple(side if isinstance(side, int) else 0 for side in each.shape[1:])
            for each in every
            if each.name in self._beside and self._beside[each.name][0] == "mask"
        }
        inputs = [each for each in every if each.name not in self._beside] if len(every) > 1 else every
        if not inputs:
            raise ModelError(
                tr("{name} has no input, so no image can be given to it.", name=self.name),
                hint=tr("Export the whole network, from the image to the boxes."),
            )
        if len(inputs) > 1 and [shape[1:2] for shape in self.output_shapes.values()] == [[_COLOURS]]:
            raise ModelError(
                tr("{name} is no detector: it turns an image into another image.", name=self.name),
                hint=tr("Choose a model that gives boxes."),
            )
        if len(inputs) > 1:
            names = ", ".join(each.name for each in inputs)
            raise ModelError(
                tr(
                    "{name} takes {inputs} inputs ({names}); models that take anything "
                    "beside one image cannot be run yet.",
                    name=self.name,
                    inputs=len(inputs),
                    names=names,
                ),
                hint=tr("Export it with the image as its only input."),
            )
        if inputs[0].type not in _INPUT_TYPES:
            wanted = inputs[0].type.removeprefix("tensor(").removesuffix(")")
            raise ModelError(
                tr(
                    "{name} takes {wanted} as input, which images cannot be turned into here.",
                    name=self.name,
                    wanted=wanted,
                ),
                hint=tr("Export it with a float32 input."),
            )
        self.input_name: str = inputs[0].name
        self.input_type: np.dtype[Any] = _INPUT_TYPES[inputs[0].type]
        self.input_shape: list[int | str] = list(inputs[0].shape)

    def run(self, outputs: Sequence[str], batch: FloatArray | NDArray[np.uint8]) -> list[FloatArray]:
        """The named outputs for one input batch, which is converted to the input's type; floats come as
        float32.

        Raises:
            ModelError: the model failed on it, was stopped, or computed NaN or infinity.
        """
        options = self._new_options()
        options.log_severity_level = 4
        thread = threading.get_ident()
        self._running[thread], self._waiting[thread] = options, time.monotonic()
        try:
            feeds = {self.input_name: self._converted(batch)} | self._sizes(batch)
            with self._turn:
                self._waited[thread] = self.waited(thread)
                del self._waiting[thread]
                found = self._session.run(list(outputs), feeds, options)
        except Exception as error:  # whatever a foreign graph provokes is translated, never dropped
            hint = tr("Check its family, input size and classes, or export it again.")
            if any("bfloat16" in self._output_types.get(name, "") for name in outputs):
                hint = tr("Its outputs are bfloat16, which cannot be read here: export it in float32.")
            raise ModelError(
                tr("{name} failed while running ({reason}).", name=self.name, reason=reason(error)), hint=hint
            ) from error
        finally:
            del self._running[thread]
            self._waiting.pop(thread, None)
        return [self._checked(name, values) for name, values in zip(outputs, found, strict=True)]

    @property
    def takes_sizes(self) -> bool:
        """Whether it takes the size of the image beside the image."""
        return any(kind != "mask" for kind, _ in self._beside.values())

    @property
    def input_rank(self) -> int:
        """How many axes the image has."""
        return len(self.input_shape)

    def stop(self, thread: int) -> None:
        """End what is being computed for a thread, at the next operator of the graph."""
        options = self._running.get(thread)
        if options is not None:
            options.terminate = True

    def waited(self, thread: int) -> float:
        """Seconds that a thread has waited for its turn while other images were computed."""
        since = self._waiting.get(thread)
        return self._waited.get(thread, 0.0) + (0.0 if since is None else time.monotonic() - since)

    def forget(self, thread: int) -> None:
        """Reset the waiting time of a thread: its number may be reused."""
        self._waited.pop(thread, None)

    def _sizes(self, batch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        if not self._beside:
            return {}
        height, width = batch.shape[-2:] if batch.shape[-3] == _COLOURS else batch.shape[-3:-1]
        return self.sizes(width, height)

    def sizes(self, width: int, height: int) -> dict[str, NDArray[Any]]:
        """What some graphs take beside images: their size in pixels, by which boxes are given then, or a scale."""
        given = {"wh": [[width, height]], "hw": [[height, width]], "scale": [[1, 1]]}
        found: dict[str, NDArray[Any]] = {}
        for name, (kind, dtype) in self._beside.items():
            if kind == "mask":
                *ones, rows, columns = self._mask_sides[name]
                shape = (1, *(side or 1 for side in ones), rows or height, columns or width)
                found[name] = np.ones(shape, dtype)
            else:
                found[name] = np.array(given[kind], dtype)
        return found

    def _converted(self, batch: NDArray[Any]) -> NDArray[Any]:
        if batch.dtype == self.input_type:
            return batch
        if self.input_type.kind == "f":
            return batch.astype(self.input_type)
        limits = np.iinfo(self.input_type)
        return np.clip(np.rint(batch), limits.min, limits.max).astype(self.input_type)

    def _checked(self, name: str, values: Any) -> FloatArray:
        if not isinstance(values, np.ndarray):
            raise ModelError(
                tr(
                    "{name} gives {name_2} as a {name_3}, not as an array.",
                    name=self.name,
                    name_2=name,
                    name_3=type(values).__name__,
                ),
                hint=tr("Export it without sequences and maps among its outputs."),
            )
        if values.dtype.kind != "f":
            return values
        if not np.isfinite(values).all():
            raise ModelError(
                tr("{name} computed NaN or infinity ({name_2}).", name=self.name, name_2=name),
                hint=tr(
                    "Check mean and std in its card; a model of half precision may need to "
                    "be exported in float32."
                ),
            )
        return values.astype(np.float32, copy=False)
