"""Possible label errors: where decided images, or imported labels, are probably wrong, and the acts that mend
it.

In the manner of ObjectLab (Tkachenko et al. 2023): overlooked, swapped and badly placed boxes, each found by
heads not trained on the image. Ranked, not gated. bccd with 8 % of its labels corrupted (100 images): the top
tenth of the list holds 66 % of what was corrupted, a random tenth 9 %; AUROC is .98 for names, .95 for
places, .83 for what is missing, where the data set itself lacks boxes (bench).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import UNKNOWN
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.domain.overlap import MATCH_IOU
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import read_for_models
from hitl_desktop.inference.encoder import crop
from hitl_desktop.inference.registry import load_encoder
from hitl_desktop.learning.softmax import softmax
from hitl_desktop.progress import Progress, Quiet
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.label_issues import holds, offered_ids
from hitl_desktop.workflows.detection.detector import encoder_of
from hitl_desktop.workflows.detection.embeddings import embed_images, encoder_record_id
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import CalibratedHead, load_scorer
from hitl_desktop.workflows.prediction.unseen_predictions import in_crowd
from hitl_desktop.workflows.training.classification_samples import decided_images
from hitl_desktop.workflows.training.cross_fit import CrossFittedImage, check_enough, cross_fitted_images
from hitl_desktop.workflows.training.detection_head import few_threads

WORTH_KEEPING = 0.05
_FOUND_FROM = 0.1
_OFF = 2.0
"""A box is as suspicious as it can be when half of it and of where it should be do not overlap."""


def find_label_errors(project: Project, progress: Progress, *, threads: int | None = None) -> int:
    """Look at all decided images with heads not trained on them, and keep what looks wrong; returns how much
    that is.

    Raises:
        HitlError: too little is decided, or the detector is another one.
    """
    images = decided_images(project)
    check_enough(project, images, threads=threads)
    embed_images(project, images, Quiet(progress), threads=threads)
    images = [
        image
        for i in images
        if (image := project.images.get(i.id)) and image.content_hash and not image.reason
    ]
    found: list[LabelIssue] = []
    examined: list[int] = []
    for each in cross_fitted_images(project, images, progress, threads=threads):
        examined.append(each.image.id)
        found += _of_image(project, each, threads)
    stale = list[int]()
    for old in project.label_issues.dismissed():  # it stays dismissed until the box changes
        if holds(old, project.annotations.of_image(old.image_id)):
            found = [s for s in found if not _same(s, old)]
        else:
            stale.append(old.id)
    found = _strongest(s for s in found if s.score >= WORTH_KEEPING)
    with project.db.transaction():
        project.label_issues.forget(stale)
        project.label_issues.replace_open(examined, found)
    return len(found)


def _strongest(label_issues: Iterable[LabelIssue]) -> list[LabelIssue]:
    """One for each box."""
    kept: dict[object, LabelIssue] = {}
    for s in label_issues:
        key = (s.image_id, s.bbox, s.category_id) if s.bbox is not None else (s.image_id, s.suggested_bbox)
        if key not in kept or kept[key].score < s.score:
            kept[key] = s
    return list(kept.values())


def _same(a: LabelIssue, b: LabelIssue) -> bool:
    if a.image_id != b.image_id or (a.bbox is None) != (b.bbox is None):
        return False
    if a.bbox is None:
        return a.suggested_bbox.iou(b.suggested_bbox) >= MATCH_IOU
    return (a.bbox, a.category_id, a.kind) == (b.bbox, b.category_id, b.kind)


def _of_image(project: Project, each: CrossFittedImage, threads: int | None) -> list[LabelIssue]:
    unknown = project.categories.find(UNKNOWN)
    annotations = project.annotations.of_image(each.image.id)
    judged = [a for a in annotations if not a.crowd and (unknown is None or a.category_id != unknown.id)]
    with few_threads(threads):
        boxes, scores = each.finding.find({next(iter(each.finding.views)): each.grid})
    found = [
        (BBox(*box).scaled(each.scale), s) for box, s in zip(boxes.tolist(), scores.tolist(), strict=True)
    ]
    return [*_of_boxes(project, each, judged, threads), *_missed(project, each, annotations, found, threads)]


def _of_boxes(
    project: Project, each: CrossFittedImage, boxes: Sequence[Annotation], threads: int | None
) -> list[LabelIssue]:
    """For each box how suspicious its category is, and how much its place."""
    if not boxes:
        return []
    return [*_misnamed(project, each, boxes), *_misplaced(each, boxes, threads)]


def _misnamed(project: Project, each: CrossFittedImage, boxes: Sequence[Annotation]) -> list[LabelIssue]:
    offered, ids = offered_ids(project), each.scorer.category_ids.tolist()
    keys = [crop_key(each.image.content_hash or "", box.bbox) for box in boxes]
    vectors = project.embeddings.get(encoder_record_id(project), keys)
    label_issues: list[LabelIssue] = []
    for box, key in zip(boxes, keys, strict=True):
        others = [n for n, c in enumerate(ids) if c != box.category_id and c in offered]
        if key not in vectors or box.category_id not in ids or not others:
            continue
        chances = softmax(each.scorer.logits(vectors[key][None]))[0]
        best = max(others, key=lambda n: chances[n])
        score = float(chances[best] / max(chances[best] + chances[ids.index(box.category_id)], 1e-9))
        label_issues.append(
            LabelIssue(each.image.id, Kind.CATEGORY, score, box.bbox, box.category_id, box.bbox, ids[best])
        )
    return label_issues


def _misplaced(each: CrossFittedImage, boxes: Sequence[Annotation], threads: int | None) -> list[LabelIssue]:
    if each.finding.refiner is None:
        return []
    with few_threads(threads):
        there = each.finding.refiner.refine(
            each.grid, np.array([box.bbox.scaled(1 / each.scale) for box in boxes])
        )
    width, height = each.image.width or 0, each.image.height or 0
    label_issues: list[LabelIssue] = []
    for box, corners in zip(boxes, there.tolist(), strict=True):
        if box.bbox.clipped(width, height).is_valid():  # what lies outside of the image is not visible
            bbox = BBox(*corners).scaled(each.scale)
            score = min(1.0, _OFF * (1.0 - box.bbox.iou(bbox)))
            label_issues.append(
                LabelIssue(each.image.id, Kind.PLACE, score, box.bbox, box.category_id, bbox, box.category_id)
            )
    return label_issues


def _missed(
    project: Project,
    each: CrossFittedImage,
    annotations: Sequence[Annotation],
    found: Sequence[tuple[BBox, float]],
    threads: int | None,
) -> list[LabelIssue]:
    """Objects without a box: what the head finds and names, and what the detector is sure of."""
    is_free = _free_places(project, each.image.id, annotations)
    free = [(bbox, score) for bbox, score in found if score >= _FOUND_FROM and is_free(bbox)]
    missed = _named_by_head(project, each, free, threads) if free else []
    scorer = load_scorer(project, named=CalibratedHead(each.scorer, encoder_record_id(project)))
    missed += [
        (p.score, p.bbox, p.category_id)
        for p in proposals_of(project, each.image, scorer)
        if p.detector_name  # the active head was trained on this image, so what it found proves nothing
        and p.category_id is not None
        and is_free(p.bbox)
    ]
    return [
        LabelIssue(each.image.id, Kind.MISSED, score, None, None, bbox, category_id)
        for score, bbox, category_id in _distinct(missed)
    ]


_Missed = tuple[float, BBox, int]
"""The score, place and category of an object without a box."""


def _free_places(
    project: Project, image_id: int, annotations: Sequence[Annotation]
) -> Callable[[BBox], bool]:
    """Whether a place has no annotation, lies in no crowd region, and no rejected box."""
    known = project.predictions.rejected_of(image_id)
    predictions = project.predictions.of_image(image_id, *project.models.proposers())
    rejected = [p.bbox for p in predictions if p.id in known]

    def is_free(bbox: BBox) -> bool:
        return not any(bbox.iou(box) >= MATCH_IOU for box in rejected) and not any(
            (a.crowd and in_crowd(bbox, a.bbox)) or a.bbox.iou(bbox) >= MATCH_IOU for a in annotations
        )

    return is_free


def _named_by_head(
    project: Project, each: CrossFittedImage, found: Sequence[tuple[BBox, float]], threads: int | None
) -> list[_Missed]:
    """What the head found, with its most likely category where that can still be chosen."""
    offered = offered_ids(project)
    missed: list[_Missed] = []
    chances = _chances(project, each, [bbox for bbox, _ in found], threads)
    for (bbox, score), row in zip(found, chances, strict=True):
        best = int(row[:-1].argmax())
        category_id = int(each.scorer.category_ids[best])
        if category_id in offered:
            missed.append((score * float(row[best]), bbox, category_id))
    return missed


def _distinct(missed: Sequence[_Missed]) -> list[_Missed]:
    """Of boxes on the same object the surest, the surest first."""
    kept: list[_Missed] = []
    for candidate in sorted(missed, key=lambda m: -m[0]):
        if not any(candidate[1].iou(bbox) >= MATCH_IOU for _, bbox, _ in kept):
            kept.append(candidate)
    return kept


def _chances(
    project: Project, each: CrossFittedImage, boxes: Sequence[BBox], threads: int | None
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """[N, K + 1] what each box shows; its vectors are of this moment only."""
    try:
        size, pixels = read_for_models(project.path_of(each.image))
    except UnreadableImageError:
        return np.zeros((len(boxes), len(each.scorer.category_ids) + 1))
    shrink = pixels.shape[1] / size[0]
    encoder = load_encoder(encoder_of(project), threads=threads)
    with few_threads(threads):
        vectors = encoder.embed([crop(pixels, box.scaled(shrink)) for box in boxes])
    return softmax(each.scorer.logits(vectors))
