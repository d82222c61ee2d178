"""A part of a detector's graph, from the image to some of its tensors, at any input size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hitl_desktop.errors import ModelError
from hitl_desktop.translation import tr

_LISTED = 3
"""Axes of a map that is laid out as a list of cells."""


def cut_graph(file: Path, outputs: tuple[str, ...]) -> bytes:
    """The part of a graph up to these tensors, with free height and width.

    Raises:
        ModelError: the graph cannot be cut there.
    """
    import onnx  # noqa: PLC0415 - heavy: only a job needs it
    from onnx.utils import Extractor  # noqa: PLC0415

    try:
        whole = onnx.load(str(file))
        inputs = [
            i.name for i in whole.graph.input if i.name not in {k.name for k in whole.graph.initializer}
        ]
        part = Extractor(whole).extract_model(inputs, list(outputs))
        _free_reshapes(part.graph)
    except Exception as error:  # whatever a foreign graph provokes is translated, never dropped
        raise ModelError(
            tr("{name} cannot be cut at {features}.", name=file.name, features=", ".join(outputs)),
            hint=tr("Check the feature maps in its card."),
        ) from error
    for value in (*part.graph.input, *part.graph.output):
        sizes = list(value.type.tensor_type.shape.dim)
        for axis in range(1 if len(sizes) == _LISTED else 2, len(sizes)):  # [1, cells, C] or [1, C, h, w]
            sizes[axis].ClearField("dim_value")
            sizes[axis].dim_param = f"{value.name}_{axis}"
    del part.graph.value_info[:]
    return part.SerializeToString()


def _free_reshapes(graph: Any) -> None:
    """Let maps be laid out as lists of cells however many there are: the number is written into such graphs."""
    from onnx import numpy_helper  # noqa: PLC0415 - heavy: only a job needs it

    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for constant in graph.initializer:
        if constant.name in shapes:
            shape = numpy_helper.to_array(constant)
            if shape.size == _LISTED and (shape > 0).all():
                freed = np.concatenate([shape[:2], [-1]]).astype(shape.dtype)
                constant.CopyFrom(numpy_helper.from_array(freed, constant.name))
