"""A part of a detector's graph, from the image to some of its tensors, at any input size."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hitl_desktop import cache
from hitl_desktop.errors import ModelError
from hitl_desktop.inference.free_reshapes import free_reshapes
from hitl_desktop.translation import tr

_VERSION = 1
"""Of how graphs are cut; another one forgets those that are kept."""
_MOST_BYTES = 500_000_000
_LISTED = 3
"""Axes of a map that is laid out as a list of cells."""


def kept_cut(file: Path, sha256: str, outputs: tuple[str, ...]) -> Path | bytes:
    """The graph of `cut_graph` as a file in the cache; the graph itself where there can be none.

    The library that cuts takes 40 MB, and ONNX Runtime keeps a graph that is not in a file.

    Raises:
        ModelError: the graph cannot be cut there.
    """
    key = hashlib.blake2b("\0".join((str(_VERSION), sha256, *outputs)).encode(), digest_size=16).hexdigest()
    try:
        kept = cache.room("graphs") / f"{key}.onnx"
        if kept.is_file():
            return kept
    except OSError:
        return cut_graph(file, outputs)
    graph = cut_graph(file, outputs)
    with contextlib.suppress(OSError):  # a full disk: it is cut again the next time
        cache.keep(kept, graph)
        cache.trim(kept.parent, _MOST_BYTES)
        return kept
    return graph


def cut_graph(file: Path, outputs: tuple[str, ...]) -> bytes:
    """The part of a graph up to these tensors, with free height and width.

    Raises:
        ModelError: the graph cannot be cut there.
    """
    import onnx  # noqa: PLC0415 - heavy: only a job needs it

    try:
        model = onnx.shape_inference.infer_shapes(onnx.load(str(file)))
        cut(model.graph, outputs)
        free_reshapes(model.graph)
    except Exception as error:  # whatever a foreign graph provokes is translated, never dropped
        raise ModelError(
            tr("{name} cannot be cut at {features}.", name=file.name, features=", ".join(outputs)),
            hint=tr("Check the feature maps in its card."),
        ) from error
    for value in (*model.graph.input, *model.graph.output):
        sizes = list(value.type.tensor_type.shape.dim)
        axes = [
            n for n, dim in enumerate(sizes) if n and not (n in (1, _LISTED) and dim.dim_value == _LISTED)
        ]
        for axis in axes[
            len(sizes) != _LISTED and axes[:1] == [1] :
        ]:  # [1, cells, C], [1, C, h, w], [1, h, w, 3]
            sizes[axis].ClearField("dim_value")
            sizes[axis].dim_param = f"{value.name}_{axis}"
    del model.graph.value_info[:]
    return model.SerializeToString()


def cut(graph: Any, outputs: Sequence[str]) -> None:
    """Leave only what leads to these tensors, which become the outputs.

    Raises:
        KeyError: the graph computes no such tensor.
    """
    import onnx  # noqa: PLC0415 - heavy: only a job needs it

    known = {value.name: value for value in (*graph.value_info, *graph.output)}
    wanted, kept = set(outputs), list[Any]()
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    if missing := set(outputs) - {name for node in kept for name in node.output}:
        raise KeyError(*missing)
    initialisers = [constant for constant in graph.initializer if constant.name in wanted]
    declared = [known.get(name) or onnx.ValueInfoProto(name=name) for name in outputs]
    inputs = [value for value in graph.input if value.name in wanted]
    fields = {"node": kept[::-1], "initializer": initialisers, "input": inputs, "output": declared}
    for field, values in fields.items():
        del getattr(graph, field)[:]
        getattr(graph, field).extend(values)
