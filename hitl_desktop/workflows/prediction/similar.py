"""More like this: boxes or whole images whose vectors are nearest to one."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Vector
from hitl_desktop.errors import NotYetError, UnreadableImageError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.learning.diversity import unit
from hitl_desktop.progress import Progress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.crops import crops_of_boxes
from hitl_desktop.workflows.detection.embeddings import (
    crops_of,
    embed_boxes,
    embed_whole_images,
    encoder_record_id,
    vectors_of,
)

MOST, A_IMAGE = 60, 3
"""So many are shown, and of one image no more than so many boxes."""
_MOST_EXAMINED = 3000


@dataclass(frozen=True, slots=True, eq=False)
class Similar:
    """One that looks alike (cosine of the vectors): a box, or the whole image, and what it looks like."""

    image_id: int
    bbox: BBox | None
    likeness: float
    pixels: RgbImage


def similar_to(
    project: Project, image: ImageRecord, bbox: BBox | None, progress: Progress, *, threads: int | None = None
) -> list[Similar]:
    """What is most like a box of an image, or like the whole image, on other images whose vectors are
    there.

    Of more than three thousand others a random part is compared.

    Raises:
        HitlError: the image cannot be read, or no other one was looked at yet.
    """
    others = [i for i in project.images.all() if i.reason is None and i.id != image.id and i.content_hash]
    if len(others) > _MOST_EXAMINED:
        others = random.Random(image.id).sample(others, _MOST_EXAMINED)  # noqa: S311 - a draw, not a secret
    found = (
        _boxes_like(project, image, bbox, others, progress, threads)
        if bbox is not None
        else _images_like(project, image, others, progress, threads)
    )
    if not found:
        raise NotYetError(
            tr("The encoder has not processed any other image yet, so there is nothing to compare."),
            hint=tr("Decide some images, or wait for the jobs to end."),
        )
    return _with_pixels(project, found, progress)


Found = list[tuple[int, BBox | None, float]]


def _boxes_like(
    project: Project,
    image: ImageRecord,
    bbox: BBox,
    others: list[ImageRecord],
    progress: Progress,
    threads: int | None,
) -> Found:
    encoder_id = encoder_record_id(project)
    embed_boxes(project, image, [bbox], encoder_id, threads)
    now = project.images.get(image.id)
    key = crop_key((now.content_hash if now else None) or "", bbox)
    wanted = project.embeddings.get(encoder_id, [key])[key]
    boxes, vectors = _embedded_boxes(project, others, encoder_id, progress)
    if not boxes:
        return []
    places = unit(np.stack([wanted, *vectors]))
    return _most_like(boxes, places[1:] @ places[0])


def _embedded_boxes(
    project: Project, others: list[ImageRecord], encoder_id: int, progress: Progress
) -> tuple[list[tuple[int, BBox]], list[Vector]]:
    """The boxes of images that have an embedding, with the ids of their images, and their embeddings."""
    rows: list[tuple[int, BBox]] = []
    vectors: list[Vector] = []
    for number, other in enumerate(others):
        if number % 16 == 0:
            progress.check_cancelled()
            progress.report(number, len(others), other.path)
        boxes = crops_of(project, other)
        keys = [crop_key(other.content_hash or "", box) for box in boxes]
        known = project.embeddings.get(encoder_id, keys)
        rows += [(other.id, box) for box, k in zip(boxes, keys, strict=True) if k in known]
        vectors += [known[k] for k in keys if k in known]
    return rows, vectors


def _most_like(boxes: list[tuple[int, BBox]], likeness: NDArray[np.float32]) -> Found:
    """The boxes most alike, of one image only a few that do not cover each other."""
    found: Found = []
    taken: dict[int, list[BBox]] = {}
    for row in np.argsort(-likeness, kind="stable").tolist():
        image_id, box = boxes[row]
        here = taken.setdefault(image_id, [])
        if len(here) < A_IMAGE and not any(box.iou(other) > 0.5 for other in here):
            here.append(box)
            found.append((image_id, box, float(likeness[row])))
        if len(found) == MOST:
            break
    return found


def _images_like(
    project: Project, image: ImageRecord, others: list[ImageRecord], progress: Progress, threads: int | None
) -> Found:
    query = embed_whole_images(project, [image], progress, threads=threads).get(image.id)
    known = vectors_of(project, others)
    if query is None or not known:
        return []
    places = unit(np.stack([query, *known.values()]))
    likeness = places[1:] @ places[0]
    ids = list(known)
    return [
        (ids[row], None, float(likeness[row])) for row in np.argsort(-likeness, kind="stable")[:MOST].tolist()
    ]


def _with_pixels(project: Project, found: Found, progress: Progress) -> list[Similar]:
    similar: dict[int, Similar] = {}
    for image_id in dict.fromkeys(i for i, _, _ in found):
        progress.check_cancelled()
        image = project.images.get(image_id)
        here = [(row, box) for row, (i, box, _) in enumerate(found) if i == image_id]
        if image is None:
            continue
        whole = BBox(0, 0, image.width or 1, image.height or 1)
        try:
            crops = crops_of_boxes(project, image, [box or whole for _, box in here])
        except UnreadableImageError:
            continue  # opening it reports that
        for (row, box), pixels in zip(here, crops, strict=True):
            similar[row] = Similar(image_id, box, found[row][2], pixels)
    return [similar[row] for row in sorted(similar)]
