"""What is read from a model file without running it, and the graph with free sizes."""

from __future__ import annotations

from pathlib import Path

from hitl_desktop.errors import ModelError
from hitl_desktop.translation import tr

_COLOURS = 3


def free_graph(file: Path) -> bytes:
    """The graph without the sizes it declares for its inputs and outputs.

    Raises:
        ModelError: it cannot be read.
    """
    import onnx  # noqa: PLC0415 - heavy: only files that declare wrong sizes need it

    try:
        model = onnx.load(str(file))
    except Exception as error:
        raise ModelError(
            tr("{name} cannot be read ({error}).", name=file.name, error=error), hint=tr("Export it again.")
        ) from error
    for value in (*model.graph.input, *model.graph.output):
        for number, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_value != _COLOURS or number not in (1, 3):
                dim.dim_param = f"{value.name}_{number}"
    del model.graph.value_info[:]
    return model.SerializeToString()


def metadata_of(file: Path) -> dict[str, str]:
    """What a file carries beside its graph, read without loading the graph; empty if it cannot be read."""
    import onnx  # noqa: PLC0415 - heavy: only files without a card need it

    try:
        model = onnx.load(str(file), load_external_data=False)
    except Exception:  # noqa: BLE001 - why it cannot be loaded, the runtime gives in words
        return {}
    return {entry.key: entry.value for entry in model.metadata_props}
