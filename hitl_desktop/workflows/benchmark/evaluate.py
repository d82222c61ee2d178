"""How good the proposals are against ground truth that people did not feed back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from hitl_desktop.domain.categories import name_key, normalise_name
from hitl_desktop.domain.comparison import BoxSize, same_name
from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.overlap import SCORED_NMS_IOU
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import hints_beside, shown_to_people
from hitl_desktop.domain.review import Acts, Thresholds
from hitl_desktop.errors import HitlError, NotPrelabelledError
from hitl_desktop.formats.coco.detection import to_record
from hitl_desktop.inference.postprocess import class_wise_nms
from hitl_desktop.learning.calibration import calibration_error_interval, expected_calibration_error
from hitl_desktop.learning.metrics import Interval, average_precision
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.benchmark.found_objects import Candidate, FoundObjects, found_objects
from hitl_desktop.workflows.benchmark.oracle import acts_needed
from hitl_desktop.workflows.detection.embeddings import embed_images
from hitl_desktop.workflows.exchange.align_dataset import Aligned, align
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import Scored, Scorer, load_scorer, score_boxes
from hitl_desktop.workflows.prediction.unseen_predictions import in_crowd
from hitl_desktop.workflows.training.detection_head import find_objects

_UNMOVED = 0.9
"""The IoU from which a person would leave a box where it is."""
_FLOOR = 0.01
"""Lower than what is stored, for calibration lowers scores, and average precision is of the whole order."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Average precision of the proposals on so many images; per category by name: (mAP, AP50).

    `shown` boxes have a score of the threshold or more; `unmoved` are those of the right ones that a person would leave
    as they are (IoU .9). `ece` is how far their scores are from the share that is right, and `acts` are those with
    which a person who sees them makes the images right. `found` is what all stored candidates find, by size of objects.
    """

    images: int
    map: float | None
    ap50: float | None
    ap75: float | None
    per_category: dict[str, tuple[float | None, float | None]]
    shown: int = 0
    shown_right: int = 0
    unmoved: int = 0
    ece: float = 0.0
    ece_interval: Interval = (0.0, 1.0)
    acts: Acts = field(default_factory=Acts)
    found: Mapping[BoxSize, FoundObjects] = field(default_factory=dict[BoxSize, FoundObjects])

    @property
    def found_of_all_sizes(self) -> FoundObjects:
        """What candidates find of objects of whatever size."""
        return sum(self.found.values(), FoundObjects())


def evaluate(
    project: Project,
    truth: Dataset,
    progress: Progress,
    *,
    only: Iterable[int] | None = None,
    threshold: float = DISPLAY_THRESHOLD,
    threads: int | None = None,
) -> Evaluation:
    """Compare the current proposals, all of them, with ground truth.

    Images are matched by file name, categories by name. `only` limits it to some of the project's images.

    Raises:
        NotPrelabelledError: no detector has run on the images.
        HitlError: no image of the ground truth is in the project.
    """
    scorer = load_scorer(project)
    if scorer is None:
        raise NotPrelabelledError
    truth, pairs = _pairs(project, truth, None if only is None else set(only))
    if scorer.head is not None:
        find_objects(project, [record for _, record in pairs], progress, threads=threads)
        scorer = load_scorer(project) or scorer  # what heads found is the first of its kind, perhaps
        embed_images(project, [record for _, record in pairs], progress, threads=threads)
    columns = _category_columns(truth, scorer)
    part = _part(truth, {image_id for image_id, _ in pairs})
    objects, _ = _objects_and_crowds(part)
    detections: list[dict[str, Any]] = []
    found = dict.fromkeys(BoxSize, FoundObjects())
    for image_id, record in pairs:
        current = project.images.get(record.id) or record
        named = score_boxes(project, current, scorer, candidates_only=True)
        detections += _detections(project, current, scorer, columns, image_id, named)
        here = found_objects(_candidates(named, scorer), objects.get(image_id, []))
        found = {size: found[size] + here[size] for size in BoxSize}
    result = average_precision(to_record(part), detections)
    names = {c.id: c.name for c in truth.categories}
    shown, acts = _shown(project, pairs, scorer, threshold, part)
    images, scores, right, unmoved = (
        np.array(column) for column in (zip(*shown, strict=True) if shown else ((), (), (), ()))
    )
    per_category = {names[c]: values for c, values in result.per_category.items()}
    return Evaluation(
        len(pairs), result.map, result.ap50, result.ap75, per_category,
        len(shown), int(right.sum()), int(unmoved.sum()), expected_calibration_error(scores, right.astype(bool)),
        calibration_error_interval(scores, right.astype(bool), images), acts, found,
    )  # fmt: skip


_Pairs = list[tuple[int, ImageRecord]]
"""The ids of images in the ground truth, each with the image of the project."""


def _pairs(project: Project, truth: Dataset, only: Set[int] | None) -> tuple[Dataset, _Pairs]:
    """The ground truth as the project has it, and its images that can be read, of the project's `only`
    these."""
    aligned, records = _numbered(align(project, ImportResult(truth, ())))
    pairs = [
        (image.id, record)
        for image in aligned.images
        if (record := records[image.id]).reason is None and (only is None or record.id in only)
    ]
    if not pairs:
        raise HitlError(
            tr("None of these images is in the project."),
            hint=tr("Give the ground truth of this project's images."),
        )
    return aligned, pairs


def _category_columns(truth: Dataset, scorer: Scorer) -> NDArray[np.int64]:
    """The category of the ground truth for each name of the scorer, 0 where it has none."""
    by_key = {normalise_name(c.name): c.id for c in truth.categories}
    by_key |= {name_key(c.name): c.id for c in truth.categories}
    return np.array(
        [by_key.get(name_key(name), by_key.get(normalise_name(name), 0)) for name in scorer.names]
    )


def _shown(
    project: Project, pairs: _Pairs, scorer: Scorer, threshold: float, truth: Dataset
) -> tuple[list[tuple[int, float, bool, bool]], Acts]:
    """The shown boxes, each with its image, score, whether it is right, and whether it may stay where it is; and the
    acts that are needed."""
    objects, crowds = _objects_and_crowds(truth)
    shown: list[tuple[int, float, bool, bool]] = []
    acts = Acts()
    for image_id, record in pairs:
        boxes = _seen(project, record, scorer, threshold, crowds.get(image_id, []))
        real = objects.get(image_id, [])
        pairs_of = same_name([(normalise_name(box.name), box.bbox) for box in boxes], real)
        shown += [
            (image_id, box.score, n is not None, n is not None and box.bbox.iou(real[n][1]) >= _UNMOVED)
            for box, n in zip(boxes, pairs_of, strict=True)
        ]
        acts += acts_needed(boxes, real)
    return shown, acts


def _objects_and_crowds(
    truth: Dataset,
) -> tuple[dict[int, list[tuple[str, BBox]]], dict[int, list[BBox]]]:
    """The objects with their names, and the crowd regions, by image."""
    names = {c.id: c.name for c in truth.categories}
    objects: dict[int, list[tuple[str, BBox]]] = {}
    crowds: dict[int, list[BBox]] = {}
    for a in truth.annotations:
        if a.crowd:
            crowds.setdefault(a.image_id, []).append(a.bbox)
        else:
            objects.setdefault(a.image_id, []).append((normalise_name(names[a.category_id]), a.bbox))
    return objects, crowds


def _seen(
    project: Project,
    record: ImageRecord,
    scorer: Scorer,
    threshold: float,
    crowds: Sequence[BBox],
) -> list[Proposal]:
    """The boxes that a person would see, crowds aside; hints count under the names of their classes."""
    proposals = proposals_of(project, project.images.get(record.id) or record, scorer)
    visible = shown_to_people(proposals, Thresholds(threshold))
    boxes = [*visible, *hints_beside(proposals, visible, Thresholds(threshold))]
    return [box for box in boxes if not any(in_crowd(box.bbox, crowd) for crowd in crowds)]


def _numbered(aligned: Aligned) -> tuple[Dataset, dict[int, ImageRecord]]:
    """The truth on images that lost no box, with ids from 1 up; and the project's images by image id.

    Evaluation takes 0 for no category and no match.
    """
    images = [image for image in aligned.dataset.images if image.id not in aligned.incomplete]
    image_ids = {image.id: n for n, image in enumerate(images, start=1)}
    category_ids = {c.id: n for n, c in enumerate(aligned.dataset.categories, start=1)}
    dataset = Dataset(
        tuple(structs.replace(image, id=image_ids[image.id]) for image in images),
        tuple(replace(c, id=category_ids[c.id]) for c in aligned.dataset.categories),
        tuple(
            structs.replace(a, id=n, image_id=image_ids[a.image_id], category_id=category_ids[a.category_id])
            for n, a in enumerate((a for image in images for a in aligned.boxes[image.id]), start=1)
        ),
    )
    return dataset, {new: aligned.records[old] for old, new in image_ids.items()}


def _part(truth: Dataset, image_ids: set[int]) -> Dataset:
    return Dataset(
        tuple(i for i in truth.images if i.id in image_ids),
        truth.categories,
        tuple(a for a in truth.annotations if a.image_id in image_ids),
    )


def _candidates(named: Scored, scorer: Scorer) -> list[Candidate]:
    """The candidates of an image with their best names."""
    best = named.scores.argmax(axis=1) if named.scores.size else ()
    return [
        Candidate(p.bbox, normalise_name(scorer.names[column]), float(row[column]), p.class_scores.size == 0)
        for p, row, column in zip(named.predictions, named.scores, best, strict=True)
    ]


def _detections(
    project: Project,
    image: ImageRecord,
    scorer: Scorer,
    columns: NDArray[np.int64],
    image_id: int,
    named: Scored,
) -> Sequence[dict[str, Any]]:
    """Each box under each name it may have, as COCO counts them.

    Beside the `named` candidates, which heads name, the detector's lesser boxes are counted under its own names, as
    without a head.
    """
    known = {p.id for p in named.predictions}
    every = score_boxes(project, image, scorer, candidates_only=False)
    rest = [row for row, p in enumerate(every.predictions) if p.id not in known]
    boxes = np.array(
        [p.bbox for p in named.predictions] + [every.predictions[row].bbox for row in rest], float
    )
    lesser = every.scores[rest]
    if named.by_head:  # on the scale of the candidates' scores, to which the detector contributes that much
        class_scores = np.array([every.predictions[row].class_scores for row in rest], np.float32)
        lesser = scorer.detector_part(class_scores.reshape(len(rest), len(scorer.detector.classes)))
    scores = np.concatenate([named.scores, lesser])
    kept, names = class_wise_nms(boxes.reshape(-1, 4), scores.astype(np.float32), _FLOOR, SCORED_NMS_IOU)
    return [
        {
            "image_id": image_id,
            "category_id": int(columns[c]),
            "bbox": boxes[b].tolist(),
            "score": float(scores[b, c]),
        }
        for b, c in zip(kept, names, strict=True)
        if columns[c]
    ]
