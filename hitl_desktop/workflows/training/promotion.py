"""Never worse silently: a new head beside the active one, on images that neither was trained on.

Comparing on images that both were trained on says nothing: on such ones a head is right even after half of
what it was taught was nonsense. So each version has a holdout model, taught all but the images of the trial.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.overlap import PINNED_IOU
from hitl_desktop.domain.proposals import shown, with_category
from hitl_desktop.domain.words import counted
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.learning.metrics import paired_bound
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.detector import finding_key
from hitl_desktop.workflows.images.edge_cases import edge_case_ids
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import CalibratedHead, load_scorer
from hitl_desktop.workflows.prediction.unseen_predictions import agreed, in_crowd
from hitl_desktop.workflows.training.detection_head import TrainingCache
from hitl_desktop.workflows.training.holdout import in_holdout
from hitl_desktop.workflows.training.holdout_detections import find_with_heads

MOST_TRIED = 12
"""So many of the latest images, of those drawn and of each set: each takes a hundredth of a second."""
LEAST_DRAWN = 3
"""With fewer images that were drawn by chance there is no comparison on them."""

DOUBT = 0.02
"""The chance that a new head which is as good waits all the same, over all that is compared."""


@dataclass(frozen=True, slots=True)
class _Truth:
    """The named objects of an image, and regions of many, in which single boxes are not judged.

    If some boxes were pinned, they are the `objects`, and `is_part` is set where the image holds others.
    """

    objects: list[tuple[str, BBox]]
    crowds: list[BBox]
    is_part: bool = False

    def judges(self, box: BBox) -> bool:
        """Whether a box can be judged right or wrong."""
        if self.is_part and not any(box.iou(own) >= PINNED_IOU for _, own in self.objects):
            return False
        return not any(in_crowd(box, crowd) for crowd in self.crowds)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the active head and a new one did on some images, 0..1, and whether the new one is worse beyond
    noise.

    `bound` is how much better the new one may be at most, as sure as chance allows; below zero it is worse.
    """

    on: str
    ability: str
    pictures: int
    before: float
    after: float
    bound: float

    @property
    def is_worse(self) -> bool:
        """Whether chance does not explain that the new one did worse."""
        return self.bound < 0

    def words(self) -> str:
        """What was seen, for people."""
        return tr(
            "on {on} ({images}), which it was not taught for that, it {ability} worse: "
            "{after:.2f} after {before:.2f}, at most {before_2:.2f} by chance",
            on=self.on,
            images=counted(self.pictures, "image"),
            ability=self.ability,
            after=self.after,
            before=self.before,
            before_2=self.before + self.bound,
        )


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutModel:
    """A head not trained on the images it is tried on: its training images, and its two parts."""

    learned: frozenset[int]
    named: CalibratedHead
    finding: DetectionHead | None

    def to_bytes(self) -> bytes:
        """The trial as it is kept with its version: an npz archive of plain arrays."""
        file = io.BytesIO()
        np.savez(
            file,
            learned=np.array(sorted(self.learned), np.int64),
            encoder=np.array(self.named.encoder_id),
            naming=np.frombuffer(self.named.head.to_bytes(), np.uint8),
            finding=np.frombuffer(self.finding.to_bytes() if self.finding else b"", np.uint8),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """A kept trial."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            finding = DetectionHead.from_bytes(data) if (data := file["finding"].tobytes()) else None
            named = CalibratedHead(
                ClassificationHead.from_bytes(file["naming"].tobytes()), int(file["encoder"])
            )
            return cls(frozenset(file["learned"].tolist()), named, finding)


def kept_holdout_model(project: Project, head_id: int) -> HoldoutModel | None:
    """The holdout model of a version; it finds nothing where another detector is used since."""
    stored, detector = project.heads.trial_of(head_id), project.models.detector()
    if stored is None:
        return None
    model = HoldoutModel.from_bytes(stored)
    same = detector is not None and project.heads.detector_of(head_id) == finding_key(project, detector)
    return model if same else replace(model, finding=None)


def compare(
    project: Project,
    trial: HoldoutModel,
    progress: Progress,
    *,
    threads: int | None = None,
    cache: TrainingCache | None = None,
) -> list[Comparison]:
    """A new head on trial beside the active one: on images that neither was trained on, and on each set of
    edge cases.

    There is nothing to compare with before the first head, nor where people took back more than they added.
    Names are judged by the harmonic mean of precision and recall of what is shown of the stored boxes,
    finding by the average precision of boxes whatever their names.
    """
    active = project.heads.active_id()
    before = kept_holdout_model(project, active) if active is not None else None
    if before is None:
        return []
    records = {
        i.id: i for i in project.images.all(state=ImageState.DECIDED) if i.reason is None and i.content_hash
    }
    if _more_was_withdrawn(project, before, trial, records):
        return []  # the new one was trained on less, as people wished: it may well be worse
    parts = _holdout_parts(project, records, unseen=records.keys() - before.learned - trial.learned)
    wanted = [records[i] for i in dict.fromkeys(i for part in parts.values() for i in part)]
    results = [_Results("names", _f1, *(_named(project, wanted, each.named) for each in (before, trial)))]
    if found := _found(project, wanted, (before.finding, trial.finding), progress, threads, cache):
        results.append(_Results("finds", _precision, *found))
    measured = _measured(parts, results)
    doubt = DOUBT / max(len(measured), 1)
    return [
        Comparison(on, ability, len(old), float(old.mean()), float(new.mean()), paired_bound(old, new, doubt))
        for on, ability, (old, new) in measured
    ]


_Boxes = list[tuple[str, BBox, float]]
"""What was predicted on an image: name, place and score, best first."""


@dataclass(frozen=True, slots=True, eq=False)
class _Results:
    """What the active head and the new one predicted on each image, and how one image is scored."""

    ability: str
    score: Callable[[_Boxes, _Truth], float]
    before: dict[int, _Boxes]
    after: dict[int, _Boxes]

    def scores(self, truths: Mapping[int, _Truth]) -> NDArray[np.float64]:
        """The scores [2, N] of both heads on those of these images that both could read."""
        both = [i for i in truths if i in self.before and i in self.after]
        return np.array([[self.score(of[i], truths[i]) for i in both] for of in (self.before, self.after)])


def _measured(
    parts: Mapping[str, Mapping[int, _Truth]], results: Sequence[_Results]
) -> list[tuple[str, str, NDArray[np.float64]]]:
    """The part, the ability and the scores [2, N] of each comparison for which an image could be read."""
    every = [(on, each.ability, each.scores(part)) for on, part in parts.items() for each in results]
    return [(on, ability, scores) for on, ability, scores in every if scores.size]


def _more_was_withdrawn(
    project: Project, before: HoldoutModel, trial: HoldoutModel, records: Mapping[int, ImageRecord]
) -> bool:
    """Whether people took more images out of the training data than they added."""
    edge_cases = edge_case_ids(project)
    withdrawn = {i for i in before.learned - trial.learned if i not in records or i in edge_cases}
    return len(withdrawn) > len(trial.learned - before.learned)


def _holdout_parts(
    project: Project, records: Mapping[int, ImageRecord], unseen: Set[int]
) -> dict[str, dict[int, _Truth]]:
    """The truth of the images on which heads are compared: those drawn at random, if enough, and each set."""
    order = project.decisions.decided_order()
    with_decision = set(order)
    order = [*(i for i in records if i not in with_decision), *order]  # imports decide without a decision
    drawn = [i for i in order if i in records and in_holdout(records[i].group)]
    parts: dict[str, dict[int, _Truth]] = {}
    truths = _truths(project, drawn[-MOST_TRIED:], unseen)
    if len(truths) >= LEAST_DRAWN:
        parts["images drawn for trial"] = truths
    for name, members in project.sets.all().items():
        latest = [i for i in members if i in records][-MOST_TRIED:]
        parts[f"the set “{name}”"] = _truths(project, latest, unseen, project.sets.boxes_of(name))
    return parts


def f1_of(
    project: Project, images: Sequence[ImageRecord], by: CalibratedHead | None = None
) -> dict[int, float]:
    """How well a head (the active one, if none is given) names what is shown of each decided image.

    The harmonic mean of precision and recall, from 0 to 1.
    """
    named = _named(project, images, by)
    return {image.id: _f1(named[image.id], _truth(project, image.id)) for image in images}


def trial_images(project: Project) -> list[ImageRecord]:
    """The decided images that new heads are tried on: those drawn by their content, and the edge cases."""
    tried = edge_case_ids(project)
    decided = project.images.all(state=ImageState.DECIDED)
    return [i for i in decided if not i.reason and i.content_hash and (i.id in tried or in_holdout(i.group))]


def _truths(
    project: Project, image_ids: Sequence[int], unseen: Set[int], boxes: Set[int] = frozenset()
) -> dict[int, _Truth]:
    """What images that no head was trained on show; of one with some of these `boxes` only them."""
    return {i: _truth(project, i, boxes) for i in image_ids if i in unseen}


def _truth(project: Project, image_id: int, boxes: Set[int] = frozenset()) -> _Truth:
    names = {c.id: normalise_name(c.name) for c in project.categories.all()}
    annotations = project.annotations.of_image(image_id)
    objects = [a for a in annotations if not a.crowd]
    chosen = [a for a in objects if a.id in boxes]
    return _Truth(
        [(names.get(a.category_id, ""), a.bbox) for a in chosen or objects],
        [a.bbox for a in annotations if a.crowd],
        is_part=bool(chosen),
    )


def _named(project: Project, images: Sequence[ImageRecord], by: CalibratedHead | None) -> dict[int, _Boxes]:
    """What is shown of the stored boxes, with the names a head gives them."""
    scorer = load_scorer(project, named=by)
    return {
        image.id: [
            (normalise_name(p.name), p.bbox, p.score)
            for p in shown(with_category(proposals_of(project, image, scorer)), DISPLAY_THRESHOLD)
        ]
        for image in images
    }


def _f1(boxes: _Boxes, truth: _Truth) -> float:
    judged = [(name, box) for name, box, _ in boxes if truth.judges(box)]
    both = len(judged) + len(truth.objects)
    return 2 * sum(agreed(judged, truth.objects)) / both if both else 1.0


def _found(
    project: Project,
    images: Sequence[ImageRecord],
    heads: tuple[DetectionHead | None, DetectionHead | None],
    progress: Progress,
    threads: int | None,
    cache: TrainingCache | None,
) -> tuple[dict[int, _Boxes], dict[int, _Boxes]] | None:
    """What both find on each image that can be read, nameless; None where nothing was found before."""
    old, new = heads
    if old is None:
        return None
    heads_there = (old,) if new is None else (old, new)
    found = find_with_heads(project, images, heads_there, progress, threads=threads, cache=cache)
    if found is None:
        return None
    nameless = [
        {
            i: [("", box, score) for box, score in (each[n] if n < len(each) else [])]
            for i, each in found.items()
        }
        for n in (0, 1)
    ]
    return nameless[0], nameless[1]


def _precision(boxes: _Boxes, truth: _Truth) -> float:
    """Average precision on one image, whatever the names; on an empty one what is left of certainty."""
    judged = [(box, score) for _, box, score in boxes if truth.judges(box)]
    if not truth.objects:
        return 1.0 - max((score for _, score in judged), default=0.0)
    right = np.array(agreed([("", box) for box, _ in judged], [("", box) for _, box in truth.objects]), float)
    if not right.any():
        return 0.0
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float((precision * right).sum() / len(truth.objects))
