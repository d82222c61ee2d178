"""The class-agnostic box branch of the NanoDet family: the box that each cell would draw, whatever it is of."""

from __future__ import annotations

import logging
from functools import lru_cache

import msgspec
import numpy as np

from hitl_desktop.domain.box_field import BoxField, BoxGrid
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.graph_cut import kept_cut
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.model_file import check_is_model
from hitl_desktop.inference.preprocess import Placement, prepare
from hitl_desktop.inference.session import FloatArray, Session
from hitl_desktop.translation import tr

log = logging.getLogger(__name__)

FAMILIES = frozenset({"nanodet"})
"""Families with a box branch that does not depend on the class."""
_LARGER = 640 / 416
"""A second input size, for small objects, as a multiple of the card's: one alone gives fewer of both sizes."""


class BoxBranch:
    """A fully convolutional part of a detector, cut off at its distributions of side distances."""

    def __init__(self, card: ModelCard, session: Session) -> None:
        self.card = card
        self._session = session
        self._names = _outputs(card)
        self._takes_larger = True

    def field(self, image: RgbImage, size: tuple[int, int]) -> BoxField:
        """The boxes of every cell, in pixels of the image of this `size`, of which `image` may be a smaller view.

        Raises:
            ModelError: the graph does not give them.
        """
        own, larger = _input_sizes(self.card)
        grids = self._grids(image, size, own)
        if self._takes_larger:
            try:
                grids += self._grids(image, size, larger)
            except ModelError as error:  # its size is written into the graph
                log.info("boxes at a point at the input size of the card only: %s", error)
                self._takes_larger = False
        return BoxField(tuple(grids), size)

    def _grids(self, image: RgbImage, size: tuple[int, int], sides: tuple[int, int]) -> list[BoxGrid]:
        batch, placed = prepare(image, msgspec.structs.replace(self.card.input, size=sides))
        view = (image.shape[1] / size[0], image.shape[0] / size[1])
        whole = Placement(
            placed.scale_x * view[0], placed.scale_y * view[1], placed.offset_x, placed.offset_y
        )
        outputs = self._session.run(self._names, batch[None])
        grids: list[BoxGrid] = []
        for output, name, stride in zip(outputs, self._names, self.card.decode.strides, strict=True):
            columns, rows = (-(-side // stride) for side in sides)
            if output.ndim != 3 or output.shape[:2] != (1, rows * columns) or output.shape[2] % 4:
                raise ModelError(
                    tr(
                        "{name} gives {name_2} as {shape}; its card asks for {wanted}.",
                        name=self._session.name,
                        name_2=name,
                        shape=list(output.shape),
                        wanted=f"[1, {rows * columns}, 4 x bins]",
                    ),
                    hint=tr("Correct the size, the strides and the classes in the card."),
                )
            grids.append(grid_of(output[0], columns, stride, whole, size))
        return grids


def grid_of(
    logits: FloatArray, columns: int, stride: int, placed: Placement, size: tuple[int, int]
) -> BoxGrid:
    """Distributions [cells, 4 x bins] of the distances to left, top, right and bottom as boxes in the image."""
    bins = logits.shape[1] // 4
    values = logits.reshape(-1, columns, 4, bins).astype(np.float64)
    chances = np.exp(values - values.max(axis=3, keepdims=True))
    chances /= chances.sum(axis=3, keepdims=True)
    distances = chances @ np.arange(bins) * stride
    x, y = np.meshgrid(np.arange(columns), np.arange(len(values)))
    centres = (np.stack([x, y], axis=2) + 0.5) * stride
    corners = np.concatenate([centres - distances[..., :2], centres + distances[..., 2:]], axis=2)
    offset, scale = (
        np.array([placed.offset_x, placed.offset_y] * 2),
        np.array([placed.scale_x, placed.scale_y] * 2),
    )
    inside = np.clip((corners - offset) / scale, 0, np.array(size * 2))
    return BoxGrid(
        inside.astype(np.float32),
        np.log(chances.max(axis=3).mean(axis=2)).astype(np.float32),
        (-placed.offset_x / placed.scale_x, -placed.offset_y / placed.scale_y),
        (stride / placed.scale_x, stride / placed.scale_y),
    )


def input_side(card: ModelCard) -> int:
    """The longer side in pixels of the larger input."""
    return max(_input_sizes(card)[1])


def has_box_branch(card: ModelCard) -> bool:
    """Whether a detector can draw a box at a point."""
    return card.family in FAMILIES


@lru_cache(maxsize=1)
def load_box_branch(card: ModelCard, *, threads: int | None = None) -> BoxBranch:
    """The box branch of a detector's card, loaded once.

    Raises:
        ModelError: it has none, or its graph cannot be cut there.
    """
    if not has_box_branch(card):
        raise ModelError(
            tr("The detector {name} cannot propose a box at a point.", name=card.name),
            hint=tr("Draw the box, or use the bundled detector."),
        )
    check_is_model(card.file)
    return BoxBranch(
        card, Session(card.file, threads=threads, graph=kept_cut(card.file, card.sha256, _outputs(card)))
    )


def _outputs(card: ModelCard) -> tuple[str, ...]:
    return tuple(f"dis_pred_stride_{stride}" for stride in card.decode.strides)


def _input_sizes(card: ModelCard) -> tuple[tuple[int, int], tuple[int, int]]:
    """The card's own input size, and the larger one in whole cells of the coarsest stride."""
    width, height = card.input.size
    whole = max(card.decode.strides)
    larger = (round(width * _LARGER / whole) * whole, round(height * _LARGER / whole) * whole)
    return (width, height), larger
