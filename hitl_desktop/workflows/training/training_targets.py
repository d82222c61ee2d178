"""What a decided image adds to the training of the detection head: feature maps, and targets of their
cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.categories import UNKNOWN
from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import content_hash, read_for_models
from hitl_desktop.inference.features import FeatureNet
from hitl_desktop.learning.box_refiner import MoveTargets, assign_moves
from hitl_desktop.learning.detection_head import CellTargets, assign_targets
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.training.holdout import in_holdout

HOLDOUT = 1
"""The key of the learner of the holdout model among those of the input sizes; it has the smallest size."""

Grids = tuple[dict[int, CellGrid], float]
"""The cells of an image by input size, and how much larger it is than the view of it that was read."""

Targets = tuple[dict[int, CellTargets], MoveTargets]
"""The targets for each learner, by its key, and for the refiner."""


@dataclass(frozen=True, slots=True)
class TrainedImage:
    """An image as it was when it was added to the training sums: enough to subtract it again."""

    content_hash: str
    objects: tuple[tuple[BBox, int], ...]
    unverified: tuple[BBox, ...]
    in_holdout: bool = False


def training_targets(
    project: Project, images: Sequence[ImageRecord], edge_cases: Collection[int]
) -> dict[int, TrainedImage]:
    """What each of these images adds; crowd regions and unknown objects are unverified places."""
    unknown = project.categories.find(UNKNOWN)
    unknown_id = unknown.id if unknown is not None else None
    annotations = project.annotations.of_images(image.id for image in images)
    return {
        image.id: TrainedImage(
            image.content_hash or "",
            tuple((a.bbox, a.category_id) for a in here if not a.crowd and a.category_id != unknown_id),
            tuple(a.bbox for a in here if a.crowd or a.category_id == unknown_id),
            image.id in edge_cases or in_holdout(image.group),
        )
        for image in images
        for here in (annotations[image.id],)
    }


def is_unchanged(project: Project, image: ImageRecord, added: TrainedImage) -> bool:
    """Whether the file still has the bytes that were added; it is read, for it may have been replaced."""
    try:
        return content_hash(project.path_of(image)) == added.content_hash
    except UnreadableImageError:
        return False


def grids_of(file: Path, net: FeatureNet, sides: Iterable[int]) -> Grids:
    """The cells of the image in a file at each of these input sizes."""
    sides = tuple(sides)
    size, pixels = read_for_models(file, max(sides))
    return {side: net.cells(pixels, side) for side in sides}, size[0] / pixels.shape[1]


def targets_of(grids: Grids, image: TrainedImage) -> Targets:
    """The targets of an image; the refiner's are of the largest input size."""
    by_side, scale = grids
    sides = sorted(by_side)
    objects = [(box.scaled(1 / scale), category) for box, category in image.objects]
    unverified = [box.scaled(1 / scale) for box in image.unverified]
    targets = {side: assign_targets(grid, objects, unverified) for side, grid in by_side.items()}
    moves = assign_moves(by_side[sides[-1]], [box for box, _ in objects])
    return targets if image.in_holdout else targets | {HOLDOUT: targets[sides[0]]}, moves
