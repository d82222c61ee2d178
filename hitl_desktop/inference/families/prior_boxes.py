"""The priors of SSD networks, and boxes from offsets beside them (Liu et al. 2016)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.inference.families.outputs import Array, Size, from_centres


def _square(
    size: Size, strides: Sequence[int], sides: Sequence[Sequence[float]], *, is_rounded_up: bool
) -> Boxes:
    """Square priors [N, 4] (centre, size as shares) of some sides in pixels for each stride."""
    found: list[Boxes] = []
    for stride, of_stride in zip(strides, sides, strict=True):
        rows, columns = (-(-n // stride) if is_rounded_up else n // stride for n in (size[1], size[0]))
        for_cell = [(s / size[0], s / size[1]) for s in of_stride]
        y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        centres = np.stack(
            [(x.ravel() + 0.5) * stride / size[0], (y.ravel() + 0.5) * stride / size[1]], axis=1
        )
        cells = np.repeat(centres, len(for_cell), axis=0)
        found.append(np.concatenate([cells, np.tile(np.array(for_cell), (len(centres), 1))], axis=1))
    return np.concatenate(found)


def ultraface(size: Size) -> Boxes:
    """Of four strides, with sides from 10 to 256 pixels."""
    return _square(
        size, (8, 16, 32, 64), ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256)), is_rounded_up=True
    )


def retinaface(size: Size) -> Boxes:
    """Of three strides, with sides from 16 to 512 pixels."""
    return _square(size, (8, 16, 32), ((16, 32), (64, 128), (256, 512)), is_rounded_up=True)


def yunet(size: Size) -> Boxes:
    """As those of UltraFace, with maps that are rounded down."""
    sides = ((10, 16, 24), (32, 48), (64, 96), (128, 192, 256))
    shapes = [((size[1] + 1) // 2 // 2, (size[0] + 1) // 2 // 2)]
    for _ in range(4):
        shapes.append((shapes[-1][0] // 2, shapes[-1][1] // 2))
    found: list[Boxes] = []
    for stride, (rows, columns), of_stride in zip((8, 16, 32, 64), shapes[1:], sides, strict=True):
        y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        centres = np.stack(
            [(x.ravel() + 0.5) * stride / size[0], (y.ravel() + 0.5) * stride / size[1]], axis=1
        )
        cells = np.repeat(centres, len(of_stride), axis=0)
        for_cell = np.array([(s / size[0], s / size[1]) for s in of_stride])
        found.append(np.concatenate([cells, np.tile(for_cell, (len(centres), 1))], axis=1))
    return np.concatenate(found)


def blaze(levels: Sequence[tuple[int, int]]) -> Callable[[Size], Boxes]:
    """Priors of MediaPipe: many of size 1 in each cell of few strides."""

    def made(size: Size) -> Boxes:
        found: list[Boxes] = []
        for stride, count in levels:
            rows, columns = -(-size[1] // stride), -(-size[0] // stride)
            y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
            centres = np.stack([(x.ravel() + 0.5) / columns, (y.ravel() + 0.5) / rows], axis=1)
            found.append(np.repeat(centres, count, axis=0))
        cells = np.concatenate(found)
        return np.concatenate([cells, np.ones_like(cells)], axis=1)

    return made


def tensorflow(size: Size) -> Boxes:
    """Six maps of MobileNet-SSD: scales .2 to .95, aspects 1, 2, 1/2, 3, 1/3; three of them in the first map."""
    sides = [-(-size[0] // 16)]
    while len(sides) < 6:
        sides.append(-(-sides[-1] // 2))
    scales = [0.2 + 0.15 * n for n in range(6)] + [1.0]
    found: list[Boxes] = []
    for n, side in enumerate(sides):
        if n == 0:
            shapes = [(0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5)]
        else:
            shapes = [(scales[n], a) for a in (1.0, 2.0, 0.5, 3.0, 1 / 3)]
            shapes.append((float(np.sqrt(scales[n] * scales[n + 1])), 1.0))
        sizes = np.array([(s * np.sqrt(a), s / np.sqrt(a)) for s, a in shapes])
        y, x = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
        centres = np.stack([(x.ravel() + 0.5) / side, (y.ravel() + 0.5) / side], axis=1)
        cells = np.repeat(centres, len(shapes), axis=0)
        found.append(np.concatenate([cells, np.tile(sizes, (side * side, 1))], axis=1))
    return np.concatenate(found)


def _ssd(centres: Array, sizes: Array, priors: Boxes) -> Boxes:
    """Offsets with variances .1 and .2, as corners in shares."""
    moved = priors[:, :2] + centres * 0.1 * priors[:, 2:]
    grown = priors[:, 2:] * np.exp(np.clip(sizes * 0.2, -20, 12))
    return from_centres(np.concatenate([moved, grown], axis=1))


def ssd_boxes(offsets: Array, priors: Boxes, _size: Size) -> Boxes:
    """Offsets in x, y, width, height."""
    return _ssd(offsets[:, :2].astype(np.float64), offsets[:, 2:4].astype(np.float64), priors)


def yx_boxes(offsets: Array, priors: Boxes, _size: Size) -> Boxes:
    """Offsets in y, x, height, width, as TensorFlow has them."""
    return _ssd(offsets[:, [1, 0]].astype(np.float64), offsets[:, [3, 2]].astype(np.float64), priors)


def blaze_boxes(offsets: Array, priors: Boxes, size: Size) -> Boxes:
    """Offsets in pixels of the input, as MediaPipe has them."""
    shares = offsets[:, :4].astype(np.float64) / np.array([*size, *size], np.float64)
    return from_centres(np.concatenate([priors[:, :2] + shares[:, :2], shares[:, 2:]], axis=1))
