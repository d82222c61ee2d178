"""What is in a data set, and what is doubtful about it though its records can be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.dataset import Dataset, ImportIssue, IssueKind
from hitl_desktop.domain.geometry import iou_matrix
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.convert import Opened

_TWICE = 0.95
"""Boxes of a category that overlap so much are one box twice."""
_MOST_BOXES = 500
"""Of one image that are compared with each other."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts, and further issues."""

    images: int
    images_without_boxes: int
    images_without_files: int
    annotations: int
    categories: dict[str, int]
    near_duplicate_names: list[list[str]]
    splits: dict[str, int]
    boxes_an_image: float
    small: int
    medium: int
    large: int
    more_issues: tuple[ImportIssue, ...] = field(default=(), repr=False)


def statistics_of(opened: Opened) -> Statistics:
    """Counts of a data set; sizes of boxes are COCO's (32 x 32 and 96 x 96 pixels)."""
    dataset = opened.dataset
    labelled = {a.image_id for a in dataset.annotations}
    names = {c.id: c.name for c in dataset.categories}
    counts = Counter(a.category_id for a in dataset.annotations)
    areas = [a.bbox.area for a in dataset.annotations]
    near: dict[str, list[str]] = {}
    for category in dataset.categories:
        near.setdefault(normalise_name(category.name).replace("-", "").replace("_", ""), []).append(
            category.name
        )
    splits = Counter(image.split for image in dataset.images if image.split)
    return Statistics(
        images=len(dataset.images),
        images_without_boxes=sum(image.id not in labelled for image in dataset.images),
        images_without_files=sum(image.id not in opened.files for image in dataset.images),
        annotations=len(dataset.annotations),
        categories={names[i]: counts[i] for i in names},
        near_duplicate_names=[own for own in near.values() if len(own) > 1],
        splits=dict(sorted(splits.items())),
        boxes_an_image=round(len(areas) / max(len(dataset.images), 1), 2),
        small=sum(area < 32**2 for area in areas),
        medium=sum(32**2 <= area < 96**2 for area in areas),
        large=sum(area >= 96**2 for area in areas),
        more_issues=tuple(_doubtful(dataset)),
    )


def _doubtful(dataset: Dataset) -> list[ImportIssue]:
    """Boxes outside their images, and the same box twice."""
    images = {image.id: image for image in dataset.images}
    issues: list[ImportIssue] = []
    for image_id, boxes in dataset.by_image().items():
        image = images[image_id]
        for a in boxes if image.width else ():
            inside = a.bbox.clipped(image.width, image.height)
            if inside.w <= 0 or inside.h <= 0:
                what = tr("box {id} lies outside the image", id=a.id)
                issues.append(ImportIssue(image.file_name, what, IssueKind.OUTSIDE))
            elif max(abs(p - q) for p, q in zip(inside, a.bbox, strict=True)) > 1:
                what = tr("box {id} reaches beyond the image", id=a.id)
                issues.append(ImportIssue(image.file_name, what, IssueKind.CLIPPED))
        if 1 < len(boxes) <= _MOST_BOXES:
            array = np.array([a.bbox for a in boxes], np.float64)
            rows, columns = np.nonzero(np.triu(iou_matrix(array, array) > _TWICE, 1))
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
                if boxes[row].category_id == boxes[column].category_id:
                    what = tr(
                        "boxes {one} and {other} are the same", one=boxes[row].id, other=boxes[column].id
                    )
                    issues.append(ImportIssue(image.file_name, what, IssueKind.SAME_IMAGE))
    return issues
