"""On which feature maps detection heads learn: those of the bundled detector, or maps of a foreign one.

Which teach best differs from project to project, so it is measured on the project's own images, by heads that were
not trained on the image.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, NotYetError, UnreadableImageError
from hitl_desktop.inference.features import open_features
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.recognition.feature_taps import find_taps, tapped
from hitl_desktop.inference.recognition.probe import bundled_photos
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card
from hitl_desktop.learning.metrics import average_precision
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.detector import card_of, feature_maps_of, set_feature_maps
from hitl_desktop.workflows.training.classification_samples import decided_images
from hitl_desktop.workflows.training.cross_fit import LEAST_IMAGES, PARTS, finding_heads
from hitl_desktop.workflows.training.detection_head import input_sizes
from hitl_desktop.workflows.training.training_targets import grids_of

BUNDLED = "bundled"
MOST_IMAGES = 60
"""The latest ones: enough to tell feature maps apart, in about a minute."""


@dataclass(frozen=True, slots=True)
class FeatureTrial:
    """What heads found on some feature maps: AP at IoU .5 without categories, and seconds for one image."""

    name: str
    ap50: float
    images: int
    boxes: int
    seconds: float
    is_used: bool


def compare_feature_maps(
    project: Project, progress: Progress, *, threads: int | None = None
) -> list[FeatureTrial]:
    """Try all feature maps there are, the best first; those used now stay.

    Raises:
        HitlError: there is no detector yet, it has no feature maps of its own, or there are too few images.
    """
    choices = _choices(project)
    absent = project.absent_folders()
    images = [i for i in decided_images(project) if i.folder_id not in absent and not i.reason]
    if len(images) < LEAST_IMAGES:
        raise NotYetError(
            tr(
                "Only {images} can be examined; at least {least} are needed.",
                images=counted(len(images), "done image"),
                least=LEAST_IMAGES,
            ),
            hint=tr("Label more images first."),
        )
    used = _used(project, choices)
    trials = [
        _tried(project, name, card, images[-MOST_IMAGES:], progress, threads, is_used=name == used)
        for name, card in choices.items()
    ]
    return sorted(trials, key=lambda trial: -trial.ap50)


def use_feature_maps(project: Project, name: str) -> None:
    """Let heads learn on these feature maps from the next training on.

    Raises:
        HitlError: there are no such ones.
    """
    choices = _choices(project)
    if name not in choices:
        raise HitlError(
            tr("There are no feature maps called {name}.", name=name),
            hint=tr("Known ones: {names}.", names=", ".join(choices)),
        )
    set_feature_maps(project, None if name == BUNDLED else choices[name].decode)


def _choices(project: Project) -> Mapping[str, ModelCard]:
    detector = project.models.detector()
    if detector is None:
        raise NotYetError(tr("No detector has been used yet."), hint=tr("Pre-label first."))
    bundled, card = find_card(DEFAULT_DETECTOR), card_of(project, detector)
    if card.decode.features:
        return {BUNDLED: card}
    return {BUNDLED: bundled} | {
        taps.kind: tapped(card, taps) for taps in find_taps(card, bundled_photos()[0])
    }


def _used(project: Project, choices: Mapping[str, ModelCard]) -> str:
    chosen = feature_maps_of(project)
    return next((n for n, card in choices.items() if chosen and card.decode.features == chosen[0]), BUNDLED)


def _tried(
    project: Project,
    name: str,
    card: ModelCard,
    images: list[ImageRecord],
    progress: Progress,
    threads: int | None,
    *,
    is_used: bool,
) -> FeatureTrial:
    net, side = open_features(card, threads=threads), input_sizes(project)[0]
    part_of = {image.id: number % PARTS for number, image in enumerate(images)}
    heads = finding_heads(project, images, part_of, net, progress, threads)
    truth, found, seconds = list[dict[str, object]](), list[dict[str, object]](), 0.0
    for number, image in enumerate(images):
        progress.report(len(images) + number, 2 * len(images), image.path)
        progress.check_cancelled()
        head, began = heads[part_of[image.id]], time.perf_counter()
        try:
            grids, scale = grids_of(project.path_of(image), net, (side,))
        except UnreadableImageError:
            continue  # noted when heads were trained
        boxes, scores = head.find(grids) if head is not None else ((), ())
        seconds += time.perf_counter() - began
        of_image = {"image_id": image.id, "category_id": 1}
        found += [
            {**of_image, "bbox": [float(n) * scale for n in box], "score": float(score)}
            for box, score in zip(boxes, scores, strict=True)
        ]
        truth += [{**of_image, "bbox": list(a.bbox)} for a in project.annotations.of_image(image.id)]
    record = {"images": [{"id": i.id} for i in images], "annotations": truth, "categories": [{"id": 1}]}
    ap50 = average_precision(record, found).ap50 or 0.0
    return FeatureTrial(name, ap50, len(images), len(truth), seconds / len(images), is_used)
