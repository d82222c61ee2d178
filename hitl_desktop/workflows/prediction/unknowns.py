"""Objects without a category yet: collected, put into groups of alike ones, and named at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import UNKNOWN, clean_name
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Vector
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.learning.clusters import MOST, alike
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation.bulk_edits import portions
from hitl_desktop.workflows.annotation.edits import LongAct
from hitl_desktop.workflows.detection.crops import crops_of_boxes
from hitl_desktop.workflows.detection.embeddings import embed_boxes, encoder_record_id
from hitl_desktop.workflows.images.open_folder import note_unreadable

_AT_ONCE = 50
"""So many images are one portion."""


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A box without a name, and what is in it [h, w, 3]."""

    annotation: Annotation
    pixels: RgbImage


def unknown_category(project: Project) -> int:
    """The id of the category for "none of these", added when it is not there yet."""
    return project.categories.ensure(UNKNOWN).id


def group_unknowns(
    project: Project, progress: Progress, *, threads: int | None = None
) -> list[list[Unknown]]:
    """The unknown objects in groups of alike ones, the largest group first; of very many the latest.

    Those on images that cannot be read are left out.
    """
    category = project.categories.find(UNKNOWN)
    boxes = project.annotations.of_category(category.id)[-MOST:] if category else []
    by_image: dict[int, list[Annotation]] = {}
    for box in boxes:
        by_image.setdefault(box.image_id, []).append(box)
    encoder_id, absent = encoder_record_id(project), project.absent_folders()
    unknowns: list[Unknown] = []
    vectors: list[Vector] = []
    for number, (image_id, boxes_of_image) in enumerate(by_image.items()):
        progress.report(number, len(by_image))
        progress.check_cancelled()
        image = project.images.get(image_id)
        if image is None or image.folder_id in absent:
            continue
        for unknown, vector in _embedded(project, image, boxes_of_image, encoder_id, threads):
            unknowns.append(unknown)
            vectors.append(vector)
    if not unknowns:
        return []
    return [[unknowns[row] for row in rows] for rows in alike(np.stack(vectors))]


def _embedded(
    project: Project, image: ImageRecord, boxes: Sequence[Annotation], encoder_id: int, threads: int | None
) -> list[tuple[Unknown, Vector]]:
    """The boxes of an image with their crops and embeddings; none where it cannot be read."""
    try:
        crops = crops_of_boxes(project, image, [box.bbox for box in boxes])
        embed_boxes(project, image, [box.bbox for box in boxes], encoder_id, threads)
    except UnreadableImageError as error:
        note_unreadable(project, image, error)
        return []
    now = project.images.get(image.id)
    keys = [crop_key((now.content_hash if now else None) or "", box.bbox) for box in boxes]
    known = project.embeddings.get(encoder_id, keys)
    return [
        (Unknown(box, pixels), known[key])
        for box, key, pixels in zip(boxes, keys, crops, strict=True)
        if key in known
    ]


def name_unknowns(
    project: Project,
    boxes: Sequence[Annotation],
    name: str,
    progress: Progress | None = None,
    *,
    reserved: int | None = None,
) -> Changes:
    """Give unknown objects a name, on all their images as one act; those that changed meanwhile stay as
    they are.

    It is done in portions; cancelled, it keeps what was done until then. For `reserved` see `LongAct`.

    Raises:
        HitlError: the name is empty, or none of the boxes is unknown any more.
    """
    wanted, each = {box.id: box for box in boxes}, list(dict.fromkeys(box.image_id for box in boxes))
    act, count, cleaned = LongAct(project, reserved), 0, clean_name(name)
    for ids in portions(each, _AT_ONCE, progress or NoProgress()):
        with project.db.transaction():
            there = project.annotations.of_images(ids)
            still = {i: [a for a in there[i] if wanted.get(a.id) == a] for i in ids}
            if not any(still.values()):
                continue
            category = project.categories.ensure(cleaned)
            parts = tuple(
                Edit(Act(ActKind.NAME_UNKNOWN), i, Side(tuple(now)), Side(_named(now, category.id)))
                for i, now in still.items()
                if now
            )
            count += sum(map(len, still.values()))
            whole = Edit(Act(ActKind.NAME_UNKNOWN, count=count), None, parts=parts)
            act.do(whole, is_all=len(each) <= _AT_ONCE)
    if not count and each:
        raise HitlError(
            tr("None of these boxes is unknown any more."), hint=tr("Look at the unknown objects again.")
        )
    return act.changes | Changes(categories=True)


def _named(boxes: Sequence[Annotation], category_id: int) -> tuple[Annotation, ...]:
    return tuple(structs.replace(a, category_id=category_id, edited=True) for a in boxes)
