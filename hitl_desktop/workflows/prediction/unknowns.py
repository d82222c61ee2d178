"""Objects that nobody has a name for yet: collected, put into groups of alike ones, and named at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import UNKNOWN, clean_name
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.learning.clusters import MOST, alike
from hitl_desktop.progress import Progress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.annotate import do
from hitl_desktop.workflows.detection.crops import crops_of_boxes
from hitl_desktop.workflows.detection.embeddings import embed_boxes, encoder_record_id
from hitl_desktop.workflows.images.open_folder import note_unreadable

"""Crops on the wall are as large as this at most, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A box without a name, and what is in it [h, w, 3]."""

    annotation: Annotation
    pixels: RgbImage


def unknown_category(project: Project) -> int:
    """The id of the category that stands for "none of these", added when it is not there yet."""
    return project.categories.ensure(UNKNOWN).id


def group_unknowns(project: Project, progress: Progress, *, threads: int | None = None) -> list[list[Unknown]]:
    """The unknown objects in groups of alike ones, the largest group first; of very many the latest.

    Those on pictures that cannot be read are left out.
    """
    category = project.categories.find(UNKNOWN)
    boxes = project.annotations.of_category(category.id)[-MOST:] if category else []
    by_image: dict[int, list[Annotation]] = {}
    for box in boxes:
        by_image.setdefault(box.image_id, []).append(box)
    encoder_id, absent = encoder_record_id(project), project.absent_folders()
    unknowns: list[Unknown] = []
    vectors: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    for number, (image_id, mine) in enumerate(by_image.items()):
        progress.report(number, len(by_image))
        progress.check_cancelled()
        image = project.images.get(image_id)
        if image is None or image.folder_id in absent:
            continue
        try:
            crops = crops_of_boxes(project, image, [box.bbox for box in mine])
            embed_boxes(project, image, [box.bbox for box in mine], encoder_id, threads)
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
            continue
        now = project.images.get(image_id)
        keys = [crop_key((now.content_hash if now else None) or "", box.bbox) for box in mine]
        known = project.embeddings.get(encoder_id, keys)
        for box, key, pixels in zip(mine, keys, crops, strict=True):
            if key in known:
                unknowns.append(Unknown(box, pixels))
                vectors.append(known[key])
    if not unknowns:
        return []
    return [[unknowns[row] for row in rows] for rows in alike(np.stack(vectors))]


def name_unknowns(project: Project, boxes: Sequence[Annotation], name: str) -> Changes:
    """Give unknown objects a name, on all their pictures in one step; those that changed meanwhile stay as they are.

    Raises:
        HitlError: the name is empty.
    """
    with project.db.transaction():
        category = project.categories.ensure(clean_name(name))
        wanted = {box.id: box for box in boxes}
        parts: list[Edit] = []
        for image_id in dict.fromkeys(box.image_id for box in boxes):
            now = [a for a in project.annotations.of_image(image_id) if wanted.get(a.id) == a]
            after = tuple(replace(a, category_id=category.id, edited=True) for a in now)
            if now:
                parts.append(Edit("Name unknown objects", image_id, Side(tuple(now)), Side(after)))
        if not parts:
            raise HitlError("None of these boxes is unknown any more.", hint="Look at the unknown objects again.")
        count = sum(len(part.after.annotations) for part in parts)
        changes = do(project, Edit(f"Name {counted(count, 'unknown object')}", None, parts=tuple(parts)))
    return changes | Changes(categories=True)
