"""Detectors compared on images that are done: what each finds of the boxes there, and how long it takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, NotYetError, UnreadableImageError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.detect import detect
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.recognition.probe import ProbeResult
from hitl_desktop.inference.several_views import ViewSettings
from hitl_desktop.learning.metrics import average_precision
from hitl_desktop.progress import Progress
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.class_map import class_to_category
from hitl_desktop.workflows.detection.view_settings import load_for, read_for, view_settings

MOST_IMAGES = 100
_PROPOSES_FROM = 0.3

_Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class DetectorTrial:
    """What a detector did on so many images with so many boxes.

    `ap50` and `map` are those of the categories it has a class for, None if there is none; `ap50_any` does not look at
    categories. `proposed` are its boxes with a score of .3 and more.
    """

    name: str
    sha256: str
    images: int
    boxes: int
    known: int
    categories: int
    ap50: float | None
    map: float | None
    ap50_any: float
    proposed: int
    ms: float
    problem: str = ""

    @property
    def words(self) -> str:
        """The figures for people, with what they are of."""
        if self.problem:
            return self.problem
        if not self.proposed:
            return tr("proposes nothing on {images}", images=counted(self.images, "image"))
        any_category = tr("AP50 of boxes {any:.2f}", any=self.ap50_any)
        of = tr("{images}, {boxes}", images=counted(self.images, "image"), boxes=counted(self.boxes, "box"))
        if self.ap50 is None or self.map is None:
            return tr("{any}, no class of the project ({of})", any=any_category, of=of)
        return tr(
            "{known} of {categories} categories: mAP {map:.2f}, AP50 {ap50:.2f}; {any} ({of})",
            map=self.map,
            ap50=self.ap50,
            known=self.known,
            categories=self.categories,
            any=any_category,
            of=of,
        )


@dataclass(frozen=True, slots=True)
class _Done:
    image_id: int
    pixels: RgbImage
    scale: float
    truth: list[Annotation]


def compare_detectors(
    project: Project, cards: Sequence[ModelCard], progress: Progress, *, threads: int | None = None
) -> list[DetectorTrial]:
    """Try detectors on the latest images that are done, the best first; one that fails has its reason.

    Raises:
        HitlError: no image with boxes is done, or none can be read.
    """
    recent = project.images.latest_decided(MOST_IMAGES)
    trials: list[DetectorTrial] = []
    for number, card in enumerate(cards):
        progress.report(number, len(cards), card.title or card.name)
        trials.append(_tried(project, card, [i.id for i in recent], progress, threads))
    if trials and not any(trial.boxes for trial in trials):
        raise NotYetError(
            tr("No image with boxes is done yet, so nothing can be compared."),
            hint=tr("Label some images first."),
        )
    return sorted(trials, key=lambda trial: (-(trial.ap50 or 0.0), -trial.ap50_any))


def ranked_by_labels(
    project: Project, result: ProbeResult, progress: Progress, *, threads: int | None = None
) -> ProbeResult:
    """The findings of an ambiguous probe, first the one that finds most of the boxes on images that are done."""
    if not result.is_ambiguous:
        return result
    named = [msgspec.structs.replace(f.card, name=str(n)) for n, f in enumerate(result.findings)]
    try:
        trials = compare_detectors(project, named, progress, threads=threads)
    except NotYetError:
        return result
    trials.sort(key=lambda trial: -trial.ap50_any)
    findings = tuple(result.findings[int(trial.name)] for trial in trials)
    remark = tr(
        "Ranked by the boxes they find on {images}: AP50 {figures}.",
        images=counted(trials[0].images, "done image"),
        figures=", ".join(f"{trial.ap50_any:.2f}" for trial in trials),
    )
    return msgspec.structs.replace(result, findings=findings, remarks=(*result.remarks, remark))


@dataclass(slots=True)
class _Run:
    """What a detector found on images, beside what is labelled there."""

    truth: list[_Record] = field(default_factory=list["_Record"])
    found: list[_Record] = field(default_factory=list["_Record"])
    seconds: list[float] = field(default_factory=list[float])
    proposed: int = 0


def _tried(
    project: Project, card: ModelCard, image_ids: Sequence[int], progress: Progress, threads: int | None
) -> DetectorTrial:
    classes = class_to_category(project, ModelRecord(0, card.sha256, card.name, card.classes))
    categories = {c.id for c in project.categories.all() if not c.retired}
    known = {category for category in classes if category}
    run = _Run()
    try:
        _run(project, card, image_ids, classes, run, progress, threads)
    except HitlError as error:
        nothing = (0, 0, len(known), len(categories), None, None, 0.0, 0, 0.0)
        return DetectorTrial(card.name, card.sha256, *nothing, str(error))
    named = [f for f in run.found if f["category_id"]]
    ap50, mean = _precision([t for t in run.truth if t["category_id"] in known], named)
    ap50_any, _ = _precision(_of_any(run.truth), _of_any(run.found))
    ms = 1000 * float(np.median(run.seconds)) if run.seconds else 0.0
    of = (len(run.seconds), len(run.truth), len(known), len(categories))
    return DetectorTrial(card.name, card.sha256, *of, ap50, mean, ap50_any or 0.0, run.proposed, ms)


def _run(
    project: Project,
    card: ModelCard,
    image_ids: Sequence[int],
    classes: Sequence[int | None],
    run: _Run,
    progress: Progress,
    threads: int | None,
) -> None:
    settings = view_settings(project)
    detector = load_for(settings, card, threads=threads)
    for image_id in image_ids:
        progress.check_cancelled()
        done = _read(project, image_id, settings, card)
        if done is None:
            continue
        began = time.perf_counter()
        detections = detect(detector, done.pixels, progress)
        run.seconds.append(time.perf_counter() - began)
        run.truth += [_box(done, a.category_id or 0, a.bbox) for a in done.truth]
        run.found += _found(done, detections, classes)
        run.proposed += int((detections.scores.max(axis=1, initial=0) >= _PROPOSES_FROM).sum())


def _read(project: Project, image_id: int, settings: ViewSettings, card: ModelCard) -> _Done | None:
    image = project.images.get(image_id)
    if image is None or image.reason is not None:
        return None
    try:
        pixels = read_for(settings, card, project.path_of(image))[1]
    except UnreadableImageError:
        return None
    scale = (image.width or pixels.shape[1]) / pixels.shape[1]
    return _Done(image.id, pixels, scale, project.annotations.of_image(image.id))


def _box(done: _Done, category_id: int, bbox: Sequence[float], **more: object) -> _Record:
    return {"image_id": done.image_id, "category_id": category_id, "bbox": [float(n) for n in bbox], **more}


def _found(done: _Done, detections: Detections, classes: Sequence[int | None]) -> list[_Record]:
    """The best class of each box; 0 where no category has it."""
    records: list[_Record] = []
    for bbox, scores in zip(detections.bboxes.tolist(), detections.scores, strict=True):
        best = int(scores.argmax())
        corners = [n * done.scale for n in bbox]
        records.append(_box(done, classes[best] or 0, corners, score=float(scores[best])))
    return records


def _of_any(records: Sequence[_Record]) -> list[_Record]:
    return [each | {"category_id": 1} for each in records]


def _precision(truth: Sequence[_Record], found: Sequence[_Record]) -> tuple[float | None, float | None]:
    ids = sorted({int(str(t["category_id"])) for t in truth})
    images = [{"id": n} for n in sorted({int(str(each["image_id"])) for each in (*truth, *found)})]
    record = {"images": images, "annotations": list(truth), "categories": [{"id": n} for n in ids]}
    result = average_precision(record, [f for f in found if f["category_id"] in ids])
    return result.ap50, result.map
