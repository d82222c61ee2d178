"""What a graph gives for some images, fed in one way and another, computed when it is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.families.outputs import Arrays, Clues
from hitl_desktop.inference.graph_detector import as_batch
from hitl_desktop.inference.model_card import InputSpec
from hitl_desktop.inference.recognition.graph_shape import GraphShape


class ProbeRuns:
    """The graph's outputs for each image and way of feeding it, computed when they are asked for."""

    def __init__(self, shape: GraphShape, images: Sequence[RgbImage], budget: float) -> None:
        self.shape, self.images = shape, images
        self._end = time.monotonic() + budget
        self._arrays: dict[tuple[InputSpec, int], tuple[Arrays, Clues, object] | None] = {}
        self.seconds_an_image = 0.0
        self.first_arrays: Arrays = {}

    @property
    def is_late(self) -> bool:
        """Whether the time for trying is over."""
        return time.monotonic() > self._end

    def of(self, spec: InputSpec, number: int) -> tuple[Arrays, Clues, object] | None:
        """Outputs, input size and placement; None if the graph fails or time has run out."""
        key = (spec, number)
        if key not in self._arrays:
            self._arrays[key] = None if self.is_late and self._arrays else self._run(spec, number)
        return self._arrays[key]

    def _run(self, spec: InputSpec, number: int) -> tuple[Arrays, Clues, object] | None:
        batch, placement, size = as_batch(self.images[number], spec)
        began = time.perf_counter()
        names = self.shape.session.output_names
        try:
            arrays = dict(zip(names, self.shape.session.run(names, batch), strict=True))
        except ModelError:
            if not self._arrays:
                raise
            return None
        self.seconds_an_image = time.perf_counter() - began
        if not self.first_arrays:
            self.first_arrays = arrays
        return arrays, Clues(size, None, self.shape.session.metadata), placement

    def all_arrays(self) -> Iterator[Arrays]:
        """What it gave so far, first where nothing is empty."""
        given = [run[0] for run in self._arrays.values() if run is not None]
        yield from sorted(given, key=lambda arrays: not all(a.size for a in arrays.values()))

    def usable(self, ways: Sequence[InputSpec]) -> list[InputSpec]:
        """Ways that the input's type takes."""
        if self.shape.session.input_type.kind == "f":
            return list(ways)
        whole = [w for w in ways if set(w.std) == {1.0} and set(w.mean) == {0.0}]
        return sorted(whole, key=lambda way: way.colour != "RGB")  # networks for bytes come from TensorFlow
