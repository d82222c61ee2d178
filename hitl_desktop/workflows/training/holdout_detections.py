"""What heads find on the images of the holdout, whose cells stay in memory from one comparison to the
next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.features import FeatureNet
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.detector import features_of
from hitl_desktop.workflows.training.detection_head import TrainingCache, few_threads


def find_with_heads(
    project: Project,
    images: Sequence[ImageRecord],
    heads: Sequence[DetectionHead],
    progress: Progress,
    *,
    threads: int | None = None,
    cache: TrainingCache | None = None,
) -> dict[int, list[list[tuple[BBox, float]]]] | None:
    """What each of these holdout heads finds on each image; None without feature maps.

    Cells stay in memory for the next time, 5 MB an image, with the sums of the training images. An image that
    cannot be read is left out.
    """
    detector = project.models.detector()
    net = features_of(project, threads)
    if detector is None or net is None:
        return None
    kept = (cache or TrainingCache()).of(project, detector, net).grids
    for gone in kept.keys() - {image.id for image in images}:
        del kept[gone]
    if len({side for head in heads for side in head.views}) != 1:
        return None  # one of them was trained at other input sizes
    side = next(iter(heads[0].views))
    found_on: dict[int, list[list[tuple[BBox, float]]]] = {}
    for image in images:
        progress.check_cancelled()
        try:
            grid = _kept_grid(project, image, net, kept, side)
        except UnreadableImageError:
            continue  # the reason is noted when the image is read next
        with few_threads(threads):  # a holdout head has one view
            found = [head.find(dict.fromkeys(head.views, grid)) for head in heads]
        scale = (image.width or grid.size[0]) / grid.size[0]
        found_on[image.id] = [
            [
                (BBox(*box).scaled(scale), score)
                for box, score in zip(boxes.tolist(), scores.tolist(), strict=True)
            ]
            for boxes, scores in found
        ]
    return found_on


def _kept_grid(
    project: Project, image: ImageRecord, net: FeatureNet, kept: dict[int, tuple[str, CellGrid]], side: int
) -> CellGrid:
    known = kept.get(image.id)
    if known is None or known[0] != image.content_hash:
        grid = net.cells(read_for_models(project.path_of(image), side)[1], side)
        half = replace(grid, features=grid.features.astype(np.float16))  # type: ignore[arg-type]
        kept[image.id] = known = (image.content_hash or "", half)
    return replace(known[1], features=known[1].features.astype(np.float32))
