"""From upright RGB images to the input a model card asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.model_card import MOST_SIDE, InputSpec, Layout, ModelCard
from hitl_desktop.inference.session import FloatArray, Session
from hitl_desktop.translation import tr


class Placement(NamedTuple):
    """Where an image lies in the network's input: `input = image * scale + offset`, x before y, in
    pixels."""

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float

    def to_image(self, xyxy: Boxes, width: int, height: int) -> Boxes:
        """Corner boxes in the input as x, y, w, h boxes in the image, clipped to it."""
        offset = np.array([self.offset_x, self.offset_y] * 2)
        scale = np.array([self.scale_x, self.scale_y] * 2)
        corners = np.clip((xyxy - offset) / scale, 0, np.array([width, height] * 2))
        return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)


def check_input(card: ModelCard, session: Session) -> None:
    """Refuse a model that cannot take images as `prepare` makes them, one at a time: [1, 3, height, width].

    Raises:
        ModelError: it takes another layout, number or size of images, or whole numbers where its card asks
            for
            fractions.
    """
    width, height = card.input.size
    wanted = [1, 3, height, width]
    shape = session.input_shape
    if 0 in card.input.size:
        raise ModelError(
            tr("The card of {name} has no input size.", name=session.name),
            hint=tr("Give it: size = [width, height]."),
        )
    is_declared = bool(shape)
    fits = len(shape) == len(wanted) and all(
        not isinstance(axis, int) or axis == size for axis, size in zip(shape, wanted, strict=True)
    )
    if is_declared and not fits:
        raise ModelError(
            tr(
                "{name} takes an input of {by}; its card asks for an image of {by_2}.",
                name=session.name,
                by=_by(shape),
                by_2=_by(wanted),
            ),
            hint=tr(
                "Correct the size in the card, or export the model for one image with its "
                "colours first (NCHW)."
            ),
        )
    if session.input_type.kind != "f":
        _check_whole_numbers(card, session)


def _by(shape: Sequence[int | str | None]) -> str:
    return " x ".join(str(axis or "any") for axis in shape)


def _check_whole_numbers(card: ModelCard, session: Session) -> None:
    mean, std = np.array(card.input.mean), np.array(card.input.std)
    ends = np.stack([-mean / std, (255 - mean) / std])
    limits = np.iinfo(session.input_type)
    if (ends % 1).any() or (abs(1 / std) % 1).any() or ends.min() < limits.min or ends.max() > limits.max:
        raise ModelError(
            tr(
                "{name} takes whole numbers ({input_type}), which mean and std of its card do not give.",
                name=session.name,
                input_type=session.input_type,
            ),
            hint=tr("Set mean to 0 and std to 1 in the card if it normalises images itself."),
        )


def prepare(image: RgbImage, spec: InputSpec, *, exact: bool = True) -> tuple[FloatArray, Placement]:
    """The image as normalised float32 [3, height, width], and where it lies in there.

    Resizing is the exact kind, the same on every machine and in exported graphs; or, for the models of others,
    the usual kind of OpenCV, with which they were tried.
    """
    import cv2  # noqa: PLC0415 - heavy: the window opens without it

    way = cv2.INTER_LINEAR_EXACT if exact else cv2.INTER_LINEAR

    width, height = spec.size if spec.resize != "multiple" else size_of_multiple(image, spec)
    if spec.resize in ("stretch", "multiple"):
        canvas = cv2.resize(image, (width, height), interpolation=way)
        placement = Placement(width / image.shape[1], height / image.shape[0], 0.0, 0.0)
    else:
        canvas, placement = _letterbox(image, width, height, spec, way)
    if spec.colour == "BGR":
        canvas = canvas[:, :, ::-1]
    mean = np.array(spec.mean, np.float32)
    std = np.array(spec.std, np.float32)
    normalised = (canvas.astype(np.float32) - mean) / std
    return np.ascontiguousarray(normalised.transpose(2, 0, 1)), placement


def laid_out(batch: FloatArray, layout: Layout) -> FloatArray:
    """An input [3, height, width] in the order of axes that a graph takes."""
    axes = (1, 2, 0) if layout in ("NHWC", "HWC") else (0, 1, 2)
    ready = np.ascontiguousarray(batch.transpose(axes))
    return ready[None] if "N" in layout else ready


def size_of_multiple(image: RgbImage, spec: InputSpec) -> tuple[int, int]:
    """Width and height of the input of an image, rounded up to multiples."""
    height, width = image.shape[:2]
    longest = spec.longest or MOST_SIDE
    shrink = min(1.0, longest / max(width, height))
    columns, rows = (max(1, -(-round(n * shrink) // spec.multiple)) for n in (width, height))
    return columns * spec.multiple, rows * spec.multiple


def _letterbox(
    image: RgbImage, width: int, height: int, spec: InputSpec, way: int
) -> tuple[RgbImage, Placement]:
    import cv2  # noqa: PLC0415 - heavy: the window opens without it

    scale = min(width / image.shape[1], height / image.shape[0])
    new_width = max(1, round(image.shape[1] * scale))
    new_height = max(1, round(image.shape[0] * scale))
    left, top = (width - new_width) // 2, (height - new_height) // 2
    if spec.resize == "top_left":
        left = top = 0
    canvas = np.full((height, width, 3), spec.pad, np.uint8)
    canvas[top : top + new_height, left : left + new_width] = cv2.resize(
        image, (new_width, new_height), interpolation=way
    )
    return canvas, Placement(new_width / image.shape[1], new_height / image.shape[0], left, top)
