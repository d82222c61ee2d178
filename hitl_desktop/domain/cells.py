"""The cells of a detector's feature maps, and where they lie in an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import Boxes

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class CellGrid:
    """One image as a network saw it: `features` [rows * columns, D], row by row, a cell every `stride`
    input pixels.

    `scale` and `offset` (x, y) place the image of `size` (width, height) in the network's input: `input =
    image * scale + offset`.
    """

    features: Floats
    columns: int
    rows: int
    stride: float
    scale: tuple[float, float]
    offset: tuple[float, float]
    size: tuple[int, int]

    def centres(self) -> NDArray[np.float64]:
        """[N, 2] centres of the cells (x, y) in input pixels."""
        rows, columns = np.divmod(np.arange(self.rows * self.columns), self.columns)
        return (np.stack([columns, rows], axis=1) + 0.5) * self.stride

    def inside(self) -> NDArray[np.bool_]:
        """[N] whether a cell's centre lies in the image, not on the padding around it."""
        corner = np.array(self.offset)
        centres = self.centres()
        after = corner + np.array(self.size) * np.array(self.scale)
        return np.all((centres > corner) & (centres < after), axis=1, keepdims=True)[:, 0]

    def to_input(self, boxes: Boxes) -> Boxes:
        """Boxes [N, 4] (x, y, w, h) of the image as corners in input pixels."""
        scale, offset = np.array(self.scale * 2), np.array(self.offset * 2)
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
        return corners * scale + offset

    def to_image(self, corners: Boxes) -> Boxes:
        """Corners [N, 4] in input pixels as corners in the image, clipped to it."""
        scale, offset = np.array(self.scale * 2), np.array(self.offset * 2)
        return np.clip((corners - offset) / scale, 0, np.array(self.size * 2))
