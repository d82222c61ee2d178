"""Synthetic images, drawn from a seed: three classes of object that no COCO detector knows, on a table
top."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.imaging import RgbImage

WIDTH, HEIGHT = 640, 480
CLASSES = ("gear", "leaf", "crystal")
_GAP = 12
_MARGIN = 16
Mask = NDArray[np.uint8]
Rng = np.random.Generator


def draw_image(seed: int) -> tuple[RgbImage, list[tuple[str, BBox]]]:
    """An image [480, 640, 3] and what it shows: two to five objects that do not touch."""
    rng = np.random.default_rng(seed)
    canvas = _table(rng)
    truth: list[tuple[str, BBox]] = []
    for _ in range(int(rng.integers(2, 6))):
        size = int(rng.integers(70, 150))
        place = _free_place(rng, size, [box for _, box in truth])
        if place is None:
            continue
        name = CLASSES[int(rng.integers(len(CLASSES)))]
        mask, colour = _SHAPES[name](rng, size)
        truth.append((name, _stamp(canvas, mask, colour, *place)))
    noise = rng.normal(0, 4, canvas.shape)
    return np.clip(cv2.GaussianBlur(canvas, (3, 3), 0) + noise, 0, 255).astype(np.uint8), truth


def _free_place(rng: Rng, size: int, taken: list[BBox]) -> tuple[int, int] | None:
    for _ in range(40):
        x, y = (
            int(rng.integers(_MARGIN, WIDTH - size - _MARGIN)),
            int(rng.integers(_MARGIN, HEIGHT - size - _MARGIN)),
        )
        with_gap = BBox(x - _GAP, y - _GAP, size + 2 * _GAP, size + 2 * _GAP)
        if all(with_gap.iou(box) == 0 for box in taken):
            return x, y
    return None


def _table(rng: Rng) -> NDArray[np.float64]:
    """Planks of wood: a colour, its grain, and light from one side."""
    base = np.array([(168, 132, 96), (190, 170, 140), (120, 110, 104)][int(rng.integers(3))], float)
    rows = np.arange(HEIGHT)[:, None] + 14 * np.sin(np.arange(WIDTH)[None, :] / float(rng.uniform(50, 120)))
    grain = 9 * np.sin(rows / float(rng.uniform(2.5, 5))) + 6 * np.sin(rows / float(rng.uniform(11, 23)))
    light = np.linspace(float(rng.uniform(-22, 0)), float(rng.uniform(0, 22)), WIDTH)[None, :]
    return np.clip(base + (grain + light)[..., None], 0, 255)


def _stamp(canvas: NDArray[np.float64], mask: Mask, colour: NDArray[np.float64], x: int, y: int) -> BBox:
    """Lay an object down with its shadow; returns its tight box."""
    mask = np.pad(mask, _MARGIN)  # room for the shadow
    x, y = x - _MARGIN, y - _MARGIN
    height, width = mask.shape
    shadow = cv2.GaussianBlur(np.roll(mask, (6, 6), (0, 1)), (0, 0), 5).astype(float)[..., None] / 255
    region = canvas[y : y + height, x : x + width]
    region *= 1 - 0.5 * shadow
    alpha = mask.astype(float)[..., None] / 255
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    shade = 0.72 + 0.36 * np.minimum(depth / max(float(depth.max()) * 0.6, 1.0), 1.0)
    lit = np.clip(colour * shade[..., None], 0, 255)
    region[:] = region * (1 - alpha) + lit * alpha
    ys, xs = np.nonzero(mask > 127)
    left, top = int(xs.min()), int(ys.min())
    return BBox(x + left, y + top, int(xs.max()) - left + 1, int(ys.max()) - top + 1)


def _blank(size: int) -> Mask:
    return np.zeros((size, size), np.uint8)


def _fill(mask: Mask, points: list[tuple[float, float]]) -> None:
    cv2.fillPoly(mask, [np.round(np.array(points)).astype(np.int32)], (255,), cv2.LINE_AA)


def _gear(rng: Rng, size: int) -> tuple[Mask, NDArray[np.float64]]:
    mask, centre, radius = _blank(size), size / 2, size * 0.46
    teeth, turn = int(rng.integers(9, 14)), float(rng.uniform(0, math.pi))
    points: list[tuple[float, float]] = []
    for k in range(teeth * 4):
        r = radius if k % 4 in (1, 2) else radius * 0.8
        angle = turn + 2 * math.pi * k / (teeth * 4)
        points.append((centre + r * math.cos(angle), centre + r * math.sin(angle)))
    _fill(mask, points)
    cv2.circle(mask, (size // 2, size // 2), int(radius * 0.32), (0,), -1, cv2.LINE_AA)
    return mask, np.array((150.0, 155.0, 165.0)) + rng.normal(0, 8, 3)


def _leaf(rng: Rng, size: int) -> tuple[Mask, NDArray[np.float64]]:
    mask, turn, centre = _blank(size), float(rng.uniform(0, 2 * math.pi)), size / 2
    t = np.linspace(0, math.pi, 40)
    half = size * 0.46
    outline = [(half * math.cos(a), half * 0.42 * math.sin(a) ** 1.3) for a in t]
    outline += [(x, -y) for x, y in reversed(outline)]
    cos, sin = math.cos(turn), math.sin(turn)
    _fill(mask, [(centre + x * cos - y * sin, centre + x * sin + y * cos) for x, y in outline])
    vein = (
        (int(centre - half * 0.9 * cos), int(centre - half * 0.9 * sin)),
        (int(centre + half * 0.9 * cos), int(centre + half * 0.9 * sin)),
    )
    cv2.line(mask, *vein, (120,), max(1, size // 40), cv2.LINE_AA)
    return mask, np.array((70.0, 140.0, 60.0)) + rng.normal(0, 12, 3)


def _crystal(rng: Rng, size: int) -> tuple[Mask, NDArray[np.float64]]:
    mask, centre, turn = _blank(size), size / 2, float(rng.uniform(-0.5, 0.5))
    outline = [(-0.24, 0.46), (-0.3, -0.1), (0.0, -0.46), (0.3, -0.1), (0.24, 0.46)]
    cos, sin = math.cos(turn), math.sin(turn)
    _fill(
        mask, [(centre + size * (x * cos - y * sin), centre + size * (x * sin + y * cos)) for x, y in outline]
    )
    return mask, np.array((170.0, 90.0, 200.0)) + rng.normal(0, 14, 3)


_SHAPES: dict[str, Callable[[Rng, int], tuple[Mask, NDArray[np.float64]]]] = {
    "gear": _gear,
    "leaf": _leaf,
    "crystal": _crystal,
}
