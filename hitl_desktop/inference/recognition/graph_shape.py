"""What a graph takes, as it turns out when it is run: layout, size, and whether what it declares is true."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.families.outputs import Arrays, Size
from hitl_desktop.inference.graph_detector import sized
from hitl_desktop.inference.graph_file import free_graph
from hitl_desktop.inference.model_card import MOST_SIDE, InputSpec, Layout
from hitl_desktop.inference.recognition.refusals import Refusal, gives_image, refusal
from hitl_desktop.inference.session import Session
from hitl_desktop.translation import tr

_USUAL_SIDES = (640, 416, 320, 512, 300, 224, 800, 1024, 1200)
_SMALLEST = 48
"""A declared side below this is a mistake of the exporter."""
_COLOURS = 3
_A_PHOTO = 64


@dataclass(frozen=True, slots=True)
class GraphShape:
    """A graph that runs, how its input is laid out, and at what size."""

    session: Session
    size: Size
    layout: Layout
    is_free: bool
    frees_size: bool

    def fed(self, way: InputSpec) -> InputSpec:
        """A way of feeding networks, for this graph."""
        if way.resize == "multiple" and not self.is_free:
            way = msgspec.structs.replace(way, resize="stretch")
        return sized(way, self.size, self.layout, frees_size=self.frees_size)

    @property
    def has_size_input(self) -> bool:
        """Whether it also takes the size of the image."""
        return self.session.takes_sizes

    def refusal(self, arrays: Arrays) -> Refusal:
        """Why outputs cannot be those of a detector, or of none that is known."""
        return refusal(self.session.name, arrays, self.size)


def shape_of(file: Path) -> GraphShape:
    """Load a file and find out at what size it runs.

    Raises:
        ModelError: it cannot be loaded, takes no image, gives an image back, or fails at every usual size.
    """
    session = Session(file)
    _refuse_image_to_image(session)
    layout = _layout(session)
    declared = [_declared(side) for side in _sides(session.input_shape, layout)]
    sides = [side for side in declared if side]
    is_whole, is_odd = len(sides) == len(declared), _is_odd(sides, session, layout)
    if is_whole and not is_odd:
        return _as_declared(file, session, layout, (sides[1], sides[0]))
    return _at_some_size(file, _freed(file) if is_odd else session, layout, sides, is_odd=is_odd)


def _declared(side: int | str) -> int:
    """A side in pixels; 0 where it is free."""
    return side if isinstance(side, int) and side > 0 else 0


def _is_odd(sides: Sequence[int], session: Session, layout: Layout) -> bool:
    """Whether the declared size is one that no exporter can have meant, or for several images at once."""
    batch = session.input_shape[0] if "N" in layout else 1
    return any(side < _SMALLEST for side in sides) or (isinstance(batch, int) and batch > 1)


def _as_declared(file: Path, session: Session, layout: Layout, size: Size) -> GraphShape:
    error = _failure(session, size, layout)
    if error is None:
        return GraphShape(session, size, layout, is_free=False, frees_size=False)
    freed = _freed(file)
    if freed is None or _failure(freed, size, layout) is not None:
        raise error
    return GraphShape(freed, size, layout, is_free=True, frees_size=True)


def _at_some_size(
    file: Path, session: Session | None, layout: Layout, sides: Sequence[int], *, is_odd: bool
) -> GraphShape:
    last: ModelError | None = None
    squares = [(side, side) for side in (*(s for s in sides if s >= _SMALLEST), *_USUAL_SIDES)]
    for size in (*_trained_at(session), *squares):
        if session is None:
            break
        last = _failure(session, size, layout)
        if last is None:
            return GraphShape(session, size, layout, is_free=True, frees_size=is_odd)
    raise last or ModelError(
        tr("{name} declares an input that no image fits.", name=file.name),
        hint=tr("Export it with a fixed input size and a batch size of 1."),
    )


def _trained_at(session: Session | None) -> list[Size]:
    """The size that the metadata names, as Ultralytics writes it: [height, width]."""
    numbers = [int(n) for n in re.findall(r"\d+", session.metadata.get("imgsz", "") if session else "")]
    return [(numbers[1], numbers[0])] if len(numbers) == 2 and min(numbers) >= _SMALLEST else []


def _freed(file: Path) -> Session | None:
    try:
        return Session(file, graph=free_graph(file))
    except (ModelError, ValueError):
        return None


def _refuse_image_to_image(session: Session) -> None:
    shapes = list(session.output_shapes.values())
    if len(shapes) == 1 and len(shapes[0]) == 4 and shapes[0][1] == _COLOURS and session.input_rank == 4:
        raise gives_image(session.name)


def _layout(session: Session) -> Layout:
    shape = session.input_shape
    if len(shape) == 4:
        return "NHWC" if shape[3] == _COLOURS and shape[1] != _COLOURS else "NCHW"
    if len(shape) == 3:
        return "HWC" if shape[2] == _COLOURS and shape[0] != _COLOURS else "CHW"
    raise ModelError(
        tr(
            "{name} takes an input of {axes} axes, which is no image with three colours.",
            name=session.name,
            axes=len(shape),
        ),
        hint=tr("Choose a model that takes images."),
    )


def _sides(shape: Sequence[int | str], layout: str) -> tuple[int | str, int | str]:
    colours = shape[layout.index("C")]
    if isinstance(colours, int) and colours not in (_COLOURS, 0, -1):
        raise ModelError(
            tr("The model takes images of {colours} channels, not of three colours.", colours=colours),
            hint=tr("Choose a model for colour images."),
        )
    return shape[layout.index("H")], shape[layout.index("W")]


def _failure(session: Session, size: Size, layout: str) -> ModelError | None:
    """Why the graph does not run at a size; None if it does."""
    if max(size) > MOST_SIDE:
        return ModelError(
            tr(
                "{name} takes images of {size} pixels a side, which is more than memory allows.",
                name=session.name,
                size=max(size),
            ),
            hint=tr("Export it for a smaller input."),
        )
    shape = {"N": 1, "C": _COLOURS, "H": size[1], "W": size[0]}
    batch = np.full([shape[axis] for axis in layout], _A_PHOTO, np.float32)
    try:
        session.run(session.output_names, batch)
    except ModelError as error:
        return error
    return None
